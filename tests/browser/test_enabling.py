"""'Select the drop-down located on the upper-right corner, and then Enable 2FA.'"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.authenticator import Authenticator

GROUPS_OF_FOUR = re.compile(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}")
RECOVERY_CODE = re.compile(r"[A-Z2-7]{4}([ -][A-Z2-7]{4}){5}")


@pytest.fixture
def ines(portal):
    return portal.person()


def open_window(visitor, person):
    """Sign in, and choose *Enable 2FA* in the account menu."""
    visitor.signs_in(person)
    visitor.sees("home")
    visitor.menu.get_by_role("link", name="Enable 2FA").click()
    expect(visitor.window).to_be_visible()
    return visitor.window


def test_the_menu_is_in_the_upper_right_corner(ines, somewhere):
    somewhere.is_signed_in_as(ines).go("/")
    button = somewhere.page.locator("#account-menu > button").bounding_box()
    assert button["y"] < 60
    assert button["x"] + button["width"] > 1280 - 120


def test_on_the_phone_itself_a_link_opens_the_app(ines, somewhere):
    window = open_window(somewhere, ines)
    link = window.get_by_role("link", name="Open in your app")
    phone = Authenticator.of_address(link.get_attribute("href"))
    assert phone == somewhere.opens_set_up()
    if somewhere.scripts:
        # No app here knows the scheme; that no policy stands in the way is seen by the visitor.
        link.click()
    somewhere.gives_code(phone.code(), "Enable 2FA")
    somewhere.hears("Two-factor sign-in is on", role="status")


@pytest.mark.both_databases
def test_by_scanning_the_qr_code(portal, ines, somewhere, elsewhere):
    window = open_window(somewhere, ines)
    for words in ("Google Authenticator", "press +", "QR code", "manual code"):
        expect(window).to_contain_text(words)
    phone = somewhere.opens_set_up()
    assert phone.issuer == "Northwind Telecom"
    assert ines.email in phone.account
    assert phone.parameters == {"algorithm": "SHA1", "digits": "6", "period": "30"}
    assert len(phone.secret) == 20
    assert ines.state["factors"] == 0, "nothing is on before a right code was entered"

    code = phone.code_by_oathtool()
    somewhere.gives_code(f"{code[:3]} {code[3:]}", "Enable 2FA")
    somewhere.hears("Two-factor sign-in is on", role="status")
    assert len(set(save_codes(somewhere))) == 10
    expect(somewhere.menu.get_by_role("link", name="Disable 2FA")).to_be_visible()
    assert ines.state["factors"] == 1

    elsewhere.go("/")
    elsewhere.gives_password(ines)
    elsewhere.sees("sign-in-code")
    elsewhere.gives_code(code)
    elsewhere.hears("already used")
    portal.ask("forget_used_codes", email=ines.email)
    elsewhere.gives_code(phone.forget().code())
    elsewhere.sees("home")


def test_by_typing_the_manual_code(ines, somewhere, elsewhere):
    open_window(somewhere, ines)
    key = somewhere.page.locator("#manual-code").inner_text()
    assert GROUPS_OF_FOUR.fullmatch(key)
    assert Authenticator.of_text(key).secret == somewhere.opens_set_up().secret
    ines.phone = Authenticator.of_text(key)
    if somewhere.scripts:
        somewhere.press("Copy manual code")
        expect(somewhere.page.locator(".toasts").last).to_contain_text("Copied")
        copied = somewhere.page.evaluate("navigator.clipboard.readText()")
        assert copied == key.replace(" ", "")
    else:
        expect(somewhere.button("Copy manual code")).to_be_hidden()
    somewhere.gives_code(ines.code(), "Enable 2FA")
    save_codes(somewhere)
    elsewhere.signs_in(ines)
    elsewhere.sees("home")


def save_codes(visitor):
    visitor.sees("recovery-codes")
    codes = visitor.saves_codes()
    visitor.sees("home" if visitor.scripts else "security")  # where the window was opened
    return codes


def test_the_device_can_be_named(ines, somewhere):
    window = open_window(somewhere, ines)
    window.get_by_text("Give this device a name").click()
    window.get_by_label("Name").fill("Ines’s Pixel")
    phone = somewhere.opens_set_up()
    somewhere.gives_code(phone.wrong_code(), "Enable 2FA")
    expect(somewhere.window.get_by_label("Name")).to_have_value("Ines’s Pixel")
    somewhere.gives_code(phone.code(), "Enable 2FA")
    save_codes(somewhere)
    somewhere.go("/security/")
    somewhere.reads("Ines’s Pixel")


def test_cancelling_changes_nothing(ines, somewhere):
    window = open_window(somewhere, ines)
    window.get_by_role("link", name="Cancel").click()
    somewhere.sees("home" if somewhere.scripts else "security")
    expect(somewhere.page.locator("[data-window]")).to_have_count(0)
    assert ines.state["factors"] == 0
    expect(somewhere.menu.get_by_role("link", name="Enable 2FA")).to_be_visible()


def test_escape_closes_the_window_and_the_focus_goes_back(ines, visitor):
    open_window(visitor, ines)
    expect(visitor.window.locator("input.otp")).to_be_focused()
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.locator("[data-window]")).to_have_count(0)
    expect(visitor.page.locator("#account-menu > button")).to_be_focused()


def test_it_signs_out_the_other_browsers(ines, somewhere, elsewhere):
    elsewhere.is_signed_in_as(ines).go("/")
    open_window(somewhere, ines)
    somewhere.gives_code(somewhere.opens_set_up().code(), "Enable 2FA")
    somewhere.sees("recovery-codes")
    elsewhere.page.reload()
    elsewhere.sees("sign-in")


def test_the_password_is_asked_for_again_when_it_was_long_ago(portal, ines, somewhere):
    somewhere.is_signed_in_as(ines)
    portal.ask("age_sessions", email=ines.email, minutes=6)
    somewhere.go("/")
    somewhere.menu.get_by_role("link", name="Enable 2FA").click()
    somewhere.sees("prove")
    somewhere.page.get_by_label("Password", exact=True).fill(ines.password)
    somewhere.press("Continue")
    somewhere.sees("enable-2fa")


# --- recovery codes -------------------------------------------------------------------------------


def enabled(visitor, person):
    visitor.is_signed_in_as(person).go("/security/2fa/enable/")
    person.phone = visitor.opens_set_up()
    visitor.gives_code(person.code(), "Enable 2FA")
    visitor.sees("recovery-codes")


def test_the_codes_stand_there_until_they_are_saved_and_never_again(ines, somewhere):
    enabled(somewhere, ines)
    codes = somewhere.recovery_codes()
    assert len(codes) == len(set(codes)) == 10
    assert all(RECOVERY_CODE.fullmatch(code) for code in codes)
    for path in ("/", "/security/", "/sign-in/recovery-codes/"):
        somewhere.go(path)
        somewhere.sees("recovery-codes")
        assert somewhere.recovery_codes() == codes
    expect(somewhere.button("Sign out")).to_be_visible()
    somewhere.page.get_by_label("I have saved them").check()
    somewhere.press("Continue")
    somewhere.sees("security")
    for path in ("/sign-in/recovery-codes/", "/sign-in/recovery-codes/text/"):
        somewhere.go(path)
        somewhere.sees("security")
    assert not any(code in somewhere.page.content() for code in codes)


def test_they_are_downloaded_as_text(ines, somewhere):
    enabled(somewhere, ines)
    codes = somewhere.recovery_codes()
    with somewhere.page.expect_download() as download:
        somewhere.page.get_by_text("Download", exact=True).click()
    assert download.value.suggested_filename.endswith(".txt")
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if RECOVERY_CODE.fullmatch(line)] == codes
    assert ines.email in text


def test_they_are_copied(ines, visitor):
    enabled(visitor, ines)
    visitor.press("Copy")
    expect(visitor.page.locator(".toasts")).to_contain_text("Copied")
    copied = visitor.page.evaluate("navigator.clipboard.readText()")
    assert copied.split("\n") == visitor.recovery_codes()


def test_they_are_printed_and_nothing_else_is(ines, visitor):
    enabled(visitor, ines)
    visitor.page.evaluate("window.print = () => { document.title = 'printed' }")
    visitor.press("Print")
    expect(visitor.page).to_have_title("printed")
    visitor.page.emulate_media(media="print")
    expect(visitor.page.locator("#recovery-codes li")).to_have_count(10)
    expect(visitor.page.locator("#recovery-codes li").first).to_be_visible()
    for hidden in (
        visitor.button("Continue"),
        visitor.button("Print"),
        visitor.page.locator("footer"),
    ):
        expect(hidden.first).to_be_hidden()


def test_without_the_tick_it_does_not_go_on(ines, somewhere):
    enabled(somewhere, ines)
    somewhere.press("Continue")
    somewhere.sees("recovery-codes")
    box = somewhere.page.get_by_label("I have saved them")
    expect(box).to_be_visible()
    expect(box).not_to_be_checked()


def test_each_works_once_and_offers_a_new_device(portal, ines, somewhere, elsewhere):
    ines.has_app()
    first, second, *_ = portal.ask("recovery_codes", email=ines.email)
    somewhere.is_half_way(ines).go("/sign-in/code/")
    somewhere.page.get_by_role("link", name="Use a recovery code").first.click()
    somewhere.sees("sign-in-recovery")
    somewhere.gives_code(first.lower().replace("-", " "))
    somewhere.sees("home")
    somewhere.reads(re.compile("9 (recovery )?codes"))
    assert ines.state["codes"] == 9

    elsewhere.is_half_way(ines).go("/sign-in/recovery/")
    elsewhere.gives_code(first)
    elsewhere.hears("already used")
    elsewhere.gives_code(second)
    elsewhere.sees("home")
    assert ines.state["codes"] == 8


def test_with_a_recovery_code_a_new_phone_is_set_up_and_the_lost_one_removed(
    portal, ines, somewhere
):
    ines.has_app()
    code = portal.ask("recovery_codes", email=ines.email)[0]
    somewhere.is_half_way(ines).go("/sign-in/recovery/")
    somewhere.gives_code(code)
    somewhere.sees("home")
    somewhere.go("/security/")
    somewhere.page.get_by_role("link", name="Set up a new device").click()
    somewhere.sees("new-phone")
    somewhere.follow("Add an authenticator app")
    somewhere.sees("new-phone-add")
    new = somewhere.opens_set_up()
    somewhere.gives_code(new.code(), "Add the app")
    somewhere.sees("new-phone")
    somewhere.go("/security/")
    somewhere.page.get_by_role("link", name="Rename or remove Pixel 9").click()
    somewhere.press("Remove Pixel 9")
    somewhere.sees("security")
    expect(somewhere.page.get_by_role("link", name="Rename or remove Pixel 9")).to_have_count(0)
    assert ines.state["factors"] == 1
    ines.phone = new
    somewhere.context.clear_cookies()
    somewhere.signs_in(ines)
    somewhere.sees("home")


def test_new_codes_replace_the_old_ones_when_they_are_saved(portal, ines, somewhere, elsewhere):
    ines.has_app()
    old = portal.ask("recovery_codes", email=ines.email)
    somewhere.is_signed_in_as(ines).go("/security/")
    somewhere.press("Make new codes")
    somewhere.sees("recovery-codes")
    new = somewhere.recovery_codes()
    assert not set(old) & set(new)
    somewhere.saves_codes()
    elsewhere.is_half_way(ines).go("/sign-in/recovery/")
    elsewhere.gives_code(old[0])
    elsewhere.hears("is wrong or was already used")
    elsewhere.gives_code(new[0])
    elsewhere.sees("home")
