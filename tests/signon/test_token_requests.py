"""What a token request says: what is missing in it, and which part of a sign-in it asks for (RFC 6749, 5.2 and 6)."""

from __future__ import annotations

import json
from http import HTTPStatus

import pytest

from doorward.applications import clients
from doorward.audit.actor import CONSOLE
from tests.kit.applications import (
    CALLBACK,
    Relying,
    give_tab,
    make_application,
    make_secret,
    said,
)
from tests.kit.browsers import browser_of

pytestmark = pytest.mark.django_db

API = "https://api.example/"
OTHER = "https://reports.example/"


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application(
        scopes=frozenset({"profile", "email", "phone"}), resources=f"{API}\n{OTHER}"
    )
    return Relying(application, make_secret(application))


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/oidc/token/", {}),
        ("/oidc/token/", {"grant_type": "authorization_code"}),
        ("/oidc/token/", {"grant_type": "refresh_token"}),
        ("/oidc/introspect/", {}),
        ("/oidc/revoke/", {}),
    ],
)
def test_what_is_missing_is_named(relying, path, sent):
    answer = relying.post(path, **sent)
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert answer.json()["error"] == "invalid_request"
    assert answer.json()["error_description"].endswith("is missing.")


@pytest.mark.parametrize("what", ["!!!", "/w==", "\xff", "é"])
def test_a_header_that_cannot_be_read_is_no_secret(relying, what):
    headers = {"Authorization": f"Basic {what}"}
    answer = relying.server.post("/oidc/token/", headers=headers)
    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert answer.json()["error"] == "invalid_client"


def test_a_refresh_may_ask_for_fewer_scopes_and_never_for_more(owner, relying):
    first = relying.tokens(browser_of(owner), scope="openid profile email")
    less = relying.refresh(first["refresh_token"], scope="openid email unheard-of").json()
    assert less["scope"] == said(less["access_token"])["scope"] == "openid email"
    told = relying.userinfo(less["access_token"]).json()
    assert ("email" in told, "name" in told) == (True, False)

    refused = relying.refresh(less["refresh_token"], scope="openid phone")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_scope")
    # It was not used up, and what was given once is there again.
    again = relying.refresh(less["refresh_token"]).json()
    assert again["scope"] == "openid profile email"
    assert "name" in relying.userinfo(again["access_token"]).json()


def test_a_token_is_for_the_interface_that_it_was_given_for(owner, relying):
    browser = browser_of(owner)
    given = relying.tokens(browser, resource=API)
    assert said(given["access_token"])["aud"] == API
    refused = relying.refresh(given["refresh_token"], resource=OTHER)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_target")
    assert relying.refresh(given["refresh_token"], resource=API).status_code == HTTPStatus.OK
    refused = relying.exchange(relying.code(browser, resource=API), resource=OTHER)
    assert refused.json()["error"] == "invalid_target"


def change(relying, **details):
    wanted = clients.ApplicationDetails(redirect_uris=CALLBACK, **details)
    clients.change(relying.application.id, wanted, actor=CONSOLE)


def test_what_an_application_may_ask_for_no_longer_no_old_sign_in_tells_it(owner, relying):
    by_name = json.dumps({place: {"email": None} for place in ("userinfo", "id_token")})
    given = relying.tokens(browser_of(owner), scope="openid profile", claims=by_name)
    assert {"name", "email"} <= relying.userinfo(given["access_token"]).json().keys()
    change(relying, scopes=frozenset())
    assert relying.userinfo(given["access_token"]).json().keys() == {"sub"}
    seen = relying.post("/oidc/introspect/", token=given["refresh_token"]).json()
    again = relying.refresh(given["refresh_token"]).json()
    assert (seen["scope"], again["scope"]) == ("openid", "openid")
    assert said(again["access_token"])["scope"] == "openid"
    assert "email" not in said(again["id_token"])


def test_nor_does_it_call_an_interface_that_is_its_own_no_longer(owner, relying):
    browser = browser_of(owner)
    given, own = relying.tokens(browser, resource=API), relying.tokens(browser)
    code = relying.code(browser, resource=API)
    change(relying, resources=OTHER)
    assert not relying.is_active(given["access_token"])
    for refused in (relying.refresh(given["refresh_token"]), relying.exchange(code)):
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert relying.is_active(own["access_token"])


def test_userinfo_is_brought_one_token(owner, relying):
    token = relying.tokens(browser_of(owner))["access_token"]
    bare = relying.server.get("/oidc/userinfo/")
    assert (bare.status_code, bare["WWW-Authenticate"]) == (401, 'Bearer realm="applications"')
    headers = {"authorization": f"Bearer {token}"}
    twice = relying.server.post("/oidc/userinfo/", {"access_token": token}, headers=headers)
    assert (twice.status_code, twice.json()["error"]) == (400, "invalid_request")
