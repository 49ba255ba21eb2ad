"""'Press the Disable 2FA button. If you do not see this option, speak to your administrator.'"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect


@pytest.fixture
def ines(portal):
    return portal.person().has_app()


def open_window(visitor):
    visitor.menu.get_by_role("link", name="Disable 2FA").click()
    expect(visitor.window).to_be_visible()
    return visitor.window


def test_with_a_code_in_the_confirmation_box(ines, somewhere, elsewhere):
    somewhere.signs_in(ines)
    somewhere.sees("home")
    elsewhere.is_signed_in_as(ines).go("/")
    ines.phone.forget()
    expect(open_window(somewhere)).to_contain_text("your password alone signs you in")
    somewhere.gives_code(ines.phone.wrong_code(), "Confirm")
    expect(somewhere.window.locator("[role=alert]")).to_contain_text("Codes change")
    assert ines.state["factors"] == 1
    somewhere.portal.ask("forget_used_codes", email=ines.email)
    somewhere.gives_code(ines.code(), "Confirm")
    somewhere.hears("Two-factor sign-in is off", role="status")
    assert ines.state == ines.state | {"factors": 0, "codes": 0}
    expect(somewhere.menu.get_by_role("link", name="Enable 2FA")).to_be_visible()
    expect(somewhere.menu.get_by_role("link", name="Disable 2FA")).to_have_count(0)
    elsewhere.page.reload()
    elsewhere.sees("sign-in")
    ines.phone = None
    elsewhere.signs_in(ines)
    elsewhere.sees("home")


def test_cancelling_leaves_it_on(ines, somewhere):
    somewhere.is_signed_in_as(ines).go("/")
    open_window(somewhere).get_by_role("link", name="Cancel").click()
    expect(somewhere.page.locator("[data-window]")).to_have_count(0)
    assert ines.state["factors"] == 1


def test_where_it_is_required_the_option_is_not_there_and_the_page_says_why(portal, somewhere):
    nora = portal.boss()
    ines = portal.person(customer=nora.customer, require_2fa=True).has_app()
    somewhere.is_signed_in_as(ines).go("/")
    expect(somewhere.menu).to_contain_text("Security")
    for name in ("Disable 2FA", "Enable 2FA"):
        expect(somewhere.menu.get_by_text(name)).to_have_count(0)
    somewhere.menu.get_by_role("link", name="Security").click()
    somewhere.sees("security")
    somewhere.reads("Your account administrator requires two-factor sign-in.")
    somewhere.reads(nora.name)
    somewhere.reads("+44 20 7946 0123")
    expect(somewhere.page.locator("main").get_by_text("Disable 2FA")).to_have_count(0)
    somewhere.go("/security/2fa/disable/")
    somewhere.reads("That is why it cannot be disabled here.")
    expect(somewhere.page.locator("main input.otp")).to_have_count(0)


def test_the_server_refuses_what_was_opened_before_it_was_required(portal, ines, somewhere):
    somewhere.is_signed_in_as(ines).go("/")
    open_window(somewhere)
    portal.ask("require", email=ines.email)
    portal.ask("forget_used_codes", email=ines.email)
    somewhere.gives_code(ines.code(), "Confirm")
    somewhere.hears("requires two-factor sign-in, so it cannot be disabled")
    assert ines.state["factors"] == 1


def test_who_has_a_short_password_sets_a_longer_one_next(portal, somewhere):
    ines = portal.person(password_long=False).has_app()
    somewhere.is_signed_in_as(ines).go("/")
    portal.ask("forget_used_codes", email=ines.email)
    open_window(somewhere)
    somewhere.gives_code(ines.code(), "Confirm")
    somewhere.sees("set-password")
    somewhere.reads("at least 15 characters")
    somewhere.page.get_by_label("New password").fill("short still")
    somewhere.press("Set password")
    somewhere.hears("at least 15 characters")
    somewhere.page.get_by_label("New password").fill("plum glacier over the valley")
    somewhere.press("Set password")
    somewhere.sees("home" if somewhere.scripts else "security")  # where the window was opened
