"""The mails that the article's deeds send: real ones, read where they were put."""

from __future__ import annotations

import re

import pytest


@pytest.fixture
def ines(portal):
    return portal.person()


def test_enabling_disabling_and_requiring_are_told(portal, visitor, ines):
    visitor.is_signed_in_as(ines).go("/security/2fa/enable/")
    ines.phone = visitor.opens_set_up()
    visitor.gives_code(ines.code(), "Enable 2FA")
    visitor.saves_codes()
    visitor.sees("security")
    on = ines.mail("Two-factor sign-in is on")
    assert "Chrome" in on.text
    visitor.go("/security/2fa/disable/")
    visitor.gives_code(ines.code(), "Confirm")
    visitor.sees("security")
    ines.mail("Two-factor sign-in is off")
    portal.ask("require", email=ines.email)
    ines.mail("required")


def test_a_sign_in_from_a_new_browser_and_a_recovery_code_are_told(portal, visit, ines):
    visit().signs_in(ines)
    ines.has_app()
    code = portal.ask("recovery_codes", email=ines.email)[0]
    other = visit().is_half_way(ines)
    other.go("/sign-in/recovery/")
    other.gives_code(code)
    other.sees("home")
    assert "9" in ines.mail("recovery code").text
    ines.mail("new browser")


def test_a_mail_is_readable_and_leads_nowhere_else(portal, visit, ines):
    portal.ask("require", email=ines.email)
    mail = ines.mail("required")
    for address in re.findall(r"""(?:href|src)="(.*?)\"""", mail.html):
        assert address.startswith((portal.address, "mailto:", "tel:")), address
    page = visit(viewport={"width": 390, "height": 844}).page
    page.set_content(mail.html)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    assert mail.text.strip()
    assert "Northwind Telecom" in mail.text
