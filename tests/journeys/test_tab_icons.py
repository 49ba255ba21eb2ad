"""The drawings that a tab can have: what somebody is told of them who does not see them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.kit import browsers, people, staff

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
LABEL = re.compile(r'<label( lang="en")? title="([^"]+)">')


@pytest.fixture
def browser() -> Client:
    people.provider()
    return browsers.browser_of(staff.member("boss@provider.example"))


@pytest.mark.parametrize(("language", "said"), [("en", "Office building"), ("de", "Bürogebäude")])
def test_those_offered_first_are_said_in_words(browser: Client, language: str, said: str) -> None:
    browser.post("/language/", {"language": language, "next": "/"})
    page = browser.get("/tabs/add/").content.decode()
    found = LABEL.findall(page)
    assert ("", said) in found
    assert len(found) > 30
    assert not [label for lang, label in found if lang or re.search(r"\d|-", label)]


def test_what_is_searched_for_has_its_english_name(browser: Client) -> None:
    browser.post("/language/", {"language": "de", "next": "/"})
    found = LABEL.findall(browser.get("/tabs/icons/?find=building").content.decode())
    assert (' lang="en"', "building") in found
    assert ("", "Bürogebäude") in found
