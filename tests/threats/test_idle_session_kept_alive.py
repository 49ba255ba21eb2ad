"""Nobody is at the screen any more, and a page goes on by itself: the session is idle all the same, and ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from doorward.sessions.models import Session
from tests.kit.applications import Relying, answer_of, give_tab, make_application, make_secret
from tests.kit.browsers import browser_of

pytestmark = pytest.mark.django_db
# What Chromium says of fetch(), of a frame, and of a page that somebody opens.
SCRIPT = {"sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}
FRAME = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"}
OPENED = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


def is_in(browser):
    return browser.get("/", headers=SCRIPT).status_code == 200


@pytest.mark.parametrize(("headers", "lasts"), [(SCRIPT, False), (FRAME, False), (OPENED, True)])
def test_a_page_that_looks_again_by_itself_keeps_no_session(owner, clock, headers, lasts):
    browser = browser_of(owner)
    for _minutes in range(0, 40, 5):
        clock.shift(timedelta(minutes=5))
        browser.get("/security/", headers=headers)
    assert is_in(browser) is lasts


def test_an_application_that_asks_silently_in_a_frame_keeps_none(owner, clock):
    give_tab(owner)
    application = make_application()
    relying, browser = Relying(application, make_secret(application)), browser_of(owner)
    for _minutes in range(0, 25, 5):
        clock.shift(timedelta(minutes=5))
        asked = browser.get(relying.address(prompt="none"), headers=FRAME)
        assert "code" in answer_of(asked)
    clock.shift(timedelta(minutes=5))
    asked = browser.get(relying.address(prompt="none"), headers=FRAME)
    assert answer_of(asked)["error"] == "login_required"


def test_what_somebody_sends_is_use_whoever_carries_it(owner, clock):
    browser = browser_of(owner)
    clock.shift(timedelta(minutes=20))
    browser.post("/session/stay/", headers=SCRIPT)
    assert timezone.now() - Session.objects.get(administrator=owner).seen_at < timedelta(minutes=1)
    clock.shift(timedelta(minutes=20))
    assert is_in(browser)
