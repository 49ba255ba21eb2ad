"""A code that somebody else got hold of: only the application that asked for it can use it, and only once."""

from __future__ import annotations

import pytest

from doorward.applications.events import APPLICATION_REUSED
from tests.kit import people
from tests.kit.applications import Relying, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def relying(owner):
    give_tab(owner)
    application = make_application()
    return Relying(application, make_secret(application))


def test_a_code_works_once_and_the_second_time_ends_what_came_of_it(owner, relying):
    code = relying.code(browser_of(owner))
    tokens = relying.exchange(code).json()
    assert relying.userinfo(tokens["access_token"]).status_code == 200

    second = relying.exchange(code)
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")
    assert relying.userinfo(tokens["access_token"]).status_code == 401
    assert relying.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert len(people.events(APPLICATION_REUSED)) == 1


def test_another_application_cannot_use_it(owner, relying):
    give_tab(owner, "billing")
    other = make_application("billing")
    thief = Relying(other, make_secret(other))
    thief.verifier = relying.verifier
    code = relying.code(browser_of(owner))
    assert thief.exchange(code).json()["error"] == "invalid_grant"
    # It was none of theirs to use up.
    assert relying.exchange(code).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "x" * 43},
        {"code_verifier": None},
        {"redirect_uri": "https://phone.example/callback/"},
        {"redirect_uri": None},
    ],
)
def test_a_code_put_into_another_browser_s_answer_does_not_fit(owner, relying, changes):
    code = relying.code(browser_of(owner))
    refused = relying.exchange(code, **changes)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


def test_a_minute_later_it_is_worth_nothing(owner, relying, clock):
    code = relying.code(browser_of(owner))
    clock.shift(61)
    assert relying.exchange(code).json()["error"] == "invalid_grant"
