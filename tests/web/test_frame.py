"""The frame around every page: its marks, the account menu, and the addresses that belong to no room."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.utils import translation

from doorward.accounts.events import LANGUAGE_CHANGED
from doorward.customers.contact import Contact
from doorward.customers.models import Brand, BrandPicture
from doorward.web.http.pages import Me
from doorward.web.kit import jinja
from doorward.web.kit.brandmark import look_version
from doorward.web.kit.tab_bar import TabItem
from tests.kit import browsers, people

if TYPE_CHECKING:
    from django.test import Client

    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.one_database

PAGE = '{% extends "portal.html" %}{% set data_page = "sample" %}{% block content %}<h1>A page</h1>{% endblock %}'


class _Brand:
    name = "Northline"
    accent = "#2b50e0"
    version = 1

    def picture(self, kind: str) -> None:
        """Have none."""

    support_phone = "0800 555 019"
    support_email = ""
    support_url = ""
    support_hours = "8–18 h"
    contact = Contact()


def _me(**changes: Any) -> Me:
    given: dict[str, Any] = {
        "full_name": "Ines <Moreau>",
        "email": "ines.moreau@harbourbakery.example",
        "customer_name": "Harbour Bakery",
        "language": "en",
        "two_factor_on": False,
        "two_factor_required": False,
    }
    return Me(**(given | changes))


def _draw(me: Me | None, **words: Any) -> str:
    with translation.override("en"):
        env = jinja._environment_of("en")
        tabs = (
            TabItem("home", "Home", "/", current=True),
            TabItem("pbx", "Phone system", "/x", external=True),
        )
        context: dict[str, Any] = {
            "brand": _Brand(),
            "me": me,
            "tabs": tabs if me else (),
            "csp_nonce": "n",
            "csrf_input": "",
            "look": look_version(_Brand()),
            "path": "/sample/?page=2",
            "flashes": [],
        }
        return env.from_string(PAGE).render(
            context | {"session_left": None, "managing": None} | words
        )


def _menu(html: str) -> str:
    found = re.search(r'<div id="account-menu">.*?</header>', html, re.DOTALL)
    assert found
    return found.group(0)


def test_the_marks_of_a_page_are_there() -> None:
    html = _draw(_me())
    assert re.search(r'<main [^>]*id="main"\s+data-page="sample"', html)
    assert '<html lang="en" dir="ltr">' in html
    assert '<a class="skip" href="#main">' in html
    assert "Ines &lt;Moreau&gt;" in _menu(html)
    assert len(re.findall(r'aria-current="page"', html)) == 1
    assert "Phone system" in html


@pytest.mark.parametrize(
    ("on", "required", "offered"),
    [
        (False, False, "Enable 2FA"),
        (False, True, "Enable 2FA"),
        (True, False, "Disable 2FA"),
        (True, True, None),
    ],
)
def test_the_menu_offers_what_can_be_done(on: bool, required: bool, offered: str | None) -> None:  # noqa: FBT001
    html = _draw(_me(two_factor_on=on, two_factor_required=required))
    assert [words for words in ("Enable 2FA", "Disable 2FA") if words in html] == (
        [offered] if offered else []
    )
    for words in ("Security", "Profile", "Sign out", "Language: English", "Deutsch"):
        assert words in html


def test_somebody_who_is_not_signed_in_has_no_menu() -> None:
    html = _draw(None)
    assert "account-menu" not in html
    assert 'href="/sign-in/"' in html
    assert "session-end" not in html


def test_the_end_of_the_session_is_announced_where_there_is_one() -> None:
    assert 'data-ends-in="1800"' in _draw(_me(), session_left=1800)


def test_the_exact_page_is_where_the_menu_leads_back_to() -> None:
    assert '<input type="hidden" name="next" value="/sample/?page=2">' in _draw(_me())


# --- addresses ------------------------------------------------------------------------------------


@pytest.fixture
def brand(customer: object) -> Brand:
    return Brand.objects.get(is_default=True)


@pytest.mark.parametrize(
    ("path", "kind"), [("/brand.css", "text/css"), ("/brand.svg", "image/svg+xml")]
)
def test_a_brands_files_are_kept_for_ever_under_their_version(
    client: Client, brand: Brand, path: str, kind: str
) -> None:
    answer = client.get(path, {"v": look_version(brand)})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith(kind)
    assert "immutable" in answer["Cache-Control"]
    assert brand.accent in answer.content.decode()
    assert "immutable" not in client.get(path, {"v": "older"})["Cache-Control"]


def test_another_colour_is_another_version(brand: Brand) -> None:
    before = look_version(brand)
    brand.accent = "#c2410c"
    assert look_version(brand) != before


def test_a_browser_that_asks_for_the_old_icon_gets_one(client: Client, brand: Brand) -> None:
    assert client.get("/favicon.ico").status_code == 200


def test_a_logo_is_shown_and_never_run(client: Client, brand: Brand) -> None:
    assert client.get("/brand/logo").status_code == 404
    # Not by any page of ours, but who knows what comes to stand there.
    BrandPicture.objects.create(
        brand=brand, kind="logo", content=b"<svg><script/></svg>", type="image/svg+xml"
    )
    answer = client.get("/brand/logo")
    assert answer.content == b"<svg><script/></svg>"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_stranger_chooses_a_language_for_the_browser(client: Client, brand: Brand) -> None:
    answer = client.post("/language/", {"language": "de", "next": "/sign-in/?next=/support/"})
    assert (answer.status_code, answer["Location"]) == (303, "/sign-in/?next=/support/")
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME].value == "de"
    assert '<html lang="de"' in client.get("/sign-in/").content.decode()


def test_a_person_takes_the_language_along(owner: Administrator) -> None:
    browsers.browser_of(owner).post("/language/", {"language": "de"})
    assert people.again(owner).language == "de"
    assert len(people.events(LANGUAGE_CHANGED, actor_id=owner.id)) == 1


@pytest.mark.parametrize("language", ["fr", "", "de\n", "../de"])
def test_a_language_that_there_is_not_is_refused(
    client: Client, brand: Brand, language: str
) -> None:
    answer = client.post("/language/", {"language": language})
    assert answer.status_code == 422
    assert settings.LANGUAGE_COOKIE_NAME not in answer.cookies


@pytest.mark.parametrize("path", ["/language/", "/session/stay/"])
def test_changes_want_a_form(client: Client, brand: Brand, path: str) -> None:
    assert client.get(path).status_code in {303, 405}


def test_staying_tells_a_script_for_how_long(owner: Administrator, clock: Any) -> None:
    browser = browsers.browser_of(owner)
    clock.move_to(datetime(2026, 11, 24, 9, 20, tzinfo=UTC))
    assert browser.post("/session/stay/", HTTP_ACCEPT="application/json").json() == {
        "seconds": 1800
    }
    clock.move_to(datetime(2026, 11, 24, 9, 45, tzinfo=UTC))
    answer = browser.post("/session/stay/", {"next": "/support/"})
    assert (answer.status_code, answer["Location"]) == (303, "/support/")


def test_who_came_too_late_is_sent_to_sign_in(owner: Administrator, clock: Any) -> None:
    browser = browsers.browser_of(owner)
    clock.move_to(datetime(2026, 11, 24, 10, 0, tzinfo=UTC))
    answer = browser.post("/session/stay/", HTTP_ACCEPT="application/json")
    assert (answer.status_code, answer["Location"][:9]) == (303, "/sign-in/")
