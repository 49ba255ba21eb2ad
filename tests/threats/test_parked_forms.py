"""A form that waits for its proof goes on for who sent it, soon, and from our own pages only."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import support

pytestmark = pytest.mark.django_db

CONTINUE = "/prove/continue/"


@pytest.fixture
def browser(owner, clock):
    """Give a browser whose proof is no longer fresh, with a form that waits for one."""
    found = support.browser_of(owner)
    clock.shift(timedelta(minutes=11))
    answer = found.post("/security/sessions/end/", {"others": "on"})
    assert answer["Location"].startswith("/prove/")
    return found


def prove(browser):
    assert browser.post("/prove/", {"password": support.PASSWORD, "next": "/"}).status_code == 303


def test_no_other_site_can_have_it_sent(browser):
    prove(browser)
    for site in ("cross-site", "same-site", "none"):
        answer = browser.get(CONTINUE, headers={"Sec-Fetch-Site": site})
        assert answer["Location"] == "/"
    answer = browser.get(CONTINUE, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 200


def test_what_somebody_thought_better_of_does_not_go_on_later(browser, clock):
    clock.shift(timedelta(minutes=10, seconds=1))
    prove(browser)
    assert browser.get(CONTINUE)["Location"] == "/"


def test_it_goes_on_in_its_own_session_alone(browser, owner, colleague):
    for other in (support.browser_of(owner), support.browser_of(colleague)):
        assert other.get(CONTINUE)["Location"] == "/"
    prove(browser)
    assert browser.get(CONTINUE).status_code == 200


def test_it_keeps_nothing_secret(owner, clock):
    found = support.browser_of(owner)
    clock.shift(timedelta(minutes=11))
    found.post("/profile/password/", {"current": "a secret", "password": "another secret"})
    prove(found)
    assert "secret" not in found.get(CONTINUE).content.decode()
