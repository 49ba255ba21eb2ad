"""A browser that a thief was signed in with is not a known one any more once the owner threw them out."""

from __future__ import annotations

import pytest
from django.test import Client

from doorward.administrators import links
from doorward.administrators.models import MailedLink
from doorward.audit.events import Kind
from doorward.core import attempts
from tests import support

pytestmark = pytest.mark.django_db


def try_password(browser, person, password):
    return browser.post("/sign-in/", {"email": person.email, "password": password}).status_code


def thief_of(person):
    browser = support.browser_of(person)
    assert browser.get("/security/").status_code == 200
    return browser


def reset_by(browser, person):
    browser.post("/password/forgot/", {"email": person.email})
    support.answer_asked()
    link = MailedLink.objects.filter(administrator=person).latest("created_at")
    page = browser.get(links.path(link))["Location"]
    assert browser.post(page, {"password": support.OTHER_PASSWORD}).status_code == 303


def test_they_do_not_keep_the_owner_waiting(owner):
    thief, mine = thief_of(owner), Client()
    reset_by(mine, owner)
    assert mine.get("/security/").status_code == 200
    mine.post("/sign-out/")
    thief.post("/sign-out/")
    tried = [try_password(thief, owner, support.PASSWORD) for _ in range(attempts.FREE + 1)]
    assert tried[-1] == 429
    assert try_password(mine, owner, support.OTHER_PASSWORD) == 303


def test_and_the_owner_is_told_when_they_come_back(owner):
    thief = thief_of(owner)
    reset_by(Client(), owner)
    thief.post("/sign-out/")
    support.sign_in(thief, owner, support.OTHER_PASSWORD).get("/security/")
    assert support.events(Kind.SIGNED_IN)[-1].details["new_browser"] is True


def test_the_browser_in_which_the_password_was_changed_stays_known(owner):
    mine = support.browser_of(owner)
    fields = {"current": support.PASSWORD, "password": support.OTHER_PASSWORD}
    assert mine.post("/profile/password/", fields).status_code == 303
    mine.post("/sign-out/")
    support.sign_in(mine, owner, support.OTHER_PASSWORD).get("/security/")
    assert support.events(Kind.SIGNED_IN)[-1].details["new_browser"] is False
