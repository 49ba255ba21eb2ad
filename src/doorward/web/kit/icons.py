"""Icons of the pages: inline SVG, beside words only, so that they say nothing to a screen reader."""

from __future__ import annotations

from functools import cache

from markupsafe import Markup

from doorward.kernel import lucide


@cache
def icon(name: str, size: int = 18, *, turns: bool = False) -> Markup:
    """Draw one icon of the lucide set, `size` in CSS pixels; `turns`: it points, and turns round where text runs left.

    Raises `lucide.UnknownIconError`.
    """
    return Markup(  # noqa: S704 - the package's own drawings
        f'<svg class="icon{" turns" if turns else ""}" width="{size}" height="{size}" viewBox="0 0 24 24" fill="none"'
        ' stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">'
        f"{lucide.shapes(name)}</svg>"
    )


def name_drawing(svg: Markup, *, id: str, label: str) -> Markup:
    """Return an inline SVG of ours an id, and the words that stand for it."""
    named = Markup('<svg id="{}" role="img" aria-label="{}" ').format(id, label)
    return named + Markup(str(svg).strip().removeprefix("<svg "))  # noqa: S704 - as it was, with a name
