"""A brand's accent colour made readable: contrast as WCAG 2.2 measures it, in a light and in a dark theme."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from doorward.customers.errors import ColourInvalid

TEXT: Final = 4.5  # the least contrast of text, WCAG 2.2, 1.4.3
SHAPE: Final = (
    3.0  # the least contrast of what tells a control from its surroundings, WCAG 2.2, 1.4.11
)

_HEX: Final = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


class Colour(NamedTuple):
    """Red, green and blue in sRGB, 0 to 255 each."""

    red: int
    green: int
    blue: int

    def __str__(self) -> str:
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"


@dataclass(frozen=True, slots=True)
class Theme:
    """What lies behind text in one theme; the same values as in the portal's stylesheet, a test compares them."""

    paper: Colour
    surface: Colour
    sunken: Colour
    soft: float  # how much of the accent tints a soft surface

    @property
    def grounds(self) -> tuple[Colour, Colour, Colour]:
        """All that text may stand on, soft surfaces apart."""
        return self.paper, self.surface, self.sunken


WHITE: Final = Colour(255, 255, 255)
BLACK: Final = Colour(0, 0, 0)
INK: Final = Colour(0x14, 0x16, 0x1A)
LIGHT: Final = Theme(Colour(0xF6, 0xF6, 0xF3), WHITE, Colour(0xF0, 0xEF, 0xEB), 0.08)
DARK: Final = Theme(
    Colour(0x12, 0x13, 0x15), Colour(0x1B, 0x1D, 0x20), Colour(0x23, 0x25, 0x29), 0.14
)


@dataclass(frozen=True, slots=True)
class Accent:
    """Everything that a page needs to know of one accent; pairs are (light theme, dark theme).

    `fill` carries `on_fill` at 4.5:1 or more, resting and hovered; `ink` is accent text, 4.5:1 on every ground of
    its theme and on `soft`; `edge` tells a filled shape from every ground at 3:1.
    """

    fill: Colour
    hover: Colour
    on_fill: Colour
    ink: tuple[Colour, Colour]
    edge: tuple[Colour, Colour]
    soft: tuple[Colour, Colour]


def parse_colour(text: str) -> Colour:
    """Read `#rgb` or `#rrggbb`. Raises ColourInvalid."""
    if not _HEX.fullmatch(text):
        raise ColourInvalid
    digits = text[1:] if len(text) == len("#rrggbb") else "".join(digit * 2 for digit in text[1:])
    return Colour(*bytes.fromhex(digits))


def luminance(colour: Colour) -> float:
    """Return the relative luminance, 0 for black to 1 for white (WCAG 2.2, definition of relative luminance)."""
    return (
        0.2126 * _LINEAR[colour.red]
        + 0.7152 * _LINEAR[colour.green]
        + 0.0722 * _LINEAR[colour.blue]
    )


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of two colours, 1 to 21, in whichever order (WCAG 2.2, contrast ratio)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """Return `one` with `share` (0 to 1) of `other` in it."""
    return Colour(*(round(a + (b - a) * share) for a, b in zip(one, other, strict=True)))


@cache
def make_accent(text: str) -> Accent:
    """Return all that follows from a brand's accent colour, `#rgb` or `#rrggbb`. Raises ColourInvalid."""
    fill = parse_colour(text)
    on_fill = _text_on(fill)
    soft = (mix(LIGHT.surface, fill, LIGHT.soft), mix(DARK.surface, fill, DARK.soft))
    return Accent(
        fill=fill,
        on_fill=on_fill,
        # away from the text on it, so that a pointer never makes it harder to read
        hover=mix(fill, BLACK if on_fill == WHITE else WHITE, 0.14),
        ink=(
            _towards(BLACK, fill, (*LIGHT.grounds, soft[0]), TEXT),
            _towards(WHITE, fill, (*DARK.grounds, soft[1]), TEXT),
        ),
        edge=(
            _towards(BLACK, fill, LIGHT.grounds, SHAPE),
            _towards(WHITE, fill, DARK.grounds, SHAPE),
        ),
        soft=soft,
    )


@dataclass(frozen=True, slots=True)
class Reached:
    """The least contrast that an accent reaches in one theme: text on it, text in it, and its edges."""

    on_fill: float
    ink: float
    edge: float


def reached(accent: Accent) -> tuple[Reached, Reached]:
    """Return what contrast is reached in the light theme, and in the dark one."""
    on_fill = min(contrast(accent.on_fill, ground) for ground in (accent.fill, accent.hover))
    themes = zip((LIGHT, DARK), accent.ink, accent.edge, accent.soft, strict=True)
    light, dark = (
        Reached(
            on_fill,
            min(contrast(ink, ground) for ground in (*theme.grounds, soft)),
            min(contrast(edge, ground) for ground in theme.grounds),
        )
        for theme, ink, edge, soft in themes
    )
    return light, dark


def _text_on(fill: Colour) -> Colour:
    """Return white where it can be read, else the darkest ink that is needed: one of the three always reaches 4.5."""
    return next(ink for ink in (WHITE, INK, BLACK) if contrast(ink, fill) >= TEXT)


def _towards(end: Colour, start: Colour, grounds: tuple[Colour, ...], least: float) -> Colour:
    """Return the colour nearest to `start`, on the way to `end`, that reaches `least` on all grounds."""
    steps = 50
    way = (mix(start, end, step / steps) for step in range(steps + 1))
    return next(
        colour for colour in way if all(contrast(colour, ground) >= least for ground in grounds)
    )


def _linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 (IEC 61966-2-1)


_LINEAR: Final = tuple(_linear(channel) for channel in range(256))
