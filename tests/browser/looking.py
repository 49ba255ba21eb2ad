"""What is looked for on a page that stands there: what axe finds, and what is wider than the window."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, Literal

from axe_playwright_python.base import AXE_SCRIPT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.browser.visitor import Visitor

Theme = Literal["light", "dark"]
Rules = dict[str, object]
WIDE, NARROW, NARROWEST = (1440, 900), (390, 844), (320, 700)
# Each theme and each width once: every rule, four times a page, would cost minutes.
VIEWS: tuple[tuple[Theme, tuple[int, int]], ...] = (("light", WIDE), ("dark", NARROW))
ALL_RULES: Rules = {"resultTypes": ["violations"]}
TO_FAULTS = """({violations}) => violations.flatMap(({id, nodes}) =>
  nodes.map(({target, html}) => `${id} at ${target}: ${html.slice(0, 160)}`))"""


def from_all_sides(visitor: Visitor) -> Iterator[str]:
    """Return what is wrong with a page: in light and wide, dark and narrow, and on the narrowest of windows."""
    for theme, (width, height) in VIEWS:
        visitor.page.set_viewport_size({"width": width, "height": height})
        visitor.page.emulate_media(color_scheme=theme)
        yield from (f"axe, {theme} {width}: {fault}" for fault in axe(visitor))
    yield from at_narrowest(visitor)
    visitor.page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})


def at_narrowest(visitor: Visitor) -> Iterator[str]:
    """Return what is wider than the narrowest window."""
    width, height = NARROWEST
    visitor.page.set_viewport_size({"width": width, "height": height})
    yield from too_wide(visitor, width)


# The width that the words of the chosen option need, beside what there is for them.
_CUT_FILTERS: Final = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  return [...document.querySelectorAll(".filters select")].filter(one => one.offsetWidth).filter(one => {
    const style = getComputedStyle(one);
    pen.font = style.font;
    const room = one.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return pen.measureText(one.selectedOptions[0].text).width > room + 1;
  }).map(one => one.selectedOptions[0].text);
}"""


def cut_filters(visitor: Visitor) -> list[str]:
    """Return the filters whose words are cut off, at the width of a phone."""
    width, height = NARROW
    visitor.page.set_viewport_size({"width": width, "height": height})
    found: list[str] = visitor.page.evaluate(_CUT_FILTERS)
    return [f"cut off: {one}" for one in found]


def axe(visitor: Visitor) -> list[str]:
    """Return what axe finds on the page, in the theme and at the width that it has."""
    # Half a megabyte, read once by each document.
    if not visitor.page.evaluate("'axe' in window"):
        visitor.page.evaluate(AXE_SCRIPT)
    answer: list[str] = visitor.page.evaluate(
        f"axe.run({json.dumps(ALL_RULES)}).then(({TO_FAULTS}))"
    )
    return answer


def too_wide(visitor: Visitor, width: int) -> list[str]:
    """Return what is wider than a window of this width, which the page stands in."""
    needs = visitor.page.evaluate("document.scrollingElement.scrollWidth")
    if needs <= width:
        return []
    culprits = visitor.page.evaluate(
        "w => [...document.body.querySelectorAll('*')]"
        ".filter(one => one.getBoundingClientRect().right > w + 1)"
        ".slice(0, 4).map(one => one.outerHTML.slice(0, 90))",
        width,
    )
    return [f"{needs} pixels wide at {width}: {culprits}"]
