"""Wherever somebody has to wait, the page says how long, and what they can do meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from doorward.kernel.ratelimit import rules
from tests.kit import browsers, codes, people

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db
WRONG = "000000"


def half_way(person: Administrator) -> Client:
    codes.enable_app(person)
    client = Client()
    client.post("/sign-in/", {"email": person.email, "password": people.PASSWORD})
    return client


def through(person: Administrator) -> Client:
    codes.enable_app(person)
    return browsers.browser_of_with_factor(person)


def without_factor(person: Administrator) -> Client:
    return browsers.browser_of(person)


def set_up(person: Administrator) -> Client:
    browser = browsers.browser_of(person)
    browser.get("/security/2fa/enable/")
    return browser


PAGES = [
    ("/sign-in/", lambda _: Client(), {"email": "x@example.com", "password": "x"}, "by mail"),
    ("/sign-in/code/", half_way, {"code": WRONG}, "with another device, with a recovery code"),
    ("/prove/", through, {"code": WRONG}, "You can go on with everything else"),
    ("/prove/", without_factor, {"password": "wrong"}, "You can go on with everything else"),
    ("/security/2fa/disable/", through, {"code": WRONG}, "You can go on with everything else"),
    ("/security/2fa/enable/", set_up, {"code": WRONG, "name": ""}, "Cancel"),
    ("/profile/password/", without_factor, {"current": "x", "password": "y"}, "Forgot it?"),
]


@pytest.mark.parametrize(
    ("path", "browser", "form", "way"),
    PAGES,
    ids=[f"{page[0]}{page[1].__name__}" for page in PAGES],
)
def test_how_long_and_what_else(
    owner: Administrator,
    clock: object,
    path: str,
    browser: Callable[[Administrator], Client],
    form: dict[str, str],
    way: str,
) -> None:
    client = browser(owner)
    client.get("/profile/")  # where that lets through, this browser is known from here on
    for _ in range(rules.FREE):
        assert client.post(path, form).status_code == 422
    answer = client.post(path, form)
    assert (answer.status_code, answer["Retry-After"]) == (429, "30")
    page = answer.content.decode()
    assert 'data-waits="30"' in page
    assert ">0:30</strong>" in page
    assert "Too many attempts." in page
    assert way in page


def test_who_asks_for_links_without_end(owner: Administrator, clock: object) -> None:
    client = Client()
    for number in range(rules.ADDRESS_LIMIT):
        client.post("/password/forgot/", {"email": f"{number}@example.com"})
    answer = client.post("/password/forgot/", {"email": owner.email})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) <= rules.ADDRESS_WINDOW
    assert "A link that we sent within the last hour still works." in answer.content.decode()
