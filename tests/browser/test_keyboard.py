"""By keyboard alone: nothing here is clicked."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.keyboard import Keyboard


def signs_in(visitor, person):
    page = visitor.page
    visitor.go("/sign-in/")
    expect(page.get_by_label("E-mail")).to_be_focused()
    Keyboard(visitor).types("E-mail", person.email)
    Keyboard(visitor).goes_to(page.get_by_label("Password", exact=True))
    page.keyboard.type(person.password)
    page.keyboard.press("Enter")
    if person.phone:
        visitor.sees("sign-in-code")
        expect(page.locator("input.otp")).to_be_focused()
        Keyboard(visitor).types_code(person.code(), then="home")
    visitor.sees("home")


def chooses(visitor, name):
    """Open the account menu and choose from it."""
    page = visitor.page
    Keyboard(visitor).goes_to(page.locator("#account-menu > button"))
    page.keyboard.press("Enter")
    Keyboard(visitor).goes_to(page.locator("#account-items").get_by_role("link", name=name))
    page.keyboard.press("Enter")
    expect(visitor.window).to_be_visible()


def test_sign_in_enable_and_disable(portal, somewhere):
    ines, page = portal.person(), somewhere.page
    signs_in(somewhere, ines)

    chooses(somewhere, "Enable 2FA")
    Keyboard(somewhere).goes_to(somewhere.window.locator("input.otp"))
    ines.phone = somewhere.opens_set_up()
    page.keyboard.type(ines.code())
    if not somewhere.scripts:
        page.keyboard.press("Enter")
    somewhere.sees("recovery-codes")
    Keyboard(somewhere).goes_to(page.get_by_label("I have saved them"))
    page.keyboard.press("Space")
    Keyboard(somewhere).goes_to(somewhere.button("Continue"))
    page.keyboard.press("Enter")
    expect(page.locator("#account-menu")).to_be_visible()

    chooses(somewhere, "Disable 2FA")
    Keyboard(somewhere).goes_to(somewhere.window.locator("input.otp"))
    page.keyboard.type(ines.code())
    if not somewhere.scripts:
        Keyboard(somewhere).goes_to(somewhere.window.get_by_role("button", name="Confirm"))
        page.keyboard.press("Enter")
    somewhere.hears("Two-factor sign-in is off", role="status")


def test_signing_in_with_a_code(portal, somewhere):
    ines = portal.person().has_app()
    signs_in(somewhere, ines)


def test_the_first_tab_leads_past_the_top_bar(portal, somewhere):
    ines = portal.person()
    somewhere.is_signed_in_as(ines).go("/")
    somewhere.page.keyboard.press("Tab")
    expect(somewhere.link("Skip to the content")).to_be_focused()
    somewhere.page.keyboard.press("Enter")
    expect(somewhere.page.locator("#main")).to_be_focused()


def test_a_window_keeps_the_focus_inside(portal, visitor):
    ines = portal.person()
    visitor.is_signed_in_as(ines).go("/")
    visitor.menu.get_by_role("link", name="Enable 2FA").press("Enter")
    expect(visitor.window).to_be_visible()
    inside = (
        "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
    )
    for _ in range(12):
        visitor.page.keyboard.press("Tab")
        assert visitor.page.evaluate(inside)


def test_requiring_it_of_a_colleague(portal, visitor):
    nora = portal.boss()
    ines = portal.person(customer=nora.customer)
    visitor.is_signed_in_as(nora).go("/administrators/")
    person = visitor.page.get_by_role("link", name=ines.name)
    Keyboard(visitor).goes_to(person)
    visitor.page.keyboard.press("Enter")
    visitor.sees("administrator")
    Keyboard(visitor).goes_to(visitor.page.get_by_label("Required 2FA"))
    visitor.page.keyboard.press("Space")
    visitor.page.keyboard.press("Enter")  # from any field of the form
    visitor.hears("Saved", role="status")
    assert ines.state["require_2fa"]


def test_suspending_a_colleague_asks_first_and_enter_does_not_answer(portal, visitor):
    nora = portal.boss()
    ines = portal.person(customer=nora.customer)
    visitor.is_signed_in_as(nora).go("/administrators/")
    visitor.page.get_by_role("link", name=ines.name).press("Enter")
    visitor.sees("administrator")
    Keyboard(visitor).goes_to(visitor.button("Suspend"))
    visitor.page.keyboard.press("Enter")
    question = visitor.page.locator("#question")
    expect(question).to_be_focused()
    expect(question).to_contain_text(ines.name)
    visitor.page.get_by_label("First name").press("Enter")
    expect(question).to_be_visible()
    assert ines.state["status"] == "active"
    Keyboard(visitor).goes_to(question.get_by_role("button", name="Suspend"))
    visitor.page.keyboard.press("Enter")
    visitor.hears("", role="status")
    assert ines.state["status"] == "suspended"
