"""Links in mails: invitations, forgotten passwords, changes of e-mail."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

NEW = "eleven lanterns along the quay"


def set_password(visitor, verb, password=NEW):
    visitor.page.get_by_label("New password").fill(password)
    visitor.press(verb)


def invite(visitor, email, *, require=False):
    visitor.go("/administrators/")
    visitor.page.get_by_role("link", name="Add an administrator").click()
    visitor.sees("administrator-add")
    for label, text in (("First name", "Lena"), ("Last name", "Fischer"), ("E-mail", email)):
        visitor.page.get_by_label(label).fill(text)
    if require:
        visitor.page.get_by_label("Required 2FA").check()
    visitor.press("Send the invitation")
    visitor.hears("", role="status")


# No page of these has a script of its own.
@pytest.fixture(params=["no-scripts", pytest.param("scripts", marks=pytest.mark.at_length)])
def browser_options(request):
    return {"java_script_enabled": request.param == "scripts"}


@pytest.fixture
def nora(portal):
    return portal.boss()


def test_an_invitation_sets_the_password_and_signs_in(portal, nora, somewhere, elsewhere):
    lena = portal.stranger("Lena Fischer", customer=nora.customer)
    invite(somewhere.is_signed_in_as(nora), lena.email)
    link = lena.mail("invitation").link("/invitation/")
    elsewhere.go(link)
    elsewhere.sees("invitation")
    elsewhere.reads("Welcome, Lena Fischer")
    set_password(elsewhere, "Accept the invitation", "too short")
    elsewhere.hears("at least 15 characters")
    set_password(elsewhere, "Accept the invitation")
    elsewhere.sees("home")
    assert lena.state["status"] == "active"
    elsewhere.go(link)
    elsewhere.sees("no-link")
    elsewhere.context.clear_cookies()
    lena.password = NEW
    elsewhere.signs_in(lena)
    elsewhere.sees("home")


def test_an_invitation_that_requires_two_factors_leads_into_set_up(
    portal, nora, somewhere, elsewhere
):
    lena = portal.stranger("Lena Fischer", customer=nora.customer)
    invite(somewhere.is_signed_in_as(nora), lena.email, require=True)
    elsewhere.go(lena.mail("invitation").link("/invitation/"))
    set_password(elsewhere, "Accept the invitation")
    elsewhere.sees("sign-in-set-up")
    elsewhere.gives_code(elsewhere.opens_set_up().code(), "Enable 2FA")
    elsewhere.saves_codes()
    elsewhere.sees("home")


def test_a_revoked_invitation_opens_nothing(portal, nora, somewhere, elsewhere):
    lena = portal.stranger("Lena Fischer", customer=nora.customer)
    invite(somewhere.is_signed_in_as(nora), lena.email)
    link = lena.mail("invitation").link("/invitation/")
    somewhere.go("/administrators/")
    somewhere.page.get_by_role("link", name="Lena Fischer").click()
    somewhere.press("Revoke invitation")
    somewhere.button("Revoke").click()
    somewhere.hears("", role="status")
    elsewhere.go(link)
    elsewhere.sees("no-link")


def test_a_forgotten_password_is_reset_and_the_second_factor_still_asked_for(
    portal, somewhere, elsewhere
):
    ines = portal.person().has_app()
    elsewhere.is_signed_in_as(ines).go("/")
    ines.phone.forget()
    portal.ask("forget_used_codes", email=ines.email)
    somewhere.go("/sign-in/")
    somewhere.follow("Forgot it?")
    somewhere.page.get_by_label("E-mail").fill(ines.email)
    somewhere.press("Send the link")
    somewhere.sees("forgot-password-sent")
    somewhere.go(ines.mail("new password").link("/password/reset/"))
    somewhere.sees("reset-password")
    set_password(somewhere, "Set password")
    somewhere.sees("sign-in-code")
    for path in ("/", "/security/"):
        somewhere.go(path)
        somewhere.sees("sign-in-code")
    somewhere.gives_code(ines.code())
    somewhere.sees("security")
    elsewhere.page.reload()
    elsewhere.sees("sign-in")


def test_for_an_unknown_e_mail_the_answer_is_the_same(somewhere):
    somewhere.go("/password/forgot/")
    somewhere.page.get_by_label("E-mail").fill("nobody@harbourbakery.example")
    somewhere.press("Send the link")
    somewhere.sees("forgot-password-sent")


def change_own_email(visitor, email):
    visitor.go("/profile/")
    visitor.page.get_by_label("E-mail").fill(email)
    visitor.press("Save changes")


def test_one_changes_the_own_e_mail_and_both_addresses_are_told(portal, somewhere, elsewhere):
    ines = portal.person()
    new = portal.stranger("Ines Neu").email
    change_own_email(somewhere.is_signed_in_as(ines), new)
    somewhere.hears("", role="status")
    assert new in ines.mail("about to be changed").text
    assert ines.state["email"] == ines.email
    elsewhere.go(portal.mail(new, "Confirm").link("/e-mail/confirm/"))
    elsewhere.sees("confirm-e-mail")
    elsewhere.press("Confirm")
    elsewhere.sees("sign-in")
    elsewhere.hears("The new e-mail is confirmed", role="status")
    ines.mail("was changed")
    ines.email = new
    elsewhere.signs_in(ines)
    elsewhere.sees("home")


def test_the_old_address_can_stop_it(portal, somewhere, elsewhere):
    ines = portal.person()
    new = portal.stranger("Ines Neu").email
    change_own_email(somewhere.is_signed_in_as(ines), new)
    confirm = portal.mail(new, "Confirm").link("/e-mail/confirm/")
    elsewhere.go(ines.mail("about to be changed").link("/e-mail/confirm/"))
    elsewhere.press("Stop this change")
    elsewhere.hears("stays as it is", role="status")
    elsewhere.go(confirm)
    elsewhere.sees("no-link")
    assert ines.state["email"] == ines.email


def test_a_colleagues_change_waits_for_the_old_address(portal, nora, somewhere, elsewhere):
    ines = portal.person(customer=nora.customer)
    new = portal.stranger("Ines Neu").email
    somewhere.is_signed_in_as(nora).go("/administrators/")
    somewhere.page.get_by_role("link", name=ines.name).click()
    somewhere.page.get_by_label("E-mail").fill(new)
    somewhere.press("Save changes")
    somewhere.hears("", role="status")
    elsewhere.go(portal.mail(new, "Confirm").link("/e-mail/confirm/"))
    elsewhere.press("Confirm")
    elsewhere.hears("waits for the other address", role="status")
    assert ines.state["email"] == ines.email
    elsewhere.go(ines.mail("about to be changed").link("/e-mail/confirm/"))
    elsewhere.press("Agree")
    elsewhere.hears("confirmed", role="status")
    ines.email = new
    assert ines.state["email"] == new


def test_a_link_that_never_was_says_what_to_do(somewhere):
    somewhere.go("/password/reset/AAAA/")
    somewhere.sees("no-link")
    expect(somewhere.link("Send me a password link")).to_be_visible()
