"""A refresh token that was stolen: whichever of the two comes second, the whole family dies."""

from __future__ import annotations

import pytest

from tests.kit.applications import Relying, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application()
    return Relying(application, make_secret(application))


def test_each_works_once_and_gives_the_next(owner, relying):
    first = relying.tokens(browser_of(owner))
    second = relying.refresh(first["refresh_token"]).json()
    third = relying.refresh(second["refresh_token"]).json()
    assert len({one["refresh_token"] for one in (first, second, third)}) == 3
    assert relying.is_active(third["refresh_token"])
    assert not relying.is_active(second["refresh_token"])


def test_a_used_one_ends_the_family(owner, relying):
    browser = browser_of(owner)
    first = relying.tokens(browser)
    second = relying.refresh(first["refresh_token"]).json()
    assert relying.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert relying.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
    for one in (first, second):
        assert relying.userinfo(one["access_token"]).status_code == 401
        assert not relying.is_active(one["access_token"])
    # Another sign-in of the same session has nothing to do with it.
    assert relying.tokens(browser)["access_token"]


def test_another_application_cannot_use_it(owner, relying):
    give_tab(owner, "billing")
    other = make_application("billing")
    thief = Relying(other, make_secret(other))
    token = relying.tokens(browser_of(owner))["refresh_token"]
    assert thief.refresh(token).json()["error"] == "invalid_grant"
    assert thief.post("/oidc/revoke/", token=token).status_code == 200
    assert not thief.is_active(token)
    assert relying.is_active(token)


def test_what_is_revoked_is_worth_nothing(owner, relying):
    for name in ("refresh_token", "access_token"):
        tokens = relying.tokens(browser_of(owner))
        assert relying.post("/oidc/revoke/", token=tokens[name]).status_code == 200
        assert relying.refresh(tokens["refresh_token"]).status_code == 400
        assert relying.userinfo(tokens["access_token"]).status_code == 401
