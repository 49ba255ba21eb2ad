"""The tabs in the top bar: in a row where there is room, behind a button where something is cut off, by CSS alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from tests.browser.conftest import Visit
    from tests.browser.portal import Portal

TALLEST = 72  # pixels of the bar
# Forty tabs of a provider's own, as the page would have them.
FORTY = """() => {
  const last = document.querySelector('#tabs a:last-of-type');
  for (let number = 1; number <= 40; number++) {
    const tab = document.createElement('a');
    tab.href = `/support/?${number}`;
    tab.textContent = `Application ${number}`;
    last.before(tab);
  }
}"""

# The last tab reaches to the end of the row.
ONLY_JUST = """list => {
  const last = list.querySelector('a:last-of-type');
  const end = list.getBoundingClientRect().right - last.getBoundingClientRect().left;
  last.style.minWidth = `${Math.floor(end) - 1}px`;
}"""


def test_where_all_fit_there_is_no_button(portal: Portal, visit: Visit) -> None:
    visitor = visit().is_signed_in_as(portal.person())
    visitor.go("/")
    expect(visitor.page.locator("#tabs").get_by_role("link", name="Support")).to_be_in_viewport()
    expect(visitor.page.locator(".fold")).to_be_hidden()
    assert visitor.page.locator(".bar").evaluate("bar => bar.offsetHeight") <= TALLEST


def test_where_the_last_one_is_the_current_one_and_only_just_fits_there_is_no_button(
    portal: Portal, visit: Visit
) -> None:
    visitor = visit().is_signed_in_as(portal.person())
    visitor.go("/support/")
    visitor.page.locator("#tabs").evaluate(ONLY_JUST)
    expect(visitor.page.locator("#tabs a[aria-current]")).to_have_text("Support")
    assert visitor.page.locator("#tabs").evaluate("list => list.scrollWidth <= list.clientWidth")
    expect(visitor.page.locator(".fold")).to_be_hidden()


def test_what_is_cut_off_is_reached_by_keyboard_and_by_the_button(
    portal: Portal, visit: Visit
) -> None:
    visitor = visit().is_signed_in_as(portal.person())
    visitor.go("/support/")
    page = visitor.page
    page.evaluate(FORTY)
    # The last one of all is the current one.
    expect(page.locator("#tabs a[aria-current]")).to_be_in_viewport()
    hidden = page.get_by_role("link", name="Application 30")
    hidden.focus()
    expect(hidden).to_be_in_viewport()
    expect(page.locator("#tabs a[aria-current]")).to_be_in_viewport()
    visitor.button("Menu").press("Enter")
    expect(page.locator("#tabs:popover-open")).to_be_visible()
    assert page.locator("#tabs").evaluate("list => list.scrollWidth <= list.clientWidth")
    page.keyboard.press("Escape")
    expect(page.locator("#tabs:popover-open")).to_have_count(0)
    expect(visitor.button("Menu")).to_be_focused()


@pytest.mark.parametrize("script", [True, False])
def test_on_a_phone_they_are_behind_the_button(
    portal: Portal, visit: Visit, *, script: bool
) -> None:
    size = {"width": 390, "height": 800}
    visitor = visit(viewport=size, java_script_enabled=script).is_signed_in_as(portal.person())
    visitor.go("/")
    support = visitor.page.locator("#tabs").get_by_role("link", name="Support")
    expect(support).to_be_hidden()
    visitor.button("Menu").press("Enter")
    expect(support).to_be_in_viewport()
    support.press("Enter")
    visitor.sees("support")


def test_a_row_that_goes_on_fades_out_and_one_that_fits_does_not(
    portal: Portal, visit: Visit
) -> None:
    fades = """() => document.querySelector('#tabs').getAnimations()
      .some(one => one.animationName === 'goes-on' && one.currentTime !== null)"""
    visitor = visit().is_signed_in_as(portal.person())
    visitor.go("/")
    assert visitor.page.evaluate(fades) is False
    visitor.page.evaluate(FORTY)
    visitor.page.wait_for_function(fades)
