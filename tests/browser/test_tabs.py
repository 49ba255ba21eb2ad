"""The provider's own tabs: a key that follows the title, and their order by dragging and by keyboard."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.kit.people import ALL_TABS

if TYPE_CHECKING:
    from tests.browser.visitor import Visitor


@pytest.fixture
def nora(portal, visitor):
    """Return one of the staff with the Tabs tab, at her browser."""
    tabs = (*ALL_TABS, "tabs")
    staff = portal.person("Nora Tabs", customer=portal.ask("provider"), tabs=tabs).has_app()
    return visitor.is_signed_in_as(staff)


def test_the_key_follows_the_title_until_it_is_typed(nora):
    nora.go("/tabs/add/")
    title, key = (nora.page.locator(f"main input[name={name}]") for name in ("title", "key"))
    title.press_sequentially("Größe & Ürün 24/7")
    expect(key).to_have_value("grosse-urun-24-7")
    title.fill("Отчёты")
    expect(key).to_have_value("")
    title.fill("3CX reports")
    expect(key).to_have_value("cx-reports")
    key.fill("pbx")
    title.fill("Phones")
    expect(key).to_have_value("pbx")


def test_dragged_and_moved_by_keyboard(portal, nora):
    ids = [portal.ask("make_tab", title=f"Dragged {name}") for name in ("one", "two", "three")]
    nora.go("/tabs/")
    one, two, three = (nora.page.locator(f"[data-tab='{dashed(id_)}']") for id_ in ids)
    assert order(nora) == ["Dragged one", "Dragged two", "Dragged three"]
    one_line(nora)
    with nora.page.expect_navigation():
        three.locator(".grip").drag_to(one, target_position={"x": 200, "y": 4})
    assert order(nora) == ["Dragged three", "Dragged one", "Dragged two"]
    # Let go beside the list, it is where it was, and nothing is sent.
    two.locator(".grip").hover()
    nora.page.mouse.down()
    # The first one begins to drag; what is dragged is over something from the next one on.
    for x in (190, 200):
        three.hover(position={"x": x, "y": 4})
    expect(nora.page.locator("[data-tab] strong", has_text="Dragged")).to_have_text(
        ["Dragged two", "Dragged three", "Dragged one"]
    )
    nora.page.locator("h1").hover()
    nora.page.mouse.up()
    expect(nora.page.locator("[data-tab] strong", has_text="Dragged")).to_have_text(
        ["Dragged three", "Dragged one", "Dragged two"]
    )
    up = nora.page.get_by_role("button", name="Move Dragged two up", exact=True)
    up.focus()
    with nora.page.expect_navigation():
        nora.page.keyboard.press("Enter")
    assert order(nora) == ["Dragged three", "Dragged two", "Dragged one"]
    nora.page.reload()
    assert order(nora) == ["Dragged three", "Dragged two", "Dragged one"]


def test_no_button_of_the_list_is_cut_off_on_a_phone_by_longer_words(portal, nora):
    for name in ("one", "two", "three"):
        portal.ask("make_tab", title=f"Cut {name}")
    nora.go("/tabs/")
    nora.menu.locator("summary").click()
    nora.menu.get_by_role("button", name="Deutsch").click()
    nora.page.set_viewport_size({"width": 390, "height": 844})
    # The list hides what is wider than it is.
    beyond = nora.page.locator(".listing").evaluate(
        """list => [...list.querySelectorAll("button")].map(one => one.getBoundingClientRect().right
          - list.getBoundingClientRect().right)"""
    )
    assert len(beyond) >= 4
    assert max(beyond) <= 0, beyond


def one_line(visitor: Visitor) -> None:
    """The buttons of a row stand beside each other, with room and without."""
    move = re.compile("^Move Dragged two ")
    for width in (1440, 390):
        visitor.page.set_viewport_size({"width": width, "height": 900})
        boxes = [one.bounding_box() for one in visitor.page.get_by_role("button", name=move).all()]
        assert len(boxes) == 2
        assert len({box["y"] for box in boxes if box}) == 1, width
    visitor.page.set_viewport_size({"width": 1280, "height": 900})


def order(visitor: Visitor) -> list[str]:
    names = visitor.page.locator("[data-tab] strong").all_inner_texts()
    return [name for name in names if name.startswith("Dragged ")]


def dashed(id_: str) -> str:
    return "-".join((id_[:8], id_[8:12], id_[12:16], id_[16:20], id_[20:]))
