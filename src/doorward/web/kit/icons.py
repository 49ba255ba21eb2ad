"""Icons of the pages: inline SVG, beside words only, so that they say nothing to a screen reader."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Final
from zipfile import ZipFile

from markupsafe import Markup

_INNER: Final = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


class UnknownIconError(LookupError):
    """The lucide set has no icon of this name."""


@cache
def icon(name: str, size: int = 18, *, turns: bool = False) -> Markup:
    """Draw one icon of the lucide set, `size` in CSS pixels; `turns`: it points, and turns round where text runs left.

    Raises UnknownIconError.
    """
    return Markup(  # noqa: S704 - the package's own drawings
        f'<svg class="icon{" turns" if turns else ""}" width="{size}" height="{size}" viewBox="0 0 24 24" fill="none"'
        ' stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">'
        f"{_shapes(name)}</svg>"
    )


def name_drawing(svg: Markup, *, id: str, label: str) -> Markup:
    """Return an inline SVG of ours an id, and the words that stand for it."""
    named = Markup('<svg id="{}" role="img" aria-label="{}" ').format(id, label)
    return named + Markup(str(svg).strip().removeprefix("<svg "))  # noqa: S704 - as it was, with a name


@cache
def _shapes(name: str) -> str:
    try:
        drawing = _archive().read(f"{name}.svg").decode()
    except KeyError:
        raise UnknownIconError(name) from None
    found = _INNER.search(drawing)
    lines = found.group(1).splitlines() if found else []
    return "".join(line.strip() for line in lines).replace(" />", "/>")


@cache
def _archive() -> ZipFile:
    """Open the drawings once: the package's own function reads the list of all 1,700 again for each icon (20 ms)."""
    return ZipFile(BytesIO((files("lucide") / "lucide.zip").read_bytes()))
