"""What is refused is said at the field that it belongs to, on every page with a form; what was typed stays."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from doorward.audit.actor import CONSOLE
from doorward.customers import own_tabs
from doorward.customers import services as customers
from tests.kit import codes, pages, people
from tests.kit.browsers import browser_of, sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorward.accounts.models import Administrator

pytestmark = [pytest.mark.django_db, pytest.mark.one_database]

EMAIL = "Type an e-mail like name@example.com."
NEW = {"email": "lena@x.example", "first_name": "Lena", "last_name": "Fischer", "phone": ""}
BRAND = {
    "name": "Brightwave",
    "issuer": "Brightwave",
    "hosts": "",
    "accent": "#2b50e0",
    "support_email": "",
    "support_phone": "",
    "support_url": "",
    "support_hours": "",
    "terms_url": "",
    "privacy_url": "",
    "legal_url": "",
    "email_from": "",
}
TAB = {
    "key": "pbx-2",
    "title": "PBX",
    "url": "/help/",
    "description": "",
    "icon": "phone",
    "audience": "everyone",
    "customers": "",
}
PROFILE = {"language": "xx", "time_zone": "Europe/Atlantis", "phone": "12", "email": "nobody"}
PASSWORDS = {"current": people.PASSWORD, "password": people.OTHER_PASSWORD}


def said_at(answer: Any, field: str) -> str:
    """Return what stands at a field."""
    page = answer.content.decode()
    found = re.search(rf'id="{field}-error"[^>]*>.*?<(span|p)>(.*?)</\1>', page, re.DOTALL)
    assert found, f"nothing is said at {field}"
    return html.unescape(found[2])


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"email": "nobody"}, "email", EMAIL),
        ({"email": "taken@x.example"}, "email", "Another account has this e-mail."),
        ({"first_name": "a@b"}, "first_name", "A name cannot have an @ in it."),
        ({"first_name": "", "last_name": ""}, "last_name", "Type a name."),
        ({"last_name": "x" * 61}, "last_name", "Use at most 60 characters."),
        ({"phone": "12"}, "phone", "Type the number with its country code"),
        ({"tabs": ["fax"]}, "tabs", "There is no such tab."),
        ({"status": "gone"}, "status", "not possible with the person's current status"),
    ],
)
def test_a_person(
    owner: Administrator, colleague: Administrator, changes: dict[str, Any], field: str, said: str
) -> None:
    people.make_administrator(owner.customer, email="taken@x.example")
    answer = browser_of(owner).post(pages.page(colleague), pages.form(colleague, **changes))
    assert answer.status_code == 422
    assert said in said_at(answer, field)
    if field != "status":
        assert "Please check the highlighted fields." in answer.content.decode()


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"tabs": ["home"]}, "tabs", "You cannot take the Administrators tab from yourself."),
        (
            {"status": "suspended", "confirm": "on"},
            "status",
            "You cannot suspend or remove yourself.",
        ),
    ],
)
def test_oneself_as_a_person(
    owner: Administrator, changes: dict[str, Any], field: str, said: str
) -> None:
    answer = browser_of(owner).post(pages.page(owner), pages.form(owner, **changes))
    assert said in said_at(answer, field)


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"email": ""}, "email", EMAIL),
        ({"language": "xx"}, "language", "Choose one from the list."),
        ({"tabs": "customers"}, "tabs", "There is no such tab."),
    ],
)
def test_somebody_new(owner: Administrator, changes: dict[str, Any], field: str, said: str) -> None:
    answer = browser_of(owner).post("/administrators/add/", NEW | changes)
    assert said in said_at(answer, field)


def test_one_s_own_profile(owner: Administrator) -> None:
    answer = browser_of(owner).post("/profile/", pages.profile(owner, **PROFILE))
    assert answer.status_code == 422
    assert said_at(answer, "email") == EMAIL
    assert (
        said_at(answer, "language") == said_at(answer, "time_zone") == "Choose one from the list."
    )
    assert "country code" in said_at(answer, "phone")


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"current": "not this one"}, "current", "This is not your current password."),
        ({"password": ""}, "password", "Type a password."),
        ({"password": "passwordpassword"}, "password", "Many people use this password"),
        ({"password": people.PASSWORD}, "password", "This is your current password."),
    ],
)
def test_one_s_own_password(
    owner: Administrator, changes: dict[str, str], field: str, said: str
) -> None:
    answer = browser_of(owner).post("/profile/password/", PASSWORDS | changes)
    assert said in said_at(answer, field)


@pytest.fixture
def staff(owner: Administrator) -> Client:
    del owner
    own_tabs.add("pbx", own_tabs.TabDetails(title="PBX", url="/help/"), actor=CONSOLE)
    tabs = ["administrators", "brands", "customers", "tabs"]
    email = "nora@brightwave.example"
    return browser_of(people.make_administrator(people.provider(), email=email, tabs=tabs))


@pytest.mark.parametrize(
    ("address", "form", "field", "said"),
    [
        ("/brands/add/", BRAND | {"name": ""}, "name", "Type a name."),
        ("/brands/add/", BRAND | {"issuer": "x" * 99}, "issuer", "Use at most 60 characters."),
        ("/brands/add/", BRAND | {"hosts": "https://x"}, "hosts", "Type host names like"),
        ("/brands/add/", BRAND | {"accent": "blue"}, "accent", "Type a colour like"),
        ("/brands/add/", BRAND | {"support_email": "x"}, "support_email", EMAIL),
        ("/brands/add/", BRAND | {"support_url": "x"}, "support_url", "Type an address like"),
        ("/brands/add/", BRAND | {"email_from": "x"}, "email_from", EMAIL),
        ("/tabs/add/", TAB | {"key": "A"}, "key", "Use small letters, digits and dashes."),
        ("/tabs/add/", TAB | {"key": "pbx"}, "key", "Another tab has this key."),
        ("/tabs/add/", TAB | {"title": ""}, "title", "Type a name."),
        ("/tabs/add/", TAB | {"url": "pbx"}, "url", "Type an address like"),
        ("/customers/add/", {"name": "", "brand": "BRAND"}, "name", "Type a name."),
        ("/customers/add/", {"name": "x" * 81, "brand": "BRAND"}, "name", "at most 80 characters"),
        ("/customers/add/", {"name": "HARBOUR bakery", "brand": "BRAND"}, "name", "has this name."),
        ("/customers/add/", {"name": "New", "brand": "x"}, "brand", "Choose one from the list."),
        ("/customers/add/", {"name": "New", "brand": "CUSTOMER"}, "brand", "Choose one"),
        ("/customers/CUSTOMER/invite/", NEW | {"email": "x"}, "invite-email", EMAIL),
        (
            "/customers/CUSTOMER/",
            {"name": "Harbour", "brand": "CUSTOMER", "status": "active"},
            "brand",
            "Choose one from the list.",
        ),
        (
            "/customers/CUSTOMER/",
            {"name": "Harbour", "brand": "BRAND", "status": "gone"},
            "status",
            "Choose one from the list.",
        ),
        (
            "/customers/PROVIDER/",
            {"name": "Provider", "brand": "BRAND", "status": "closed"},
            "status",
            "This is the provider itself",
        ),
    ],
)
def test_what_the_provider_keeps(
    owner: Administrator, staff: Client, address: str, form: dict[str, str], field: str, said: str
) -> None:
    ids = {
        "BRAND": str(owner.customer.brand_id),
        "CUSTOMER": str(owner.customer_id),
        "PROVIDER": str(customers.find(people.provider().name).id),
    }
    for word, id_ in ids.items():
        address = address.replace(word, id_)
        form = {name: value.replace(word, id_) for name, value in form.items()}
    answer = staff.post(address, form)
    assert answer.status_code == 422
    assert said in said_at(answer, field)


def test_a_logo(owner: Administrator, staff: Client) -> None:
    picture = SimpleUploadedFile("logo.png", b"no picture", content_type="image/png")
    answer = staff.post(
        f"/brands/{owner.customer.brand_id}/logo/", {"kind": "logo", "logo": picture}
    )
    assert "This file cannot be read as an image" in said_at(answer, "logo")


def _second_step(person: Administrator) -> Client:
    codes.enable_app(person)
    browser = Client()
    browser.post("/sign-in/", {"email": person.email, "password": people.PASSWORD})
    return browser


def _due_password(person: Administrator) -> Client:
    person.password_due = "reset"
    person.save()
    return sign_in(Client(), person)


@pytest.mark.parametrize(
    ("begin", "address", "form", "field", "said"),
    [
        (_second_step, "/sign-in/code/", {"code": "000000"}, "code", "That code is not right."),
        (_second_step, "/sign-in/recovery/", {"code": "A" * 24}, "code", "That recovery code is"),
        (
            _second_step,
            "/sign-in/clock/",
            {"first": "1", "second": "2"},
            "second",
            "These two codes",
        ),
        (browser_of, "/prove/", {"password": "no", "next": "/"}, "password", "not your current"),
        (
            browser_of,
            "/security/2fa/enable/",
            {"code": "000000"},
            "set-up-code",
            "That code is not right.",
        ),
        (_due_password, "/sign-in/password/", {"password": "short"}, "password", "Use at least"),
    ],
)
def test_a_step_of_signing_in(
    owner: Administrator,
    begin: Callable[[Administrator], Client],
    address: str,
    form: dict[str, str],
    field: str,
    said: str,
) -> None:
    browser = begin(owner)
    browser.get(address)
    answer = browser.post(address, form)
    assert answer.status_code == 422
    assert said in said_at(answer, field)
    assert "000000" not in answer.content.decode()
