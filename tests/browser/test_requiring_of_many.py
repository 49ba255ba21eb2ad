"""Requiring it of many, by keyboard alone and without scripts: rehearsed, applied, and an exception from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.browser.keyboard import Keyboard

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
