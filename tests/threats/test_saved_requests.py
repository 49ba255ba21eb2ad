"""A form that waits for its proof goes on for who sent it, soon, and from our own pages only."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from doorward.customers.models import Brand
from doorward.sessions.models import Session
from tests.kit import browsers, people

pytestmark = pytest.mark.django_db

CONTINUE = "/prove/continue/"


@pytest.fixture
def browser(owner, clock):
    """Return a browser whose proof is no longer fresh, with a form that waits for one."""
    found = browsers.browser_of(owner)
    clock.shift(timedelta(minutes=11))
    answer = found.post("/security/sessions/end/", {"others": "on"})
    assert answer["Location"].startswith("/prove/")
    return found


def verify_code(browser):
    assert browser.post("/prove/", {"password": people.PASSWORD, "next": "/"}).status_code == 303


def test_no_other_site_can_have_it_sent(browser):
    verify_code(browser)
    for site in ("cross-site", "same-site", "none"):
        answer = browser.get(CONTINUE, headers={"Sec-Fetch-Site": site})
        assert answer["Location"] == "/"
    answer = browser.get(CONTINUE, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 200


def test_what_somebody_thought_better_of_does_not_go_on_later(browser, clock):
    clock.shift(timedelta(minutes=10, seconds=1))
    verify_code(browser)
    assert browser.get(CONTINUE)["Location"] == "/"


def test_a_file_that_came_too_late_is_asked_for_anew(clock):
    staff = people.make_administrator(people.provider(), tabs=["home", "brands"])
    browser = browsers.browser_of(staff)
    page = f"/brands/{Brand.objects.get().id}/logo/"
    assert browser.get(page).status_code == 200
    clock.shift(timedelta(minutes=11))
    answer = browser.post(
        page, {"kind": "logo", "logo": SimpleUploadedFile("logo.png", b"\x89PNG")}
    )
    assert answer["Location"] == f"/prove/?{urlencode({'next': page})}"
    asked = browser.get(answer["Location"]).content.decode()
    assert "please choose the file again" in asked
    assert Session.objects.get().saved_request is None
    answer = browser.post("/prove/", {"password": people.PASSWORD, "next": page})
    assert answer["Location"] == page
    assert browser.get(page).status_code == 200


def test_a_page_with_a_file_asks_before_it_is_chosen(clock):
    staff = people.make_administrator(people.provider(), tabs=["home", "brands"])
    browser = browsers.browser_of(staff)
    clock.shift(timedelta(minutes=11))
    answer = browser.get(f"/brands/{Brand.objects.get().id}/logo/")
    assert answer["Location"].startswith("/prove/")


def test_it_goes_on_in_its_own_session_alone(browser, owner, colleague):
    for other in (browsers.browser_of(owner), browsers.browser_of(colleague)):
        assert other.get(CONTINUE)["Location"] == "/"
    verify_code(browser)
    assert browser.get(CONTINUE).status_code == 200


def test_it_keeps_nothing_secret(owner, clock):
    found = browsers.browser_of(owner)
    clock.shift(timedelta(minutes=11))
    found.post("/profile/password/", {"current": "a secret", "password": "another secret"})
    verify_code(found)
    assert "secret" not in found.get(CONTINUE).content.decode()
