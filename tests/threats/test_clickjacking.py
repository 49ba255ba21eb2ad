"""A page of ours stands in a frame of another site, under somebody's pointer: no page does."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.kit import browsers, people
from tests.whole.routes import ROUTES

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]


def directives(answer: Any) -> dict[str, str]:
    parts = answer["Content-Security-Policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts if " " in part)


@pytest.mark.parametrize("who", ["stranger", "half-way", "boss"])
def test_no_answer_may_stand_in_a_frame(boss, who):
    browser = Client()
    if who == "half-way":
        browser.post("/sign-in/", {"email": boss.email, "password": people.PASSWORD})
    elif who == "boss":
        browser = browsers.browser_of(boss)
    for route in ROUTES:
        answer = (browser.get if who == "boss" else browser.post)(route.path())
        assert directives(answer)["frame-ancestors"] == "'none'", route.pattern
        assert answer["X-Frame-Options"] == "DENY", route.pattern


def test_nor_does_an_error_page(owner):
    browser = browsers.browser_of(owner)
    for path in ("/nowhere/", "/administrators/x/", "/help/nothing/"):
        answer = browser.get(path)
        assert answer.status_code == 404
        assert directives(answer)["frame-ancestors"] == "'none'"
