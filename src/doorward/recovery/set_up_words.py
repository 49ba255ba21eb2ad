"""The words of a set-up pass: eight of EFF's long list (7,776 words, so 103 bits), or the same as digits.

Each word is also its number in the list, four digits: for who reads and types digits more easily.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from xkcdpass import xkcd_password  # type: ignore[import-untyped]

WORDS: Final = 8
_DIGITS: Final = 4
_IN_LIST: Final = 7776
_LONGEST_WORD: Final = 20


@cache
def _list() -> tuple[str, ...]:
    words = xkcd_password.generate_wordlist(
        wordfile="eff-long", min_length=1, max_length=_LONGEST_WORD
    )
    if len(words) != _IN_LIST:
        raise RuntimeError("EFF's list of words is not whole")
    return tuple(sorted(words))


def words_of(number: int) -> tuple[str, ...]:
    """Return the words that a random number of 256 bits stands for: the same ones each time. Secret."""
    chosen = []
    for _ in range(WORDS):
        number, place = divmod(number, _IN_LIST)
        chosen.append(_list()[place])
    return tuple(chosen)


def as_digits(words: tuple[str, ...]) -> str:
    """Return the same pass as digits, in groups of four. Secret."""
    return " ".join(f"{_list().index(word):0{_DIGITS}d}" for word in words)


def normalise(typed: str) -> str:
    """Return the letters of a pass as it was typed, in words or in digits; case, spaces and dashes do not matter.

    What cannot be one comes back as something that no pass is.
    """
    digits = re.sub(r"[\s\-‐‑–.,]", "", typed)
    if digits.isascii() and digits.isdigit() and len(digits) == WORDS * _DIGITS:
        numbers = [int(digits[at : at + _DIGITS]) for at in range(0, len(digits), _DIGITS)]
        if max(numbers) < _IN_LIST:
            return "".join(map(_squeezed, (_list()[number] for number in numbers)))
    return _squeezed(typed)


def _squeezed(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
