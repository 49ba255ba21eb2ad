"""By keyboard alone: nothing here is clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator

MOST = 40
# Around the thing itself or, of a box to tick, around its label.
HAS_RING = """one => [one, one.closest("label")].filter(Boolean).some(part => {
  const { outlineStyle, outlineWidth } = getComputedStyle(part);
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
})"""


def tab_to(visitor, target: Locator) -> None:
    """Press Tab until the focus is there; it must be seen that it is."""
    for _ in range(MOST):
        if target.evaluate("one => one === document.activeElement"):
            break
        visitor.page.keyboard.press("Tab")
    expect(target).to_be_focused()
    assert target.evaluate(HAS_RING), "the focus cannot be seen"


def signs_in(visitor, person):
    page = visitor.page
    visitor.go("/sign-in/")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type(person.email)
    tab_to(visitor, page.get_by_label("Password", exact=True))
    page.keyboard.type(person.password)
    page.keyboard.press("Enter")
    if person.phone:
        visitor.sees("sign-in-code")
        page.keyboard.type(person.code())
        if not visitor.scripts:
            page.keyboard.press("Enter")
    visitor.sees("home")


def chooses(visitor, name):
    """Open the account menu and choose from it."""
    page = visitor.page
    tab_to(visitor, page.locator("#account-menu > button"))
    page.keyboard.press("Enter")
    tab_to(visitor, page.locator("#account-items").get_by_role("link", name=name))
    page.keyboard.press("Enter")
    expect(visitor.window).to_be_visible()


def test_sign_in_enable_and_disable(portal, somewhere):
    ines, page = portal.person(), somewhere.page
    signs_in(somewhere, ines)

    chooses(somewhere, "Enable 2FA")
    tab_to(somewhere, somewhere.window.locator("input.otp"))
    ines.phone = somewhere.opens_set_up()
    page.keyboard.type(ines.code())
    if not somewhere.scripts:
        page.keyboard.press("Enter")
    somewhere.sees("recovery-codes")
    tab_to(somewhere, page.get_by_label("I have saved them"))
    page.keyboard.press("Space")
    tab_to(somewhere, somewhere.button("Continue"))
    page.keyboard.press("Enter")
    expect(page.locator("#account-menu")).to_be_visible()

    chooses(somewhere, "Disable 2FA")
    tab_to(somewhere, somewhere.window.locator("input.otp"))
    page.keyboard.type(ines.code())
    if not somewhere.scripts:
        tab_to(somewhere, somewhere.window.get_by_role("button", name="Confirm"))
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
    tab_to(visitor, person)
    visitor.page.keyboard.press("Enter")
    visitor.sees("administrator")
    tab_to(visitor, visitor.page.get_by_label("Required 2FA"))
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
    tab_to(visitor, visitor.button("Suspend"))
    visitor.page.keyboard.press("Enter")
    question = visitor.page.locator("#question")
    expect(question).to_be_focused()
    expect(question).to_contain_text(ines.name)
    visitor.page.get_by_label("First name").press("Enter")
    expect(question).to_be_visible()
    assert ines.state["status"] == "active"
    tab_to(visitor, question.get_by_role("button", name="Suspend"))
    visitor.page.keyboard.press("Enter")
    visitor.hears("", role="status")
    assert ines.state["status"] == "suspended"
