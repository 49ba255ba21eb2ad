"""An app that came from another system says so, to whoever has it and to colleagues, until a code of it was right."""

from __future__ import annotations

import pytest
from django.utils import timezone

from doorward.credentials.models import Factor
from doorward.credentials.totp import enrol, rules
from tests.kit import codes, pages, people
from tests.kit.browsers import browser_of, browser_of_with_factor

pytestmark = pytest.mark.django_db

SECRET = b"12345678901234567890"
TAKEN_OVER, OWN, THEIRS = (
    "Taken over",
    "It comes from another system.",
    "comes from another system.",
)


def page_of(browser, path):
    return browser.get(path).content.decode()


def test_it_is_said_until_a_code_was_right(owner, colleague):
    browser, path = browser_of(owner), pages.page(colleague)
    codes.enable_app(colleague, name="Pixel 9")
    mine = browser_of_with_factor(colleague)
    for shown in (page_of(browser, path), page_of(mine, "/security/")):
        assert TAKEN_OVER not in shown
    enrol.made(colleague.id, SECRET, name="Old phone", now=timezone.now(), taken_over=True).save()
    own, theirs = page_of(mine, "/security/"), page_of(browser, path)
    assert (own.count(TAKEN_OVER), own.count(OWN)) == (1, 1)
    assert own.index("Pixel 9") < own.index("Old phone") < own.index(TAKEN_OVER)
    assert (theirs.count(TAKEN_OVER), theirs.count(THEIRS)) == (1, 1)

    fresh = pages.browser()
    fresh.post("/sign-in/", {"email": colleague.email, "password": people.PASSWORD, "next": ""})
    code = rules.code_at(SECRET, rules.step_at(timezone.now()))
    assert fresh.post("/sign-in/code/", {"code": code}).status_code == 303
    assert not Factor.objects.filter(taken_over=True).exists()
    for shown in (page_of(browser, path), page_of(fresh, "/security/")):
        assert TAKEN_OVER not in shown
        assert THEIRS not in shown
