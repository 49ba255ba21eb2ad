"""The lost phone, from 'I cannot do this' to Home: the script of its film.

A function for each chapter of `film-lost-phone.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.film.two_factor import button, give_password, go_on_from_codes

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.film.stage import Stage

# Of the demonstration: somebody with an app, and a colleague with the Administrators tab and an app.
AIKO = "aiko.tanaka@harbour-bakery.example"
SAMUEL = "samuel.osei@harbour-bakery.example"


def play(stage: Stage) -> None:
    """Play all chapters."""
    colleague = stage.visit()
    with stage.on(colleague):
        is_there(stage)
    be_stuck(stage)
    with stage.on(colleague):
        words = help_her(stage)
    set_up(stage, words)
    with stage.on(colleague):
        say_who(stage)


def is_there(stage: Stage) -> None:
    """Let the colleague have signed in before, unseen."""
    page = stage.page
    page.goto("/sign-in/")
    page.get_by_label("E-mail").fill(SAMUEL)
    page.get_by_label("Password", exact=True).fill("seven-quiet-lanterns")
    page.get_by_role("button", name="Sign in", exact=True).last.click()
    stage.sees("sign-in-code")
    page.locator("input.otp").fill(stage.portal.code(SAMUEL))
    stage.sees("home")


def be_stuck(stage: Stage) -> None:
    stage.page.goto("/sign-in/")
    stage.sees("sign-in")
    stage.says("stuck-1")
    give_password(stage, AIKO)
    stage.sees("sign-in-code")
    stage.says("stuck-2")
    stage.holds(0.6)
    stage.clicks(link(stage.page, "I cannot do this"))
    stage.sees("sign-in-help")
    stage.says("stuck-3")
    stage.keeps("ways")
    stage.holds(1.5)


def help_her(stage: Stage) -> str:
    """Return the words of the pass."""
    stage.says("help-1")
    stage.holds(0.6)
    stage.says("help-2")
    stage.clicks(stage.page.locator("header").get_by_role("link", name="Administrators"))
    stage.sees("administrators")
    stage.clicks(link(stage.page, "Aiko Tanaka"))
    stage.sees("administrator")
    stage.clicks(link(stage.page, "Help after a loss"))
    stage.sees("administrator-help")
    stage.says("help-3")
    stage.keeps("help")
    stage.holds(1)
    stage.types(stage.page.get_by_label("How did you make sure?"), "Called her back; we spoke.")
    stage.clicks(button(stage, "Suspend the devices and show the pass"))
    stage.sees("set-up-pass")
    stage.says("help-4")
    stage.holds(0.6)
    stage.says("help-5")
    stage.keeps("pass")
    stage.holds(2)
    return stage.page.locator("#set-up-pass").inner_text()


def set_up(stage: Stage, words: str) -> None:
    stage.says("pass-1")
    stage.page.goto("/sign-in/")
    stage.sees("sign-in")
    give_password(stage, AIKO)
    stage.sees("sign-in-code")
    stage.says("pass-2")
    stage.keeps("suspended")
    stage.clicks(link(stage.page, "I cannot do this"))
    stage.sees("sign-in-help")
    stage.clicks(link(stage.page, "I have a set-up pass"))
    stage.sees("sign-in-pass")
    stage.types(stage.page.locator("main [name=pass]"), words)
    stage.clicks(button(stage, "Continue"))
    stage.sees("sign-in-set-up")
    stage.keeps("set-up")
    stage.holds(0.6)
    stage.scans("pass-3", then=lambda: stage.sees("recovery-codes"))
    stage.says("pass-4")
    stage.holds(0.6)
    go_on_from_codes(stage)
    stage.keeps("in")
    stage.holds(1.5)


def say_who(stage: Stage) -> None:
    stage.says("it-was-them-1")
    stage.clicks(link(stage.page, "Go to the requests"))
    stage.sees("requests")
    stage.keeps("requests")
    stage.holds(0.6)
    stage.clicks(link(stage.page, "Aiko Tanaka"))
    stage.sees("request")
    stage.keeps("request")
    stage.says("it-was-them-2")
    stage.clicks(button(stage, "It was them"))
    stage.sees("request")
    stage.keeps("done")
    stage.holds(2)


def link(page: Page, name: str) -> Locator:
    return page.get_by_role("link", name=name, exact=True).last
