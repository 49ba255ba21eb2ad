"""Which tabs stand in the top bar, and which behind More: guessed from their lettering, so that no script measures."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

# All widths in rem, on the generous side: a wide system font must still fit.
_ROW: Final = 72.0  # the bar's inner width from 75rem on, where portal.css unfolds many tabs
_FEW: Final = 45.0  # the bar's inner width from 48rem on, where it unfolds few
_AROUND: Final = 11.0  # the brand's mark, the face in the account menu, the gaps
_LONGEST_BRAND: Final = 14.0
_LONGEST_PERSON: Final = 11.0
_MORE: Final = 6.0
_PADDING: Final = 1.65
_LETTER: Final = 0.53
_WIDE_LETTER: Final = 1.05


class Tab(Protocol):
    """What a template knows of one tab."""

    @property
    def title(self) -> object:
        """What stands on it; may be translated late."""

    @property
    def current(self) -> bool:
        """Whether the page belongs to it."""


@dataclass(frozen=True, slots=True)
class TabBar:
    """`shown` stand in the row, `rest` behind More; `needs` is `few` or `many`, the row's width in portal.css."""

    shown: Sequence[Tab]
    rest: Sequence[Tab]
    needs: str


def fit_tabs(tabs: Sequence[Tab], *, brand_name: str, person_name: str) -> TabBar:
    """Share the tabs out, in their order; the current one is always in the row."""
    names = min(_LONGEST_BRAND, _width(brand_name)) + min(_LONGEST_PERSON, _width(person_name))
    room = _ROW - _AROUND - names
    widths = [_width(str(tab.title)) + _PADDING for tab in tabs]
    if sum(widths) <= room:
        return TabBar(tabs, (), "few" if sum(widths) <= _FEW - _AROUND - names else "many")
    current = next((place for place, tab in enumerate(tabs) if tab.current), None)
    left = room - _MORE - (0 if current is None else widths[current])
    shown: list[Tab] = []
    rest: list[Tab] = []
    for place, (tab, width) in enumerate(zip(tabs, widths, strict=True)):
        if place == current:
            shown.append(tab)
        elif width <= left and not rest:
            left -= width
            shown.append(tab)
        else:
            rest.append(tab)
    return TabBar(shown, rest, "many")


@lru_cache(maxsize=1024)
def _width(text: str) -> float:
    return sum(
        _WIDE_LETTER if unicodedata.east_asian_width(letter) in "WF" else _LETTER for letter in text
    )
