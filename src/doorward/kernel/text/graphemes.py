"""Where a text may be cut: between what readers take for one letter, never within it.

After UAX 29, in what makes a difference to the eye: marks stay with their letter, joined emoji and flags together, and
conjuncts of Indic scripts whole. Text is NFC, which has put Hangul together.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

CUT: Final = "…"
_JOINER: Final = "\N{ZERO WIDTH JOINER}"
_VIRAMA: Final = 9  # its combining class


def graphemes(text: str) -> list[str]:
    """Return the letters of a text as readers see them; together they are the text."""
    found: list[str] = []
    for character in text:
        if found and _belongs(found[-1], character):
            found[-1] += character
        else:
            found.append(character)
    return found


def shorten(text: str, fits: Callable[[str], bool]) -> str:
    """Return the text, or as much of its beginning as fits with a mark that it was cut; "" where nothing does."""
    if fits(text):
        return text
    letters = graphemes(text)
    shortest, longest = 0, len(letters)
    # The longest beginning that fits, found by halving.
    while shortest < longest:
        middle = (shortest + longest + 1) // 2
        if fits(_cut(letters[:middle])):
            shortest = middle
        else:
            longest = middle - 1
    return _cut(letters[:shortest]) if shortest else ""


def _cut(letters: list[str]) -> str:
    return "".join(letters).rstrip() + CUT


def _belongs(before: str, character: str) -> bool:
    last = before[-1]
    if unicodedata.category(character)[0] == "M" or character == _JOINER:
        return True
    if last == _JOINER or "\U0001f3fb" <= character <= "\U0001f3ff":
        return True
    if unicodedata.combining(last) == _VIRAMA and character.isalpha():
        return True
    return _is_flag(character) and _is_flag(before)


def _is_flag(text: str) -> bool:
    """Return whether this is half a flag: one regional indicator."""
    return len(text) == 1 and "\U0001f1e6" <= text <= "\U0001f1ff"
