"""'Click on a customer portal user, and select the required 2FA checkbox.'"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect


@pytest.fixture
def nora(portal):
    return portal.boss()


@pytest.fixture
def ines(portal, nora):
    return portal.person(customer=nora.customer)


def open_person(visitor, person):
    visitor.go("/")
    visitor.page.locator("header").get_by_role("link", name="Administrators").click()
    visitor.sees("administrators")
    visitor.page.get_by_role("link", name=person.name).click()
    visitor.sees("administrator")


def tick(visitor):
    return visitor.page.get_by_label("Required 2FA")


def test_with_the_tick_at_a_person(nora, ines, somewhere):
    somewhere.is_signed_in_as(nora)
    open_person(somewhere, ines)
    expect(tick(somewhere)).not_to_be_checked()
    tick(somewhere).check()
    somewhere.press("Save changes")
    somewhere.hears("Saved", role="status")
    assert ines.state["require_2fa"]
    assert "two_factor_required" in ines.events
    expect(tick(somewhere)).to_be_checked()
    tick(somewhere).uncheck()
    somewhere.press("Save changes")
    somewhere.hears("Saved", role="status")
    assert not ines.state["require_2fa"]
    assert "two_factor_no_longer_required" in ines.events


def test_whoever_has_the_administrators_tab_can_take_it_away(portal, nora, ines, somewhere):
    portal.ask("require", email=ines.email, actor=nora.email)
    maya = portal.person(
        "Maya Haddad", customer=nora.customer, tabs=("home", "administrators", "support")
    )
    somewhere.is_signed_in_as(maya)
    open_person(somewhere, ines)
    tick(somewhere).uncheck()
    somewhere.press("Save changes")
    somewhere.hears("Saved", role="status")
    assert not ines.state["require_2fa"]


def test_who_has_no_right_to_the_tab_neither_sees_nor_reaches_it(ines, somewhere):
    somewhere.is_signed_in_as(ines).go("/")
    expect(somewhere.page.locator("header").get_by_text("Administrators")).to_have_count(0)
    assert somewhere.go("/administrators/").status == 403


def test_by_marking_several(portal, nora, ines, somewhere):
    samuel = portal.person("Samuel Osei", customer=nora.customer)
    somewhere.is_signed_in_as(nora).go("/administrators/")
    for person in (ines, samuel):
        somewhere.page.get_by_label(f"Select {person.name}").check()
    somewhere.page.get_by_role("button", name="Require 2FA").click()
    somewhere.sees("rehearsal")
    somewhere.page.get_by_role("button", name="Require 2FA of 2 people").click()
    somewhere.hears("", role="status")
    somewhere.sees("administrators")
    assert ines.state["require_2fa"]
    assert samuel.state["require_2fa"]
    assert not nora.state["require_2fa"]


def test_where_the_policy_holds_it_the_tick_stands_and_says_why(portal, somewhere):
    customer = portal.customer(policy={"required_of": "everyone"})
    nora = portal.boss(customer=customer).has_app()
    ines = portal.person(customer=customer)
    somewhere.is_signed_in_as(nora)
    open_person(somewhere, ines)
    expect(tick(somewhere)).to_be_checked()
    expect(tick(somewhere)).to_be_disabled()
    somewhere.reads("policy")


def test_it_takes_hold_of_an_open_session_at_the_next_click(nora, ines, somewhere, elsewhere):
    elsewhere.is_signed_in_as(ines).go("/")
    elsewhere.sees("home")
    somewhere.is_signed_in_as(nora)
    open_person(somewhere, ines)
    tick(somewhere).check()
    somewhere.press("Save changes")
    somewhere.hears("Saved", role="status")
    elsewhere.menu.get_by_role("link", name="Profile").click()
    elsewhere.sees("sign-in-mailbox")
    elsewhere.gives_code(ines.mail("code").digits(8))
    elsewhere.sees("sign-in-set-up")
    elsewhere.gives_code(elsewhere.opens_set_up().code(), "Enable 2FA")
    elsewhere.sees("recovery-codes")
    elsewhere.saves_codes()
    elsewhere.sees("profile")


def test_who_has_two_factors_on_is_not_disturbed(portal, nora, ines, somewhere):
    ines.has_app()
    somewhere.is_signed_in_as(ines).go("/")
    expect(somewhere.menu.get_by_role("link", name="Disable 2FA")).to_be_visible()
    portal.ask("require", email=ines.email, actor=nora.email)
    somewhere.page.reload()
    somewhere.sees("home")
    expect(somewhere.menu.get_by_text("Disable 2FA")).to_have_count(0)
