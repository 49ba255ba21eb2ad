"""The lost phone, way by way, by keyboard alone and without scripts, with the mail read as it arrives."""

from __future__ import annotations

import pytest

from tests.browser.keyboard import Keyboard
from tests.browser.portal import path_of

HOW = "Called back at the number that I had."


@pytest.fixture(params=["no-scripts", pytest.param("scripts", marks=pytest.mark.at_length)])
def browser_options(request):
    return {"java_script_enabled": request.param == "scripts"}


@pytest.fixture
def nora(portal):
    return portal.boss().has_app()


@pytest.fixture
def ines(portal, nora):
    return portal.person(customer=nora.customer).has_app()


@pytest.fixture
def helper(somewhere, nora):
    """Return the keyboard of a colleague with the Administrators tab."""
    somewhere.is_signed_in_as(nora)
    return Keyboard(somewhere)


@pytest.fixture
def lost(elsewhere):
    """Return the keyboard of whoever has lost their phone."""
    return Keyboard(elsewhere)


def begins_to_help(keys, person):
    keys.visitor.go(f"/administrators/?q={person.email}")
    keys.follows(person.name, then="administrator")
    keys.follows("Help after a loss", then="administrator-help")
    keys.types("How did you make sure?", HOW)


def reads_the_pass(keys, place="#set-up-pass"):
    keys.visitor.sees("set-up-pass")
    return keys.visitor.page.locator(place).inner_text()


def comes_back(keys, person, words):
    """Sign in with password and pass, and set up a new phone."""
    keys.signs_in(person)
    keys.visitor.sees("sign-in-code")
    keys.follows("I cannot do this", then="sign-in-help")
    keys.follows("I have a set-up pass", then="sign-in-pass")
    keys.types("Set-up pass", words)
    keys.presses("Continue", then="sign-in-set-up")
    keys.sets_up_again(then="home")


def test_a_colleague_helps_and_says_that_it_was_them(ines, helper, lost):
    begins_to_help(helper, ines)
    helper.presses("Suspend the devices and show the pass")
    comes_back(lost, ines, reads_the_pass(helper))
    helper.follows("Go to the requests", then="requests")
    helper.follows(ines.name, then="request")
    helper.presses("It was them", then="request")
    helper.visitor.hears("Noted: it was them.", role="status")
    assert ines.events[-1] == "recovery_confirmed"


@pytest.mark.at_length
def test_or_that_it_was_not(ines, helper, lost):
    begins_to_help(helper, ines)
    helper.presses("Suspend the devices and show the pass")
    comes_back(lost, ines, reads_the_pass(helper))
    helper.follows("Go to the requests", then="requests")
    helper.follows(ines.name, then="request")
    helper.presses("It was not them")
    helper.presses("End everything", then="request")
    helper.visitor.hears("Everything was ended", role="status")
    assert ines.events[-1] == "recovery_denied"
    assert ines.state["sessions"] == 0


def test_who_has_the_tab_is_helped_by_two_and_can_refuse_it_by_mail(
    portal, nora, visit, browser_options, helper, lost
):
    otto, mara = (
        portal.boss(name, customer=nora.customer).has_app() for name in ("Otto Berger", "Mara Tam")
    )
    for person in (nora, otto, mara):
        portal.ask("long_ago", email=person.email)
    begins_to_help(helper, mara)
    helper.presses("Ask a second colleague", then="request")
    second = Keyboard(visit(**browser_options).is_signed_in_as(otto))
    second.visitor.go(otto.mail("waits for a second yes").link("/requests/"))
    second.follows(mara.name, then="request")
    second.presses("Agree to this request", then="request")
    helper.visitor.page.reload()
    helper.presses("Suspend the devices and show the pass")
    words = reads_the_pass(helper)
    lost.visitor.go(mara.mail("said to be lost").link("/veto/"))
    lost.presses("Refuse the help", then="veto")
    lost.visitor.hears("Nobody can set up a new device with this any more.", role="status")
    lost.signs_in(mara)
    lost.follows("I cannot do this", then="sign-in-help")
    lost.follows("I have a set-up pass", then="sign-in-pass")
    lost.types("Set-up pass", words)
    lost.presses("Continue", then="sign-in-pass")
    lost.visitor.hears("")


def test_waiting_until_somebody_objects(portal, somewhere, lost):
    customer = portal.customer(policy={"recovery_wait_hours": "24"})
    nora, ines = (portal.boss(customer=customer), portal.person(customer=customer).has_app())
    lost.signs_in(ines)
    lost.visitor.sees("sign-in-code")
    lost.follows("I cannot do this", then="sign-in-help")
    lost.follows("Wait instead", then="sign-in-wait")
    lost.presses("Send a code to my mailbox", then="sign-in-wait")
    lost.types_code(ines.mail("code").digits(8), then="sign-in-wait")
    lost.presses("Ask, and wait", then="sign-in-wait")
    lost.visitor.hears("You asked to wait.", role="status")
    colleague = Keyboard(somewhere.is_signed_in_as(nora))
    somewhere.go(nora.mail("has lost their devices and waits").link("/requests/"))
    colleague.follows(ines.name, then="request")
    somewhere.reads(f"{ines.name} has asked to wait")
    lost.visitor.go(ines.mail("wait").link("/veto/"))
    lost.presses("Stop the wait", then="veto")
    lost.visitor.hears("Nobody can set up a new device with this any more.", role="status")
    assert ines.events[-1] == "help_refused"


def test_a_lost_device_in_one_click_from_any_mail(portal, nora, ines, lost):
    portal.ask("require", email=ines.email, actor=nora.email)
    lost.visitor.go(path_of(ines.mail("required").link("/security/lost/")))
    lost.types("E-mail", ines.email)
    lost.types("Password", ines.password)
    lost.presses("Sign out everywhere", then="lost-done")
    assert ines.state["sessions"] == 0
    lost.visitor.go(ines.mail("signed out everywhere").link("/security/lost/device/"))
    lost.presses("Suspend it")
    lost.visitor.hears("", role="status")
    assert ines.events[-1] == "device_suspended"


def test_support_asks_and_the_customer_agrees(portal, nora, ines, helper, lost):
    staff = portal.person(
        "Priya Provider", customer=portal.ask("provider"), tabs=("home", "customers")
    ).has_app()
    for person in (staff, nora):
        portal.ask("long_ago", email=person.email)
    support = Keyboard(lost.visitor.is_signed_in_as(staff))
    support.visitor.go("/customers/")
    support.visitor.page.get_by_role("searchbox").fill(nora.customer)
    support.visitor.page.get_by_role("searchbox").press("Enter")
    support.follows(nora.customer, then="customer")
    support.follows("Help after a loss", then="customer-help")
    support.types("E-mail", ines.email)
    support.presses("Continue", then="customer-help-person")
    support.types("How did you make sure?", HOW)
    support.presses(f"Ask for help for {ines.name}", then="customer-request")
    helper.visitor.go(nora.mail("Support waits for your yes").link("/requests/"))
    helper.follows(ines.name, then="request")
    helper.presses("Agree to this request", then="request")
    helper.presses("Suspend the devices and show the pass")
    # Who prefers them is read the digits.
    digits = reads_the_pass(helper, "#set-up-digits")
    staff.mail(ines.name)
    assert digits not in support.visitor.page.content()
    support.visitor.context.clear_cookies()
    comes_back(lost, ines, digits)
    assert ines.state["factors"] == 1


def test_a_second_address_is_added_and_confirmed(portal, ines, elsewhere, lost):
    """What tells of a theft when the e-mail itself was stolen: confirmed there, by a press and not by the look."""
    elsewhere.is_signed_in_as(ines).go("/profile/")
    lost.follows("Second address for notifications", then="second-address")
    second = ines.email.replace("@", ".second@")
    lost.types("Second address", second)
    lost.presses("Send a link to confirm it", then="profile")
    link = portal.mail(second, "").link("/second-address/confirm/")
    elsewhere.context.clear_cookies()
    elsewhere.go(link)
    elsewhere.sees("confirm-second-address")
    assert ines.events[-1] == "second_address_asked"
    lost.presses("Confirm this address", then="sign-in")
    assert ines.events[-1] == "second_address_added"


def test_support_and_a_person_on_the_phone_make_sure_of_each_other(portal, ines, helper, lost):
    staff = portal.person(
        "Priya Provider", customer=portal.ask("provider"), tabs=("home", "customers")
    ).has_app()
    person = Keyboard(lost.visitor.is_signed_in_as(ines))
    helper.visitor.context.clear_cookies()
    support = Keyboard(helper.visitor.is_signed_in_as(staff))
    support.visitor.go(f"/customers/?q={ines.customer}")
    support.follows(ines.customer, then="customer")
    support.follows("Caller check", then="customer-caller-check")
    support.types("E-mail", ines.email)
    support.presses("Begin the check", then="customer-caller-check")
    person.visitor.go("/support/caller-check/")
    person.types("The code that you hear", code_of(support))
    person.presses("Check the code", then="caller-check")
    support.types("The code that you hear", code_of(person))
    support.presses("Check the code", then="customer-caller-check")
    support.visitor.hears("Both codes were right: you are talking to", role="status")


def code_of(keys):
    return keys.visitor.page.locator("#caller-code").inner_text()
