"""Signing in: password, second step, where it goes on to, and the ways back."""

from __future__ import annotations

from playwright.sync_api import expect


def test_with_the_password_alone(portal, somewhere):
    ines = portal.person()
    somewhere.go("/")
    somewhere.sees("sign-in")
    somewhere.gives_password(ines)
    somewhere.sees("home")
    expect(somewhere.menu).to_contain_text(ines.email)
    somewhere.menu.get_by_role("button", name="Sign out").click()
    somewhere.sees("sign-in")
    somewhere.go("/")
    somewhere.sees("sign-in")


def test_with_a_code_of_the_app(portal, somewhere):
    ines = portal.person().has_app()
    somewhere.signs_in(ines)
    somewhere.sees("home")


def test_a_wrong_password_and_an_unknown_e_mail_read_alike(portal, somewhere):
    ines = portal.person()
    somewhere.go("/sign-in/")
    said = []
    for email in (ines.email, "nobody@harbourbakery.example"):
        somewhere.page.get_by_label("E-mail").fill(email)
        somewhere.page.get_by_label("Password", exact=True).fill("not the right one at all")
        somewhere.press("Sign in")
        alert = somewhere.page.locator("[role=alert]")
        expect(alert).to_be_visible()
        expect(somewhere.page.get_by_label("E-mail")).to_have_value(email)
        expect(somewhere.page.get_by_label("Password", exact=True)).to_have_value("")
        said.append(alert.inner_text())
    assert said[0] == said[1]


def test_it_goes_on_to_where_one_was_heading(portal, somewhere):
    ines = portal.person().has_app()
    somewhere.go("/security/?from=mail")
    somewhere.sees("sign-in")
    somewhere.gives_password(ines)
    somewhere.sees("sign-in-code")
    somewhere.gives_code(ines.code())
    somewhere.sees("security")
    assert somewhere.page.url.endswith("/security/?from=mail")


def test_it_never_goes_on_to_another_site(portal, somewhere):
    ines = portal.person()
    somewhere.go("/sign-in/?next=//example.org/")
    somewhere.gives_password(ines)
    somewhere.sees("home")


def test_an_expired_session_keeps_where_one_was(portal, somewhere):
    ines = portal.person()
    somewhere.is_signed_in_as(ines).go("/security/")
    somewhere.sees("security")
    portal.ask("age_sessions", email=ines.email, minutes=31)
    somewhere.page.reload()
    somewhere.sees("sign-in")
    somewhere.hears("session has ended", role="status")
    somewhere.gives_password(ines)
    somewhere.sees("security")


def test_before_the_second_step_nothing_is_shown_but_that_step(portal, somewhere):
    ines = portal.person().has_app()
    somewhere.is_half_way(ines)
    for path in ("/", "/security/", "/sign-in/", "/sign-in/recovery-codes/", "/profile/"):
        somewhere.go(path)
        somewhere.sees("sign-in-code")
        assert ines.customer not in somewhere.page.content()


def test_the_second_step_can_be_left(portal, somewhere):
    ines = portal.person().has_app()
    somewhere.is_half_way(ines).go("/sign-in/code/")
    somewhere.press("Sign out")
    somewhere.sees("sign-in")


def test_the_browser_may_wish_for_german(visit):
    visitor = visit(locale="de-DE")
    visitor.go("/sign-in/")
    expect(visitor.page.locator("html")).to_have_attribute("lang", "de")


def test_the_language_is_changed_before_and_after_signing_in(portal, somewhere):
    ines = portal.person()
    page = somewhere.page
    somewhere.go("/sign-in/?next=/security/")
    somewhere.press("Deutsch")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert page.url.endswith("/sign-in/?next=/security/")
    somewhere.is_signed_in_as(ines).go("/security/")
    somewhere.menu.locator("summary").click()
    somewhere.menu.get_by_role("button", name="English").click()
    somewhere.sees("security")
    expect(page.locator("html")).to_have_attribute("lang", "en")
