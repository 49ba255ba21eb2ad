"""Signing in to an application: the code flow with PKCE, and what comes of it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from joserfc import jwt
from joserfc.jwk import KeySet

from doorward.applications.events import APPLICATION_SIGNED_IN
from doorward.applications.models import Grant
from doorward.signin import mailbox
from doorward.signin.models import MailboxProof
from tests.kit import people
from tests.kit.applications import (
    CALLBACK,
    Relying,
    answer_of,
    form_of,
    give_tab,
    head,
    make_application,
    make_secret,
    said,
)
from tests.kit.browsers import browser_of, sign_in
from tests.kit.codes import code as app_code
from tests.kit.codes import enable_app, shown_secret
from tests.kit.factors import require
from tests.kit.people import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def relying(owner):
    application = make_application()
    return Relying(application, make_secret(application))


@pytest.fixture
def person(owner):
    give_tab(owner)
    return people.again(owner)


def test_discovery_names_addresses_that_are_there(owner):
    said_of = Client().get("/.well-known/openid-configuration").json()
    issuer = said_of["issuer"]
    ends = [value for name, value in said_of.items() if name.endswith(("_endpoint", "jwks_uri"))]
    assert len(ends) == 8
    for address in ends:
        assert address.startswith(f"{issuer}/oidc/")
        assert Client().get(address.removeprefix(issuer)).status_code != 404
    assert said_of["code_challenge_methods_supported"] == ["S256"]
    assert said_of["response_types_supported"] == ["code"]


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_code_gives_tokens_that_the_key_set_verifies(owner, algorithm):
    give_tab(owner)
    application = make_application(algorithm=algorithm)
    relying = Relying(application, make_secret(application))
    keys = KeySet.import_key_set(Client().get("/oidc/jwks/").json())
    tokens = relying.tokens(browser_of(owner))

    issuer = Client().get("/.well-known/openid-configuration").json()["issuer"]
    claims = jwt.decode(tokens["id_token"], keys, algorithms=[algorithm]).claims
    assert claims["iss"] == issuer
    assert (claims["aud"], claims["nonce"]) == (application.client_id, relying.nonce)
    assert (claims["acr"], claims["amr"]) == ("urn:doorward:password", ["pwd"])
    assert head(tokens["access_token"])["typ"] == "at+jwt"
    access = jwt.decode(tokens["access_token"], keys, algorithms=[algorithm]).claims
    assert (access["sub"], access["aud"]) == (claims["sub"], issuer)
    known = relying.userinfo(tokens["access_token"]).json()
    assert known["sub"] == claims["sub"]
    assert (known["email"], known["name"]) == (owner.email, owner.full_name)
    assert "customer" not in known


def test_the_answer_says_by_whom_it_is_and_brings_the_state_back(relying, person):
    answer = answer_of(relying.ask(browser_of(person)))
    assert answer["state"] == relying.state
    assert answer["iss"] == Client().get("/.well-known/openid-configuration").json()["issuer"]


def test_who_is_not_signed_in_signs_in_and_comes_back(relying, person):
    browser = Client()
    led = relying.ask(browser)
    assert led["Location"].startswith("/sign-in/?next=%2Foidc%2Fauthorize%2F")
    heading = led["Location"]
    at = browser.post(
        heading, {"email": person.email, "password": PASSWORD, "next": _next(heading)}
    )
    assert at["Location"].startswith("/oidc/authorize/?continue=")
    onward = browser.get(at["Location"])
    assert onward.status_code == 200
    answer = answer_of(onward)
    assert answer["state"] == relying.state
    assert relying.exchange(answer["code"]).status_code == 200
    again = browser.get(at["Location"])
    assert again.status_code == 422
    assert Grant.objects.count() == 1


def _next(address: str) -> str:
    return parse_qs(urlsplit(address).query)["next"][0]


def test_a_form_answers_where_it_is_asked_for(relying, person):
    response = relying.ask(browser_of(person), response_mode="form_post")
    assert f'action="{CALLBACK}"' in response.content.decode()
    assert "form-action https://phone.example" in response["Content-Security-Policy"]
    fields = form_of(response)
    assert fields["state"] == relying.state
    assert relying.exchange(fields["code"]).status_code == 200


def test_a_request_may_come_as_a_form(relying, person):
    browser = browser_of(person)
    led = browser.post("/oidc/authorize/", relying.wish())
    assert led.status_code == 303
    assert answer_of(browser.get(led["Location"]))["state"] == relying.state


def test_without_a_right_to_the_tab_nobody_gets_in(relying, owner):
    response = relying.ask(browser_of(owner))
    assert response.status_code == 403
    assert "you can give it to yourself" in response.content.decode()
    assert "error=access_denied" in response.content.decode()
    assert answer_of(relying.ask(browser_of(owner), prompt="none"))["error"] == "access_denied"


def test_whoever_has_no_right_is_told_whom_to_ask(relying, owner):
    lou = people.make_administrator(owner.customer, email="lou@harbour.example", name="Lou Bell")
    page = relying.ask(browser_of(lou)).content.decode()
    assert f"Ask {owner.full_name}. They have the Administrators tab" in page
    outside = people.make_administrator(people.make_customer("Far Away"), email="far@far.example")
    assert owner.full_name not in relying.ask(browser_of(outside)).content.decode()


def test_silently_nobody_is_asked(relying, person):
    assert answer_of(relying.ask(Client(), prompt="none"))["error"] == "login_required"
    assert "code" in answer_of(relying.ask(browser_of(person), prompt="none"))


def test_each_application_knows_people_by_another_subject(person):
    subjects = set()
    for key in ("phone", "billing"):
        give_tab(person, key)
        application = make_application(key)
        relying = Relying(application, make_secret(application))
        subjects.add(said(relying.tokens(browser_of(person))["id_token"])["sub"])
    assert len(subjects) == 2
    assert str(person.id) not in subjects


def test_scopes_that_it_may_not_have_are_not_given(person):
    application = make_application(scopes=frozenset({"customer", "tabs"}))
    relying = Relying(application, make_secret(application))
    tokens = relying.tokens(browser_of(person), scope="openid email customer tabs phone")
    assert tokens["scope"] == "openid customer tabs"
    known = relying.userinfo(tokens["access_token"]).json()
    assert known["customer"]["name"] == person.customer.name
    assert "phone" in known["tabs"]
    assert "email" not in known


def test_a_public_application_has_no_secret_and_pkce_keeps_its_code(person):
    relying = Relying(make_application(client_type="public"))
    assert relying.tokens(browser_of(person))["token_type"] == "Bearer"


def test_a_pushed_request_is_asked_for_once(relying, person):
    pushed = relying.post("/oidc/par/", **relying.wish())
    assert pushed.status_code == 201
    by = {"client_id": relying.application.client_id, "request_uri": pushed.json()["request_uri"]}
    browser = browser_of(person)
    answer = answer_of(browser.get("/oidc/authorize/", by))
    assert relying.exchange(answer["code"]).status_code == 200
    assert browser.get("/oidc/authorize/", by).status_code == 422


def test_somebody_signs_in_anew_where_it_is_asked_for(relying, person):
    browser = browser_of(person)
    led = relying.ask(browser, prompt="login")
    assert led["Location"].startswith("/prove/?next=%2Foidc%2Fauthorize%2F")
    back = browser.post("/prove/", {"password": PASSWORD, "next": _next(led["Location"])})
    assert "code" in answer_of(browser.get(back["Location"]))
    assert relying.ask(browser, max_age="0")["Location"].startswith("/prove/")
    assert "code" in answer_of(relying.ask(browser, max_age="300"))


def test_history_has_each_sign_in_to_an_application(relying, person):
    relying.code(browser_of(person))
    event = people.events(APPLICATION_SIGNED_IN)[0]
    assert (event.actor_id, event.details["key"]) == (person.id, "phone")


def test_sign_in_of_somebody_with_an_app_is_two_factor(relying, person):
    enable_app(person)
    browser = sign_in(Client(), person)
    claims = said(relying.tokens(browser)["id_token"])
    assert (claims["acr"], claims["amr"]) == ("urn:doorward:two-factor", ["pwd", "otp", "mfa"])


def test_who_must_set_up_a_factor_does_so_and_goes_on_to_the_application(relying, person):
    require(person)
    browser = Client()
    led = relying.ask(browser)
    form = {"email": person.email, "password": PASSWORD, "next": _next(led["Location"])}
    onward = browser.post(led["Location"], form)["Location"]
    assert browser.get(onward)["Location"] == "/sign-in/mailbox/"
    browser.get("/sign-in/mailbox/")
    code = mailbox.code_of(MailboxProof.objects.get())
    browser.post("/sign-in/mailbox/", {"code": code})
    secret = shown_secret(browser.get("/sign-in/set-up/"))
    browser.post("/sign-in/set-up/", {"code": app_code(secret), "name": ""})
    browser.get("/sign-in/recovery-codes/")
    saved = browser.post("/sign-in/recovery-codes/", {"saved": "on"})
    onward = saved["Location"]
    assert onward.startswith("/oidc/authorize/?continue=")
    tokens = relying.exchange(answer_of(browser.get(onward))["code"]).json()
    assert said(tokens["id_token"])["acr"] == "urn:doorward:two-factor"
