"""A reauthentication is asked for in between, and nothing that was typed is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect


@pytest.fixture
def nora(portal):
    return portal.boss()


@pytest.fixture
def ines(portal, nora):
    return portal.person(customer=nora.customer)


def long_ago(portal, person):
    portal.ask("age_sessions", email=person.email, minutes=11)


def opens(visitor, nora, ines):
    visitor.is_signed_in_as(nora).go("/administrators/")
    visitor.page.get_by_role("link", name=ines.name).click()
    visitor.sees("administrator")


def test_the_form_goes_on_where_it_was(portal, nora, ines, somewhere):
    opens(somewhere, nora, ines)
    long_ago(portal, nora)
    somewhere.page.get_by_label("First name").fill("Inês")
    somewhere.page.get_by_label("Required 2FA").check()
    somewhere.press("Save changes")
    somewhere.sees("prove")
    somewhere.page.get_by_label("Password", exact=True).fill("the wrong one altogether")
    somewhere.press("Continue")
    somewhere.page.locator("[role=alert]").wait_for()
    somewhere.page.get_by_label("Password", exact=True).fill(nora.password)
    somewhere.press("Continue")
    if not somewhere.scripts:
        somewhere.sees("prove-continue")
        somewhere.press("Continue with it")
    somewhere.sees("administrator")
    somewhere.hears("Saved", role="status")
    expect(somewhere.page.get_by_label("First name")).to_have_value("Inês")
    assert ines.state["require_2fa"]


def test_with_a_code_where_an_app_is_there(portal, nora, ines, somewhere):
    nora.has_app()
    opens(somewhere, nora, ines)
    long_ago(portal, nora)
    portal.ask("forget_used_codes", email=nora.email)
    somewhere.page.get_by_label("Required 2FA").check()
    somewhere.press("Save changes")
    somewhere.sees("prove")
    somewhere.gives_code(nora.phone.wrong_code())
    somewhere.hears("Codes change")
    portal.ask("forget_used_codes", email=nora.email)
    somewhere.gives_code(nora.code())
    if not somewhere.scripts:
        somewhere.press("Continue with it")
    somewhere.hears("Saved", role="status")
    assert ines.state["require_2fa"]


def test_cancelling_changes_nothing(portal, nora, ines, somewhere):
    opens(somewhere, nora, ines)
    long_ago(portal, nora)
    somewhere.page.get_by_label("Required 2FA").check()
    somewhere.press("Save changes")
    somewhere.sees("prove")
    somewhere.follow("Cancel")
    somewhere.sees("home")
    assert not ines.state["require_2fa"]


def test_the_session_warns_before_it_ends_and_stays_on_a_click(portal, visitor, ines):
    visitor.is_signed_in_as(ines)
    visitor.takes_the_clock()
    visitor.go("/")
    warning = visitor.page.locator("#session-end")
    expect(warning).to_be_hidden()
    visitor.page.clock.run_for(29 * 60_000)
    expect(warning).to_be_visible()
    expect(warning.locator("[data-clock]")).to_have_text("1:00")
    # Whoever goes on typing must not be signed out by it.
    expect(warning.get_by_role("button", name="Stay signed in")).to_be_focused()
    warning.get_by_role("button", name="Stay signed in").click()
    expect(warning).to_be_hidden()
    visitor.page.clock.run_for(29 * 60_000)
    expect(warning).to_be_visible()
    visitor.page.clock.run_for(61_000)
    expect(warning).to_contain_text("You have been signed out")
    expect(warning.get_by_role("link", name="Sign in again")).to_be_visible()
