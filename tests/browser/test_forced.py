"""'If they have not configured their application, on the first login they will be forced to.'"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect


@pytest.fixture
def ines(portal):
    return portal.person(require_2fa=True)


def at_mailbox(visitor, person, path="/security/"):
    visitor.go(path)
    visitor.gives_password(person)
    visitor.sees("sign-in-mailbox")


def test_the_first_sign_in_leads_into_set_up_and_on_to_where_one_was_heading(ines, somewhere):
    at_mailbox(somewhere, ines)
    somewhere.reads(ines.email)
    mail = ines.mail("code")
    assert "knows your password" in mail.text
    code = mail.digits(8)
    somewhere.gives_code(f"{code[:4]} {code[4:]}")
    somewhere.sees("sign-in-set-up")
    somewhere.reads("Your account administrator requires two-factor sign-in.")
    for path in ("/", "/security/", "/profile/", "/sign-in/mailbox/"):
        somewhere.go(path)
        somewhere.sees("sign-in-set-up")
    expect(somewhere.page.get_by_text("Not now")).to_have_count(0)
    phone = somewhere.opens_set_up()
    somewhere.gives_code(phone.wrong_code(), "Enable 2FA")
    somewhere.hears("Codes change")
    somewhere.gives_code(phone.code(), "Enable 2FA")
    somewhere.sees("recovery-codes")
    assert len(somewhere.saves_codes()) == 10
    somewhere.sees("profile")
    assert ines.state["factors"] == 1
    expect(somewhere.menu.get_by_text("Disable 2FA")).to_have_count(0)
    assert "two_factor_enabled" in ines.events


def test_help_can_be_read_and_one_can_sign_out_before(ines, somewhere):
    at_mailbox(somewhere, ines)
    expect(somewhere.page.locator("footer")).to_contain_text("+44 20 7946 0123")
    somewhere.page.locator("footer").get_by_role("link", name="Read the guide").click()
    somewhere.sees("help")
    somewhere.go("/")
    somewhere.press("Sign out")
    somewhere.sees("sign-in")


def test_a_wrong_mailbox_code_and_a_new_one(portal, ines, somewhere):
    at_mailbox(somewhere, ines)
    first = ines.mail("code").digits(8)
    somewhere.gives_code("00000000" if first != "00000000" else "00000001")
    somewhere.hears("is not the code that we mailed")
    somewhere.press("Send a new code")
    somewhere.hears("wait")
    portal.ask("age_mailbox", email=ines.email, minutes=1)
    somewhere.go("/sign-in/mailbox/")
    somewhere.press("Send a new code")
    somewhere.sees("sign-in-mailbox")
    second = portal.ask("mailbox_code", email=ines.email)
    assert second != first
    somewhere.gives_code(first)
    somewhere.hears("is not the code that we mailed")
    somewhere.gives_code(second)
    somewhere.sees("sign-in-set-up")


def test_the_code_of_another_browser_is_good_for_nothing_here(portal, ines, somewhere, elsewhere):
    at_mailbox(somewhere, ines)
    first = portal.ask("mailbox_code", email=ines.email)
    at_mailbox(elsewhere, ines)
    elsewhere.gives_code(first)
    elsewhere.hears("is not the code that we mailed")


def test_while_the_grace_lasts_it_can_be_put_off(portal, somewhere, elsewhere):
    day = datetime.now(tz=UTC).date() + timedelta(days=14)
    customer = portal.customer(policy={"required_of": "everyone", "from": str(day)})
    ines = portal.person(customer=customer)
    somewhere.signs_in(ines)
    somewhere.sees("sign-in-set-up")
    somewhere.reads("You can put it off until")
    somewhere.press("Not now")
    somewhere.sees("home")
    somewhere.go("/security/")
    somewhere.sees("security")
    elsewhere.signs_in(ines)
    elsewhere.sees("sign-in-set-up")
    elsewhere.gives_code(elsewhere.opens_set_up().code(), "Enable 2FA")
    elsewhere.saves_codes()
    elsewhere.sees("home")


def test_this_was_not_me(portal, somewhere, elsewhere):
    ines = portal.person()
    thief = elsewhere
    thief.signs_in(ines)
    thief.go("/security/2fa/enable/")
    thief.gives_code(thief.opens_set_up().code(), "Enable 2FA")
    thief.saves_codes()
    thief.sees("security")

    mail = ines.mail("Two-factor sign-in is on")
    link = mail.link("/not-me/")
    for _ in range(2):  # a scanner opens it, then a person: that uses nothing up
        somewhere.go(link)
        somewhere.sees("not-me")
    assert link.rsplit("/", 2)[1] not in somewhere.page.url
    assert ines.state["factors"] == 1
    somewhere.page.get_by_label("New password").fill("a lighthouse for the whole harbour")
    somewhere.press("Take my account back")
    somewhere.sees("home")
    assert ines.state["factors"] == 0
    thief.page.reload()
    thief.sees("sign-in")
    thief.gives_password(ines)
    thief.hears("do not match")
    somewhere.go(link)
    somewhere.sees("no-link")
    somewhere.hears(re.compile("already used"))
