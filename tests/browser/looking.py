"""What is looked for on a page that stands there: what axe finds, and what is wider than the window."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from axe_playwright_python.base import AXE_SCRIPT

if TYPE_CHECKING:
    from tests.browser.visitor import Visitor

Rules = dict[str, object]
ALL_RULES: Rules = {"resultTypes": ["violations"]}
TO_FAULTS = """({violations}) => violations.flatMap(({id, nodes}) =>
  nodes.map(({target, html}) => `${id} at ${target}: ${html.slice(0, 160)}`))"""


def axe(visitor: Visitor) -> list[str]:
    """Return what axe finds on the page, in the theme and at the width that it has."""
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
