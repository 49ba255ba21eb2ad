"""An address that was typed without the slash at its end: it is led on to, unless a form came with it."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.whole.routes import walk

pytestmark = pytest.mark.django_db
WITH_SLASH = [path for path in (route.path() for route in walk()) if path.endswith("/")]


def test_every_address_without_its_slash_leads_to_itself():
    browser = Client()
    for path in WITH_SLASH:
        if path == "/":
            continue
        for ask in (browser.get, browser.head):
            answer = ask(path[:-1], {"next": "/a b/", "q": "ö"})
            assert (answer.status_code, answer["Location"]) == (
                301,
                f"{path}?next=%2Fa+b%2F&q=%C3%B6",
            )
            assert answer["Cache-Control"] == "no-store"
        assert browser.post(path[:-1], {"email": "a@b.example"}).status_code == 404, path


@pytest.mark.parametrize(
    "path",
    [
        *("//sign-in", "//evil.example", "//evil.example/sign-in", "/\\evil.example", "/\\sign-in"),
        *("/sign-in/..//evil.example", "/.//sign-in", "/sign-in%2f", "/sign-in\n", "/sign-in\0"),
        *("/sign-in.css", "/Sign-in", "/nowhere", "/administrators/1", "/administrators/x"),
        *("/healthz/", "/static/nothing", "/sign-in//"),
    ],
)
def test_what_is_nowhere_stays_nowhere_and_no_other_host_is_led_to(path):
    answer = Client().get("/", PATH_INFO=path)
    assert answer.status_code in {400, 404}
    assert "Location" not in answer
