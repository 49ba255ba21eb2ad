"""A visitor who has no mouse: Tab, Enter, Space and arrows, and the focus can always be seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from datetime import date

    from playwright.sync_api import Locator

    from tests.browser.portal import Somebody
    from tests.browser.visitor import Visitor

# The form of a policy has more fields than any other page has links.
_MOST = 90
# Around the thing itself or, of a box to tick, around its label.
_HAS_RING = """one => [one, one.closest("label")].filter(Boolean).some(part => {
  const { outlineStyle, outlineWidth } = getComputedStyle(part);
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
})"""


class Keyboard:
    """The keyboard of a visitor, by the names of what is on the page."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.main = visitor.page.locator("#main")
        self._keys = visitor.page.keyboard

    def goes_to(self, target: Locator) -> None:
        """Press Tab until the focus is there; it must be seen that it is."""
        for _ in range(_MOST):
            if target.evaluate("one => one === document.activeElement"):
                break
            self._keys.press("Tab")
        expect(target).to_be_focused()
        assert target.evaluate(_HAS_RING), "the focus cannot be seen"
        self.visitor.waits_for_drawing()

    def uses(self, target: Locator, key: str = "Enter") -> None:
        """Go to something and press a key there."""
        self.goes_to(target)
        self._keys.press(key)

    def presses(self, name: str, *, then: str = "") -> None:
        """Press the button of this name; `then`: the page that comes of it."""
        self.uses(self.main.get_by_role("button", name=name, exact=True))
        self._arrives(then)

    def follows(self, name: str, *, then: str = "") -> None:
        """Follow the link of this name."""
        self.uses(self.main.get_by_role("link", name=name, exact=True).first)
        self._arrives(then)

    def types(self, label: str, text: str) -> None:
        """Type into a field."""
        self.goes_to(self.main.get_by_label(_begins_with(label)))
        self._keys.type(text)

    def ticks(self, label: str) -> None:
        """Tick a box."""
        box = self.main.get_by_label(label)
        self.uses(box, "Space")
        expect(box).to_be_checked()

    def chooses(self, group: str, label: str) -> None:
        """Choose one of several: Tab leads to the one that is chosen now, and arrows from there."""
        radios = self.main.get_by_role("group", name=group)
        wanted = radios.get_by_role("radio", name=_begins_with(label))
        self.goes_to(radios.locator("input:checked"))
        for _ in range(radios.locator("input").count()):
            if wanted.is_checked():
                break
            self._keys.press("ArrowDown")
        expect(wanted).to_be_checked()

    def types_day(self, label: str, day: date) -> None:
        """Type a day into its parts, whose order is the system's."""
        field = self.main.get_by_label(label)
        self.goes_to(field)
        for order in ("%m%d%Y", "%d%m%Y"):
            self._keys.type(day.strftime(order))
            if field.input_value() == day.isoformat():
                return
            for _ in range(2):
                self._keys.press("ArrowLeft")
        expect(field).to_have_value(day.isoformat())

    def types_code(self, code: str, *, then: str) -> None:
        """Type a code; with scripts the last digit sends it."""
        self.goes_to(self.main.locator("input.otp"))
        self._keys.type(code)
        if not self.visitor.scripts:
            self._keys.press("Enter")
        self._arrives(then)

    def signs_in(self, person: Somebody) -> None:
        """Type e-mail and password."""
        self.visitor.go("/sign-in/")
        self.types("E-mail", person.email)
        self.types("Password", person.password)
        self._keys.press("Enter")

    def sets_up_again(self, *, then: str) -> None:
        """Scan what is shown, type the code, save the recovery codes."""
        self.types_code(self.visitor.opens_set_up().code(), then="recovery-codes")
        self.ticks("I have saved them")
        self.presses("Continue", then=then)

    def _arrives(self, page: str) -> None:
        if page:
            self.visitor.sees(page)


def _begins_with(label: str) -> re.Pattern[str]:
    """Return what finds a field by its label, which may go on: (optional), or in small letters."""
    return re.compile(rf"^\s*{re.escape(label)}(?!\w)")
