"""A browser that a thief was signed in with is not a known one any more once the owner threw them out."""

from __future__ import annotations

import pytest
from django.test import Client

from doorward.accounts import mailed_links
from doorward.accounts.models import MailedLink
from doorward.kernel.ratelimit import rules
from doorward.sessions.events import SIGNED_IN
from tests.kit import browsers, people

pytestmark = pytest.mark.django_db


def try_password(browser, person, password):
    return browser.post("/sign-in/", {"email": person.email, "password": password}).status_code


def thief_of(person):
    browser = browsers.browser_of(person)
    assert browser.get("/security/").status_code == 200
    return browser


def reset_by(browser, person):
    browser.post("/password/forgot/", {"email": person.email})
    people.answer_asked()
    link = MailedLink.objects.filter(administrator=person).latest("created_at")
    page = browser.get(mailed_links.path(link))["Location"]
    assert browser.post(page, {"password": people.OTHER_PASSWORD}).status_code == 303


def test_they_do_not_keep_the_owner_waiting(owner):
    thief, mine = thief_of(owner), Client()
    reset_by(mine, owner)
    assert mine.get("/security/").status_code == 200
    mine.post("/sign-out/")
    thief.post("/sign-out/")
    tried = [try_password(thief, owner, people.PASSWORD) for _ in range(rules.FREE + 1)]
    assert tried[-1] == 429
    assert try_password(mine, owner, people.OTHER_PASSWORD) == 303


def test_and_the_owner_is_told_when_they_come_back(owner):
    thief = thief_of(owner)
    reset_by(Client(), owner)
    thief.post("/sign-out/")
    browsers.sign_in(thief, owner, people.OTHER_PASSWORD).get("/security/")
    assert people.events(SIGNED_IN)[-1].details["new_browser"] is True


def test_the_browser_in_which_the_password_was_changed_stays_known(owner):
    mine = browsers.browser_of(owner)
    fields = {"current": people.PASSWORD, "password": people.OTHER_PASSWORD}
    assert mine.post("/profile/password/", fields).status_code == 303
    mine.post("/sign-out/")
    browsers.sign_in(mine, owner, people.OTHER_PASSWORD).get("/security/")
    assert people.events(SIGNED_IN)[-1].details["new_browser"] is False
