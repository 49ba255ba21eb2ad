"""What contrast a brand's accent reaches, as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from doorward.customers import colour
from doorward.customers.errors import ColourInvalid


@dataclass(frozen=True, slots=True)
class InTheme:
    """The contrast in one theme, rounded down, and the colour that reaches it."""

    contrast: str
    colour: str


@dataclass(frozen=True, slots=True)
class ContrastLine:
    """What is read, the contrast that it has in each theme, and the least that is needed."""

    title: str
    light: InTheme
    dark: InTheme
    least: str


def contrast_lines(text: str) -> tuple[ContrastLine, ...]:
    """Return what contrast a colour reaches; nothing for what is no colour."""
    try:
        accent = colour.make_accent(text)
    except ColourInvalid:
        return ()
    light, dark = colour.reached(accent)
    on_fill = _in_theme(light.on_fill, accent.on_fill)
    return (
        ContrastLine(_("Text on buttons"), on_fill, on_fill, _number(colour.TEXT)),
        ContrastLine(
            _("Links and accent text"),
            _in_theme(light.ink, accent.ink[0]),
            _in_theme(dark.ink, accent.ink[1]),
            _number(colour.TEXT),
        ),
        ContrastLine(
            _("Edges of buttons"),
            _in_theme(light.edge, accent.edge[0]),
            _in_theme(dark.edge, accent.edge[1]),
            _number(colour.SHAPE),
        ),
    )


def _in_theme(contrast: float, used: colour.Colour) -> InTheme:
    return InTheme(_number(contrast), str(used))


def _number(contrast: float) -> str:
    # Down: 4.49 is not 4.5.
    return number_format(floor(contrast * 10) / 10, 1)
