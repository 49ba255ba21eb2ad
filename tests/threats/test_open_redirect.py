"""An address leads to another site: by `next`, by a form, by any spelling of it."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from doorward.web.http.gate import PAGES
from tests.kit import browsers, codes, people
from tests.threats.proofs import WAYS, Person

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


STEPS = [way for way in WAYS if way.accepts and way.route != "profile/password/"]
EVIL = (
    "//evil.example",
    "///evil.example",
    "https://evil.example/",
    "https:evil.example",
    "HTTPS://evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%2f/evil.example",
    "/%5cevil.example",
    "/%09/evil.example",
    "\t//evil.example",
    "/security/..//evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "@evil.example",
    ".evil.example",
    "/a\r\nLocation: https://evil.example",
)


def is_ours(answer: Any) -> bool:
    where = answer["Location"]
    return (
        where.startswith("/") and not where.startswith("//") and "evil" not in where.split("?")[0]
    )


@pytest.mark.parametrize("evil", EVIL)
def test_signing_in_does_not(owner, evil):
    page = Client().get("/sign-in/", {"next": evil}).content.decode()
    assert f'name="next" value="{escape(evil)}"' not in page
    form = {"email": owner.email, "password": people.PASSWORD, "next": evil}
    assert Client().post("/sign-in/", form)["Location"] == "/"


# Who has no device yet adds the first one on another page.
ONWARD = {"/security/2fa/add/": "/security/2fa/enable/"}


@pytest.mark.parametrize("evil", EVIL)
def test_nor_does_a_step_that_is_already_passed(owner, evil):
    browser = browsers.browser_of(owner)
    browser.get("/")
    for page in PAGES.values():
        if page == "/prove/":
            continue
        for answer in (
            browser.get(page, {"next": evil}),
            browser.post(f"{page}?next={quote(evil)}"),
        ):
            if (page, answer.status_code) == ("/managing/over/", 405):
                assert "Location" not in answer, "a page that is only read"
                continue
            assert answer.status_code == 303, page
            assert answer["Location"] == ONWARD.get(page, "/"), page


@pytest.mark.parametrize("evil", EVIL)
def test_nor_does_a_proof(owner, clock, evil):
    browser = browsers.browser_of(owner)
    page = browser.get("/prove/", {"next": evil}).content.decode()
    assert f'name="next" value="{escape(evil)}"' not in page
    answer = browser.post("/prove/", {"password": people.PASSWORD, "next": evil})
    assert (answer.status_code, answer["Location"]) == (303, "/")


@pytest.mark.parametrize("way", STEPS, ids=str)
def test_nor_does_any_step_that_is_proved(owner, clock, way):
    person = Person(owner)
    way.arrive(person)
    answer = person.post(f"{way.path}?next=//evil.example", way.right(person))
    assert answer.status_code == 303
    assert is_ours(answer)


@pytest.mark.parametrize("evil", EVIL)
def test_nor_does_choosing_a_language_or_staying(owner, evil):
    form = {"language": "de", "next": evil}
    assert Client().post("/language/", form)["Location"] == "/"
    browser = browsers.browser_of(owner)
    assert browser.post("/language/", form)["Location"] == "/"
    answer = browser.post("/session/stay/", {"next": evil}, headers={"Referer": evil})
    assert is_ours(answer)


def test_nor_does_where_somebody_was_heading(owner):
    """An address of ours that looks like another site's is not kept."""
    codes.enable_app(owner)
    browser = Client()
    form = {"email": owner.email, "password": people.PASSWORD, "next": ""}
    browser.post("/sign-in/", form)
    for path in ("//evil.example/", "/\\evil.example/", "/security/?next=//evil.example"):
        browser.get("/", PATH_INFO=path)
    browser.get("/security/", QUERY_STRING="x=//evil.example")
    answer = browser.post("/sign-in/code/", {"code": codes.next_code(owner)})
    assert is_ours(answer)
