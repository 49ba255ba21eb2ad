"""The help article's journeys: the script of its film, one function for each chapter of `film-two-factor.md`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.film.stage import PASSWORD
from tests.kit.waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.film.stage import Phone, Stage

# Of the demonstration: somebody with the Administrators tab and no second factor, and a colleague without one.
INES = "ines.moreau@harbour-bakery.example"
GIORGOS = "giorgos.pappas@harbour-bakery.example"


def play(stage: Stage) -> None:
    """Play all chapters."""
    phone = enable(stage)
    save_codes(stage)
    sign_in(stage, phone)
    require(stage)
    with stage.another_browser():
        be_required(stage)
    disable(stage, phone)


def enable(stage: Stage) -> Phone:
    stage.page.goto("/sign-in/")
    stage.sees("sign-in")
    stage.says("enable-1")
    stage.keeps("sign-in")
    give_password(stage, INES)
    stage.sees("home")
    stage.holds(0.6)
    stage.says("enable-2")
    open_menu(stage)
    stage.keeps("menu")
    stage.clicks(in_menu(stage, "Enable 2FA"))
    expect(window(stage)).to_be_visible()
    stage.says("enable-3")
    stage.keeps("enable")
    stage.holds(1.2)
    return stage.scans("enable-4", then=lambda: stage.sees("recovery-codes"))


def save_codes(stage: Stage) -> None:
    stage.says("recovery-codes-1")
    stage.keeps("recovery-codes")
    stage.holds(2.4)
    stage.says("recovery-codes-2")
    stage.points_at(button(stage, "Copy"))
    stage.holds(0.4)
    go_on_from_codes(stage)
    stage.says("recovery-codes-3")
    stage.sees("home")
    stage.keeps("enabled")
    stage.holds(2.2)


def sign_in(stage: Stage, phone: Phone) -> None:
    open_menu(stage)
    stage.clicks(in_menu(stage, "Sign out", role="button"))
    stage.sees("sign-in")
    stage.says("sign-in-1")
    give_password(stage, INES)
    stage.sees("sign-in-code")
    stage.says("sign-in-2")
    stage.keeps("sign-in-code")
    stage.reads_off(phone, then=lambda: stage.sees("home"))
    stage.holds(0.6)


def require(stage: Stage) -> None:
    stage.says("require-1")
    stage.clicks(stage.page.locator("header").get_by_role("link", name="Administrators"))
    stage.sees("administrators")
    stage.keeps("administrators")
    person = stage.page.get_by_role("link", name="Giorgos Pappas")
    stage.types(stage.page.locator("main [type=search]"), "giorgos")
    expect(stage.page.locator("tbody .person")).to_have_count(1)
    stage.holds(0.4)
    stage.clicks(person)
    stage.sees("administrator")
    stage.says("require-2")
    stage.holds(0.6)
    stage.clicks(stage.page.get_by_label("Required 2FA"))
    stage.keeps("administrator")
    stage.holds(0.5)
    stage.clicks(button(stage, "Save changes"))
    expect(stage.page.locator("[role=status]").filter(has_text="Saved").first).to_be_visible()
    stage.page.evaluate("scrollTo(0, 0)")
    stage.keeps("required")
    stage.holds(1.5)


def be_required(stage: Stage) -> None:
    stage.page.goto("/sign-in/")
    stage.sees("sign-in")
    stage.says("first-sign-in-1")
    give_password(stage, GIORGOS)
    stage.sees("sign-in-mailbox")
    stage.says("first-sign-in-2")
    stage.keeps("mailbox")
    stage.holds(1.2)
    code = read_mail(stage)
    stage.says("first-sign-in-3")
    stage.types_code(
        stage.page.locator("input.otp"), code, then=lambda: stage.sees("sign-in-set-up")
    )
    stage.keeps("set-up")
    stage.holds(0.8)
    stage.says("first-sign-in-4")
    stage.scans(then=lambda: stage.sees("recovery-codes"))
    stage.says("first-sign-in-5")
    stage.holds(0.6)
    go_on_from_codes(stage)
    stage.sees("home")
    stage.keeps("in")
    stage.holds(1.5)


def disable(stage: Stage, phone: Phone) -> None:
    stage.page.goto("/")
    stage.sees("home")
    stage.says("disable-1")
    open_menu(stage)
    stage.keeps("menu-on")
    stage.clicks(in_menu(stage, "Disable 2FA"))
    expect(window(stage)).to_be_visible()
    stage.says("disable-2")
    stage.keeps("disable")
    stage.holds(0.6)
    stage.reads_off(phone, then=lambda: expect(window(stage)).to_have_count(0))
    expect(stage.page.locator("[role=status]").filter(has_text="is off").first).to_be_visible()
    stage.says("disable-3")
    stage.keeps("disabled")
    stage.holds(4)


# --- what is done more than once ------------------------------------------------------------------


def give_password(stage: Stage, email: str) -> None:
    stage.types(stage.page.get_by_label("E-mail"), email)
    stage.types(stage.page.get_by_label("Password", exact=True), PASSWORD)
    stage.clicks(button(stage, "Sign in"))


def go_on_from_codes(stage: Stage) -> None:
    stage.clicks(stage.page.get_by_label("I have saved them"))
    stage.holds(0.4)
    stage.clicks(stage.page.locator("main form button.primary"))
    stage.sees("home")


def open_menu(stage: Stage) -> None:
    stage.clicks(stage.page.locator("#account-menu > button"))
    expect(stage.page.locator("#account-items")).to_be_visible()
    stage.holds(0.5)


def read_mail(stage: Stage) -> str:
    """Read the eight digits in the newest mail to Giorgos."""
    with stage.another_tab("/demo/mail/"):
        mails = stage.page.locator("main .rows > div").filter(has_text=GIORGOS)
        codes = mails.filter(has_text=re.compile("code", re.IGNORECASE))

        def has_come() -> bool:
            stage.page.reload()
            return codes.count() > 0

        until(has_come)
        codes.first.get_by_role("link").click()
        stage.sees("demo-mail")
        expect(stage.page.frame_locator("iframe").locator("body")).to_be_visible()
        stage.keeps("mail")
        stage.holds(2.6)
        text = stage.page.locator("#mail-text").inner_text()
    found = re.search(r"\b(\d{4}) ?(\d{4})\b", text)
    assert found, text
    return found[1] + found[2]


def window(stage: Stage) -> Locator:
    return stage.page.locator("dialog[open] [data-window]")


def in_menu(stage: Stage, name: str, role: str = "link") -> Locator:
    items = stage.page.locator("#account-items")
    return items.get_by_role("button" if role == "button" else "link", name=name, exact=True)


def button(stage: Stage, name: str) -> Locator:
    return stage.page.get_by_role("button", name=name, exact=True).last
