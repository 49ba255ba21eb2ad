"""A page of somebody else's asks where tokens are given: no browser lets it read the answer."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.kit.applications import Relying, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of

pytestmark = pytest.mark.django_db
OWN, EVIL = "https://phone.example", "https://evil.example"
PATHS = ["/oidc/token/", "/oidc/userinfo/", "/oidc/revoke/", "/oidc/par/", "/oidc/introspect/"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "origin", [EVIL, "null", "https://phone.example.evil.example", "http://phone.example"]
)
def test_another_origin_reads_nothing(owner, path, origin):
    make_application(client_type="public")
    answers = [Client().post(path, headers={"origin": origin})]
    answers.append(Client().options(path, headers={"origin": origin}))
    for one in answers:
        assert "Access-Control-Allow-Origin" not in one.headers
        assert "Access-Control-Allow-Credentials" not in one.headers


def test_an_application_on_a_server_has_no_pages_that_read(owner):
    make_secret(make_application())
    answer = Client().post("/oidc/token/", headers={"origin": OWN})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_one_in_a_browser_reads_its_own_and_no_cookie_counts(owner):
    give_tab(owner)
    relying = Relying(make_application(client_type="public"))
    browser = browser_of(owner)
    token = relying.tokens(browser)["access_token"]
    asked = Client().options("/oidc/userinfo/", headers={"origin": OWN})
    assert (asked.status_code, asked["Access-Control-Allow-Headers"]) == (204, "Authorization")
    by_token = {"origin": OWN, "authorization": f"Bearer {token}"}
    known = Client().get("/oidc/userinfo/", headers=by_token)
    assert (known.status_code, known["Access-Control-Allow-Origin"]) == (200, OWN)
    assert known["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Access-Control-Allow-Credentials" not in known.headers
    by_cookie = browser.get("/oidc/userinfo/", headers={"origin": OWN})
    assert by_cookie.status_code == 401
