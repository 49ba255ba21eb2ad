"""Which tabs stand in the top bar, and which behind More: guessed from their lettering, so that no script measures."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

# All widths in rem, on the generous side: a wide system font must still fit.
_ROW: Final = 72.0  # the bar's inner width
_AROUND: Final = 18.0  # the account menu, the gaps, the brand's mark
_LONGEST_BRAND: Final = 14.0
_MORE: Final = 6.0
_PADDING: Final = 1.65
_FEW: Final = 22.0  # so many fit beside the rest from 46rem on, where portal.css unfolds them


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


def fit_tabs(tabs: Sequence[Tab], *, brand_name: str) -> TabBar:
    """Share the tabs out, in their order; the current one is always in the row."""
    room = _ROW - _AROUND - min(_LONGEST_BRAND, _width(brand_name))
    widths = [_width(str(tab.title)) + _PADDING for tab in tabs]
    if sum(widths) <= room:
        return TabBar(tabs, (), "few" if sum(widths) <= _FEW else "many")
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
    return sum(1.05 if unicodedata.east_asian_width(letter) in "WF" else 0.58 for letter in text)
