"""What follows from a brand for every page's look: its stylesheet, its icon, and the version both are kept under."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Final, Protocol

from markupsafe import escape

from doorward.customers.colour import make_accent

_DRAWN: Final = 1  # goes up when the texts below change, so that browsers fetch them again


class Branded(Protocol):
    """What the look needs to know of a brand."""

    @property
    def name(self) -> str:
        """As people know it; its first letter is the icon."""

    @property
    def accent(self) -> str:
        """The colour, `#rrggbb`."""

    @property
    def version(self) -> int:
        """Goes up with each change."""


def look_version(brand: Branded) -> str:
    """Return the version that stands in the addresses of stylesheet, icon and logo: new whenever one of them is."""
    return _version(brand.name, brand.accent, brand.version)


@lru_cache(maxsize=256)
def _version(name: str, accent: str, version: int) -> str:
    return blake2b(f"{_DRAWN}|{name}|{accent}|{version}".encode(), digest_size=6).hexdigest()


@lru_cache(maxsize=256)
def write_stylesheet(accent: str) -> str:
    """Write the accent as custom properties over those of portal.css. Raises ColourInvalid."""
    made = make_accent(accent)
    pairs = {"accent-ink": made.ink, "accent-edge": made.edge, "accent-soft": made.soft}
    properties = {"accent": made.fill, "accent-hover": made.hover, "on-accent": made.on_fill} | {
        name: f"light-dark({light},{dark})" for name, (light, dark) in pairs.items()
    }
    return ":root{" + ";".join(f"--{name}:{value}" for name, value in properties.items()) + "}\n"


def write_icon(*, name: str, accent: str) -> str:
    """Draw the brand's first letter on its accent, as SVG for the browser's tab. Raises ColourInvalid."""
    made = make_accent(accent)
    letter = escape(name.strip()[:1].upper() or "·")
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="8" fill="{made.fill}"/>'
        f'<text x="16" y="22.5" fill="{made.on_fill}" font-family="system-ui,sans-serif" font-size="18"'
        f' font-weight="700" text-anchor="middle">{letter}</text></svg>\n'
    )
