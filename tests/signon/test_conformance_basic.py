"""The OpenID Foundation's plans Basic and Form Post: the same modules, one function for each, answered in both ways."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client
from joserfc import jwt
from joserfc.jwk import KeySet

from doorward.accounts.models import Administrator
from doorward.applications.models import Grant
from doorward.kernel.errors import FieldsRefused
from tests.kit.applications import (
    CALLBACK,
    Relying,
    answer_of,
    give_tab,
    head,
    make_application,
    make_secret,
    said,
)
from tests.kit.browsers import browser_of
from tests.kit.people import PASSWORD

if TYPE_CHECKING:
    from typing import Any

pytestmark = pytest.mark.django_db
# The default of the code flow is the query.
MODES = {"Basic": None, "Form Post": "form_post"}
EVERYTHING = "openid profile email address phone"


@pytest.fixture(params=MODES.values(), ids=list(MODES))
def relying(owner, request):
    give_tab(owner)
    rows = Administrator.objects.of(owner.customer_id).filter(id=owner.id)
    rows.update(phone="+4930901820")
    application = make_application(scopes=frozenset({"profile", "email", "phone"}))
    return Relying(application, make_secret(application), mode=request.param, by_header=True)


def _signed_in_anew(relying: Relying, person: Administrator, **more: Any) -> dict[str, str]:
    """Return the answer to somebody whose browser has no cookies, and who signs in for it."""
    browser = Client()
    led = relying.ask(browser, **more)["Location"]
    assert led.startswith("/sign-in/?")
    page = browser.get(led)
    assert page.status_code == 200
    heading = parse_qs(urlsplit(led).query)["next"][0]
    form = {"email": person.email, "password": PASSWORD, "next": heading}
    answer = answer_of(browser.get(browser.post("/sign-in/", form)["Location"]))
    assert answer["state"] == relying.state
    return answer


def _proved(relying: Relying, browser: Client, **more: Any) -> dict[str, Any]:
    """Return what an id token says, after the person was asked to prove once more who they are."""
    led = relying.ask(browser, **more)["Location"]
    assert led.startswith("/prove/?")
    heading = parse_qs(urlsplit(led).query)["next"][0]
    back = browser.post("/prove/", {"password": PASSWORD, "next": heading})
    code = answer_of(browser.get(back["Location"]))["code"]
    return said(relying.exchange(code).json()["id_token"])


def _known(relying: Relying, browser: Client, **more: Any) -> dict[str, Any]:
    known: dict[str, Any] = relying.userinfo(relying.tokens(browser, **more)["access_token"]).json()
    return known


def test_server(owner, relying):
    answer = _signed_in_anew(relying, owner)
    tokens = relying.exchange(answer["code"]).json()
    claims = said(tokens["id_token"])
    assert answer["iss"] == claims["iss"]
    assert (claims["aud"], claims["nonce"]) == (relying.application.client_id, relying.nonce)
    assert relying.userinfo(tokens["access_token"]).json()["sub"] == claims["sub"]


def test_response_type_missing(owner, relying):
    answer = answer_of(relying.ask(browser_of(owner), response_type=None))
    assert answer["error"] == "unsupported_response_type"


def test_idtoken_signature(owner, relying):
    token = relying.tokens(browser_of(owner))["id_token"]
    keys = KeySet.import_key_set(Client().get("/oidc/jwks/").json())
    assert (head(token)["alg"], head(token)["kid"] in {one.kid for one in keys}) == ("RS256", True)
    assert jwt.decode(token, keys, algorithms=["RS256"]).claims["sub"]


def test_idtoken_unsigned(relying):
    assert relying.application.algorithm == "RS256"
    with pytest.raises(FieldsRefused):
        make_application("billing", algorithm="none")


def test_userinfo_get(owner, relying):
    assert _known(relying, browser_of(owner))["email"] == owner.email


def test_userinfo_post_header(owner, relying):
    token = relying.tokens(browser_of(owner))["access_token"]
    by = {"authorization": f"Bearer {token}"}
    assert Client().post("/oidc/userinfo/", headers=by).json()["email"] == owner.email


def test_userinfo_post_body(owner, relying):
    token = relying.tokens(browser_of(owner))["access_token"]
    assert Client().post("/oidc/userinfo/", {"access_token": token}).json()["email"] == owner.email
    in_address = Client().get("/oidc/userinfo/", {"access_token": token})
    assert (in_address.status_code, "Bearer" in in_address["WWW-Authenticate"]) == (401, True)


def test_without_nonce(owner, relying):
    assert "nonce" not in said(relying.tokens(browser_of(owner), nonce=None)["id_token"])


SCOPES = {
    "profile": {"name", "given_name", "family_name", "zoneinfo"},
    "email": {"email", "email_verified"},
    "phone": {"phone_number", "phone_number_verified"},
}


@pytest.mark.parametrize("scope", SCOPES)
def test_scope(owner, relying, scope):
    known = _known(relying, browser_of(owner), scope=f"openid {scope}")
    assert known.keys() - {"locale"} == SCOPES[scope] | {"sub"}


def test_scope_address(owner, relying):
    assert _known(relying, browser_of(owner), scope="openid address").keys() == {"sub"}


def test_scope_all(owner, relying):
    known = _known(relying, browser_of(owner), scope=EVERYTHING)
    assert known.keys() >= set.union(*SCOPES.values())


def test_alternate_happy_flow(owner, relying):
    """Scopes and parameters in another order."""
    wish = relying.wish(scope="phone email profile openid")
    turned = urlencode(list(reversed(wish.items())))
    answer = answer_of(browser_of(owner).get(f"/oidc/authorize/?{turned}"))
    assert relying.exchange(answer["code"]).json()["scope"] == "openid profile email phone"


@pytest.mark.parametrize(
    "more",
    [
        {"display": "page"},
        {"display": "popup"},
        {"ui_locales": "se"},
        {"claims_locales": "se"},
        {"extra": "foobar"},
    ],
    ids=lambda more: next(iter(more)) + "-" + next(iter(more.values())),
)
def test_no_obstacle(owner, relying, more):
    assert _signed_in_anew(relying, owner, **more)["code"]


def test_login_hint(owner, relying):
    assert _signed_in_anew(relying, owner, login_hint=owner.email)["code"]


def test_prompt_login(owner, relying, clock):
    browser = browser_of(owner)
    first = said(relying.tokens(browser)["id_token"])
    clock.shift(5)
    second = _proved(relying, browser, prompt="login")
    assert second["auth_time"] > first["auth_time"]
    assert second["sub"] == first["sub"]


def test_prompt_none_not_logged_in(relying):
    assert answer_of(relying.ask(Client(), prompt="none"))["error"] == "login_required"


def test_prompt_none_logged_in(owner, relying, clock):
    browser = browser_of(owner)
    first = said(relying.tokens(browser)["id_token"])
    clock.shift(5)
    second = said(relying.tokens(browser, prompt="none")["id_token"])
    assert (second["sub"], second["auth_time"]) == (first["sub"], first["auth_time"])


def test_max_age_1(owner, relying, clock):
    browser = browser_of(owner)
    first = said(relying.tokens(browser)["id_token"])
    clock.shift(3)
    assert _proved(relying, browser, max_age="1")["auth_time"] > first["auth_time"]


def test_max_age_10000(owner, relying, clock):
    browser = browser_of(owner)
    first = said(relying.tokens(browser, max_age="15000")["id_token"])
    clock.shift(5)
    second = said(relying.tokens(browser, max_age="10000")["id_token"])
    assert (second["sub"], second["auth_time"]) == (first["sub"], first["auth_time"])


def test_id_token_hint(owner, relying):
    browser = browser_of(owner)
    first = relying.tokens(browser)["id_token"]
    second = relying.tokens(browser, prompt="none", id_token_hint=first)["id_token"]
    assert (said(second)["sub"], said(second)["auth_time"]) == (
        said(first)["sub"],
        said(first)["auth_time"],
    )


def test_acr_values(owner, relying):
    there = Client().get("/.well-known/openid-configuration").json()["acr_values_supported"]
    tokens = relying.tokens(browser_of(owner), acr_values=" ".join(there))
    assert said(tokens["id_token"])["acr"] in there
    assert relying.tokens(browser_of(owner), acr_values="1 2")


@pytest.mark.parametrize("seconds", [0, 30])
def test_codereuse(owner, relying, clock, seconds):
    code = relying.code(browser_of(owner))
    token = relying.exchange(code).json()["access_token"]
    clock.shift(seconds)
    again = relying.exchange(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert relying.userinfo(token).status_code == 401


def test_registered_redirect_uri(owner, relying):
    refused = relying.ask(browser_of(owner), redirect_uri=f"{CALLBACK}/not-registered")
    assert (refused.status_code, refused.headers.get("Location")) == (422, None)
    assert "data-sends-itself" not in refused.content.decode()
    assert not Grant.objects.exists()


def test_post_request(owner, relying):
    browser = browser_of(owner)
    led = browser.post("/oidc/authorize/", relying.wish())
    assert relying.exchange(answer_of(browser.get(led["Location"]))["code"]).status_code == 200


def test_client_secret_post(owner, relying):
    relying.by_header = False
    assert relying.tokens(browser_of(owner))["id_token"]


@pytest.mark.parametrize("name", ["request", "request_uri"])
def test_request_object(owner, relying, name):
    answer = answer_of(relying.ask(browser_of(owner), **{name: "https://phone.example/r"}))
    assert answer["error"] == f"{name}_not_supported"


def test_claims_essential(owner, relying):
    claims = json.dumps({"userinfo": {"name": {"essential": True}}})
    known = _known(relying, browser_of(owner), scope="openid", claims=claims)
    assert known["name"] == owner.full_name


def test_refresh_token(owner, relying):
    first = relying.tokens(browser_of(owner))
    give_tab(owner, "billing")
    other = make_application("billing")
    assert Relying(other, make_secret(other)).refresh(first["refresh_token"]).status_code == 400
    renewed = relying.refresh(first["refresh_token"]).json()
    for name in ("iss", "sub", "aud", "auth_time"):
        assert said(renewed["id_token"])[name] == said(first["id_token"])[name]
    assert relying.userinfo(renewed["access_token"]).status_code == 200


def test_valid_pkce(owner, relying):
    code = relying.code(browser_of(owner))
    assert relying.exchange(code, code_verifier=relying.verifier).status_code == 200
