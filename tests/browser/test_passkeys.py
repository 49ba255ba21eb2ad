"""Passkeys in Chromium, with virtual authenticators (CDP): platform and roaming, verifying or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.devices import PLATFORM, ROAMING, SYNCED, WITHOUT_PIN, Device, enables, signs_out

if TYPE_CHECKING:
    from tests.browser.visitor import Visitor


@pytest.fixture
def nora(portal):
    return portal.boss()


def test_one_is_made_in_the_window_and_signs_in_alone(nora, visitor):
    device = enables(visitor, nora, **SYNCED)
    visitor.go("/security/")
    visitor.reads("Passkey on HeadlessChrome")
    visitor.reads("Passkey, synced between devices")
    (made,) = device.passkeys()
    assert made["isResidentCredential"]
    assert made["rpId"] == "localhost"
    # The e-mail field would offer it, too, and a virtual authenticator answers that at once.
    visitor.page.add_init_script("delete PublicKeyCredential.isConditionalMediationAvailable")
    signs_out(visitor)
    visitor.press("Sign in with a passkey")
    visitor.sees("home")


def test_the_email_field_offers_it(nora, visitor):
    enables(visitor, nora, **PLATFORM)
    visitor.go("/")
    visitor.menu.get_by_text("Sign out").click()
    # A virtual authenticator is picked at once, as a person would pick it in the list.
    visitor.sees("home")


def test_a_key_without_pin_is_the_second_step_but_not_in_place_of_the_password(nora, visitor):
    enables(visitor, nora, **ROAMING).becomes(visitor, **WITHOUT_PIN)
    signs_out(visitor)
    visitor.press("Sign in with a passkey")
    expect(visitor.page.locator("[data-problem]")).to_contain_text("Nothing was confirmed")
    visitor.gives_password(nora)
    visitor.sees("sign-in-code")
    visitor.press("Use your passkey")
    visitor.sees("home")


def test_a_device_without_one_says_so_and_another_way_is_there(nora, visitor):
    nora.has_app()
    device = enables_second(visitor, nora)
    device.forgets()
    signs_out(visitor)
    visitor.gives_password(nora)
    visitor.sees("sign-in-code")
    visitor.press("Use your passkey")
    expect(visitor.page.locator("[data-problem]")).to_contain_text("Nothing was confirmed")
    visitor.portal.ask("forget_used_codes", email=nora.email)
    visitor.gives_code(nora.code())
    visitor.sees("home")


def test_a_browser_is_trusted_with_one_though_the_box_stands_before_both_ways(portal, visitor):
    nora = portal.boss(customer=portal.customer(policy={"trust_days": 14})).has_app()
    device = Device(visitor, **ROAMING)
    visitor.is_signed_in_as(nora).go("/security/2fa/add/?passkey=on")
    visitor.press("Make a passkey")
    visitor.saves_codes()
    visitor.sees("security")
    # A key that verifies nobody does not sign in alone from the e-mail field.
    device.becomes(visitor, **WITHOUT_PIN)
    signs_out(visitor)
    visitor.gives_password(nora)
    visitor.sees("sign-in-code")
    visitor.page.get_by_label("Trust this browser for 14 days").check()
    visitor.press("Use your passkey")
    visitor.sees("home")
    signs_out(visitor)
    visitor.gives_password(nora)
    visitor.sees("home")
    visitor.go("/security/")
    visitor.reads("This one", where="[aria-labelledby=trusted-browsers]")
    visitor.page.get_by_label("Stop trusting").click()
    visitor.sees("prove")
    visitor.press("Use your passkey")
    visitor.hears("The browser is no longer trusted.", role="status")


def enables_second(visitor: Visitor, nora) -> Device:
    """Add a passkey beside an app."""
    device = Device(visitor, **PLATFORM)
    visitor.is_signed_in_as(nora).go("/security/2fa/add/?passkey=on")
    visitor.press("Make a passkey")
    visitor.sees("recovery-codes")
    visitor.saves_codes()
    visitor.sees("security")
    visitor.page.goto("/security/2fa/add/?passkey=on")
    visitor.press("Make a passkey")
    expect(visitor.page.locator("[data-problem]")).to_contain_text("has a passkey")
    visitor.page.goto("/security/")
    return device


def test_it_is_renamed_and_removed_with_a_proof_by_the_other_device(portal, nora, visitor):
    nora.has_app()
    enables_second(visitor, nora)
    visitor.page.get_by_label("Rename or remove Passkey on HeadlessChrome").click()
    visitor.page.get_by_label("Name").fill("Old laptop")
    visitor.press("Save")
    visitor.hears("Saved", role="status")
    visitor.page.get_by_label("Rename or remove Old laptop").click()
    visitor.press("Remove Old laptop")
    visitor.sees("prove")
    visitor.reads("a device other than the one you are removing")
    expect(visitor.button("Use your passkey")).to_have_count(0)
    portal.ask("forget_used_codes", email=nora.email)
    visitor.gives_code(nora.code())
    visitor.hears("Removed: Old laptop", role="status")
    expect(visitor.page.get_by_label("Rename or remove Old laptop")).to_have_count(0)


def test_forced_set_up_takes_one_on_a_phone(portal, visit):
    maya = portal.person("Maya Haddad", require_2fa=True)
    visitor = visit(viewport={"width": 320, "height": 700})
    Device(visitor, **SYNCED)
    portal.ask("change_person", email=maya.email, require_2fa=True)
    visitor.is_half_way(maya).go("/")
    visitor.sees("sign-in-mailbox")
    visitor.gives_code(portal.mail(maya.email, "code").digits(8))
    visitor.sees("sign-in-set-up")
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 320
    visitor.press("Make a passkey")
    visitor.sees("recovery-codes")
    visitor.saves_codes()
    visitor.sees("home")
