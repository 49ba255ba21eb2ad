"""Requiring it of many, by keyboard alone and without scripts: rehearsed, applied, planned, in waves, and after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.keyboard import Keyboard
from tests.browser.portal import path_of
from tests.kit.waiting import until

pytestmark = pytest.mark.usefixtures("browser_options")


# With scripts the same pages are looked at by `test_pages`, and the lists by `test_requiring`.
@pytest.fixture(params=["no-scripts", pytest.param("scripts", marks=pytest.mark.at_length)])
def browser_options(request):
    return {"java_script_enabled": request.param == "scripts"}


@pytest.fixture
def nora(portal):
    return portal.boss().has_app()


@pytest.fixture
def keys(somewhere):
    return Keyboard(somewhere)


def test_of_everybody_by_the_policy(portal, nora, somewhere, elsewhere, keys):
    ines = portal.person(customer=nora.customer)
    somewhere.is_signed_in_as(nora).go("/account/")
    keys.chooses("Two-factor sign-in is required of", "Everybody")
    keys.types("Reason", "The auditors ask for it")
    keys.presses("Rehearse", then="rehearsal")
    somewhere.reads("The auditors ask for it")
    assert "policy_changed" not in nora.events
    keys.presses("Require 2FA of 2 people", then="account")
    somewhere.hears("Saved.", role="status")
    # It takes hold at her next sign-in; the code for it is in her mail.
    other = Keyboard(elsewhere)
    other.signs_in(ines)
    elsewhere.sees("sign-in-mailbox")
    other.types_code(ines.mail("code").digits(8), then="sign-in-set-up")
    other.sets_up_again(then="home")
    assert ines.state["factors"] == 1


def test_of_several_in_the_list(portal, nora, somewhere, keys):
    people = [portal.person(name, customer=nora.customer) for name in ("Ines Moreau", "Lou Katz")]
    somewhere.is_signed_in_as(nora).go("/administrators/")
    for person in people:
        keys.ticks(f"Select {person.name}")
    keys.presses("Require 2FA", then="rehearsal")
    assert not any(person.state["require_2fa"] for person in people)
    keys.presses("Require 2FA of 2 people", then="administrators")
    somewhere.hears("Two-factor sign-in is now required of 2 people.", role="status")
    assert all(person.state["require_2fa"] for person in people)
    people[0].mail("required")


def test_an_exception_is_made_and_ended(portal, somewhere, keys):
    customer = portal.customer(policy={"required_of": "everyone"})
    nora, ines = portal.boss(customer=customer).has_app(), portal.person(customer=customer)
    somewhere.is_signed_in_as(nora).go(f"/administrators/?q={ines.email}")
    keys.follows(ines.name, then="administrator")
    keys.follows("Make an exception", then="exception")
    keys.types("Reason", "Her new phone comes next week")
    keys.types_day("Ends on", datetime.now(tz=UTC).date() + timedelta(days=14))
    keys.presses("Make the exception", then="administrator")
    somewhere.reads("An exception from the policy runs until")
    nora.mail("xception")
    somewhere.go("/account/")
    somewhere.reads("Her new phone comes next week")
    keys.presses("End now")
    somewhere.hears("", role="status")
    assert ines.events[-2:] == ["exception_made", "exception_ended"]


def test_a_policy_is_refused_planned_changed_and_taken_back(portal, nora, somewhere, keys):
    portal.person(customer=nora.customer)
    somewhere.is_signed_in_as(nora).go("/account/")
    keys.chooses("Two-factor sign-in is required of", "People who may use certain tabs")
    keys.presses("Rehearse", then="account")
    # What is wrong is in no field that could be typed into, so it is said where one goes on from.
    expect(somewhere.page.locator("main .note[role=alert]")).to_be_focused()
    keys.ticks("Activity")
    tomorrow = datetime.now(tz=UTC).date() + timedelta(days=1)
    keys.types_day("Takes effect on", tomorrow)
    keys.presses("Rehearse", then="rehearsal")
    somewhere.reads("Takes effect on")
    keys.follows("Change it", then="account")
    keys.chooses("Two-factor sign-in is required of", "Everybody")
    keys.chooses("What is enough as a second factor", "Passkeys only")
    keys.presses("Rehearse", then="rehearsal")
    keys.uses(keys.main.locator("form[method=post] button").first)
    # Somebody must be able to help, and it is said what to do first.
    somewhere.hears("First let one of them add a passkey.")
    expect(somewhere.page.locator("main .note[role=alert]")).to_be_focused()
    keys.follows("Change it", then="account")
    keys.chooses("What is enough as a second factor", "Authenticator apps and passkeys")
    keys.presses("Rehearse", then="rehearsal")
    finds_in_the_rehearsal(keys, nora)
    keys.presses("Require 2FA of 2 people", then="account")
    keys.follows("Change", then="account")
    keys.types_day("Takes effect on", tomorrow + timedelta(days=1))
    keys.presses("Rehearse", then="rehearsal")
    keys.uses(keys.main.locator("form[method=post] button").first)
    somewhere.sees("account")
    keys.presses("Take back")
    somewhere.hears("", role="status")
    expect(keys.main.get_by_text("Taken back", exact=True)).to_have_count(2)
    expect(keys.main.get_by_text("Planned", exact=True)).to_have_count(0)


def finds_in_the_rehearsal(keys, nora):
    """Narrow a rehearsal down to one person, and take that along as a table."""
    page = keys.visitor.page
    keys.goes_to(keys.main.get_by_role("searchbox"))
    page.keyboard.type(nora.email)
    page.keyboard.press("Enter")
    expect(keys.main.locator("table.list tbody tr")).to_have_count(1)
    with page.expect_download() as download:
        keys.follows("Download as a table (CSV)")
    lines = Path(download.value.path()).read_text().splitlines()
    assert [nora.email in line for line in lines] == [False, True]


def test_the_providers_minimum_is_rehearsed_and_locks_the_customers_own(
    portal, nora, somewhere, elsewhere, keys
):
    ines = portal.person(customer=nora.customer)
    staff = portal.person(
        "Priya Provider", customer=portal.ask("provider"), tabs=("home", "customers")
    ).has_app()
    somewhere.is_signed_in_as(staff).go(f"/customers/?q={nora.customer}")
    keys.follows("Adoption", then="customers-adoption")
    keys.ticks("Mail me these numbers every Monday")
    keys.presses("Save", then="customers-adoption")
    somewhere.go(f"/customers/?q={nora.customer}")
    keys.follows(nora.customer, then="customer")
    keys.follows("Change the minimum", then="minimum")
    keys.chooses("Two-factor sign-in is required of", "People who may use certain tabs")
    keys.presses("Rehearse", then="minimum")
    expect(somewhere.page.locator("main .note[role=alert]")).to_be_focused()
    keys.chooses("Two-factor sign-in is required of", "Everybody")
    keys.presses("Rehearse", then="rehearsal")
    somewhere.reads("would get in without doing anything")
    assert "minimum_changed" not in nora.events
    keys.presses("Require 2FA of 2 people", then="minimum")
    somewhere.hears("Saved.", role="status")
    theirs = Keyboard(elsewhere.is_signed_in_as(nora))
    elsewhere.go(f"/administrators/?q={ines.email}")
    theirs.follows(ines.name, then="administrator")
    tick = elsewhere.page.get_by_label("Required 2FA")
    expect(tick).to_be_checked()
    expect(tick).to_be_disabled()
    elsewhere.go("/account/")
    elsewhere.reads("It cannot be turned off here.")


def test_a_wave_that_waits_goes_on_and_grace_is_put_off(portal, nora, somewhere, elsewhere, keys):
    portal.ask("wave_waits", customer=nora.customer)
    ines = portal.person(customer=nora.customer)
    portal.ask("change_person", email=ines.email, wave_share=50)  # who is of a wave to come
    somewhere.is_signed_in_as(nora).go("/")
    keys.follows("Look at it", then="account")
    somewhere.reads("The next wave has been waiting since")
    keys.presses("Go on", then="account")
    somewhere.hears("", role="status")
    expect(somewhere.page.locator("#wave-waits")).to_have_count(0)
    # Whose day is still to come puts it off, and gets on with what they came for.
    other = Keyboard(elsewhere)
    other.signs_in(ines)
    elsewhere.sees("sign-in-set-up")
    other.presses("Not now", then="home")
    # The mail that reminds leads to the set-up, also where nobody is signed in.
    portal.ask("remind", email=ines.email)
    link = path_of(ines.mail("Please set up").link("/security/2fa/enable/"))
    elsewhere.context.clear_cookies()
    elsewhere.go(link)
    for label, text in (("E-mail", ines.email), ("Password", ines.password)):
        other.types(label, text)
    elsewhere.page.keyboard.press("Enter")
    elsewhere.sees("sign-in-set-up")
    other.sets_up_again(then="security")
    assert ines.state["factors"] == 1


def test_adoption_leads_to_exactly_those_people(portal, nora, somewhere, keys):
    ines = portal.person(customer=nora.customer)
    somewhere.is_signed_in_as(nora).go("/account/")
    keys.follows("Adoption", then="account-adoption")
    keys.uses(keys.main.locator("summary").first)
    expect(keys.main.locator("details[open] table").first).to_be_visible()
    keys.ticks("Mail me these numbers every Monday")
    keys.presses("Save", then="account-adoption")
    somewhere.hears("", role="status")
    with somewhere.page.expect_download() as download:
        keys.presses("Download")
    assert ines.email in Path(download.value.path()).read_text()
    keys.uses(keys.main.get_by_role("heading", name="with two factors").get_by_role("link"))
    somewhere.sees("administrators")
    expect(keys.main.locator("table.list tbody tr")).to_have_count(1)
    somewhere.reads(nora.name)


def test_what_is_weak_is_done_with_a_click_and_gone_then(portal, nora, somewhere, keys):
    ines = portal.person(customer=nora.customer)
    somewhere.is_signed_in_as(nora).go("/")
    somewhere.reads("You have no recovery codes.")
    keys.presses("Make recovery codes", then="recovery-codes")
    keys.ticks("I have saved them")
    keys.presses("Continue", then="security")
    somewhere.go("/")
    expect(keys.main.get_by_text("You have no recovery codes.")).to_have_count(0)
    keys.follows("Choose a second person", then="administrators")
    keys.follows(ines.name, then="administrator")
    keys.uses(keys.main.get_by_role("checkbox", name="Administrators"), "Space")
    keys.presses("Save changes", then="administrator")
    somewhere.hears("Saved", role="status")
    somewhere.go("/")
    expect(keys.main.get_by_role("link", name="Choose a second person")).to_have_count(0)


def test_what_was_stopped_in_the_middle_goes_on(portal, nora, somewhere, keys):
    ines = portal.person(customer=nora.customer)
    portal.ask("stopped_run", email=nora.email, who=[ines.email])
    somewhere.is_signed_in_as(nora).go("/administrators/")
    keys.uses(keys.main.locator(".note a").first)
    somewhere.sees("administrators-run")
    somewhere.reads("0 of 1 people are done")
    keys.presses("Go on", then="administrators-run")
    until(lambda: ines.state["require_2fa"])
    somewhere.page.reload()
    somewhere.reads("1 of 1 people are done")
    keys.uses(keys.main.get_by_label("What came of it"))
    with somewhere.page.expect_download() as download:
        keys.follows("Download as a table (CSV)")
    assert ines.email in Path(download.value.path()).read_text()
