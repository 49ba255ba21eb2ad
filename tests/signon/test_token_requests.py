"""What a token request says: what is missing in it, and which part of a sign-in it asks for (RFC 6749, 5.2 and 6)."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from tests.kit.applications import Relying, give_tab, make_application, make_secret, said
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


def test_userinfo_is_brought_one_token(owner, relying):
    token = relying.tokens(browser_of(owner))["access_token"]
    bare = relying.server.get("/oidc/userinfo/")
    assert (bare.status_code, bare["WWW-Authenticate"]) == (401, 'Bearer realm="applications"')
    headers = {"authorization": f"Bearer {token}"}
    twice = relying.server.post("/oidc/userinfo/", {"access_token": token}, headers=headers)
    assert (twice.status_code, twice.json()["error"]) == (400, "invalid_request")
