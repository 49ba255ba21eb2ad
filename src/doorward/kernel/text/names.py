"""By what names are found and sorted: two keys, made here and nowhere else, kept in columns beside the name.

Databases fold and sort each in a way of its own (SQLite knows ASCII, PostgreSQL whatever it was installed with), so
that neither is asked to. `anyascii` says how a letter of any script is written in Latin ones: *Łódź* is Lodz, *Øre*
is Ore, *Иван* is Ivan.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from anyascii import anyascii

if TYPE_CHECKING:
    from collections.abc import Callable

# Long enough for the longest key of two names of 60 letters, each written out and in its second form.
LONGEST_SEARCH_KEY: Final = 4500
# A key of order may be cut: whose names are alike up to there stand beside each other.
LONGEST_SORT_KEY: Final = 300
# Below every letter, digit and space: all of one last name stand before the longer ones that begin with it.
_BETWEEN: Final = "\x1f"
# Second spellings that German and Nordic readers know: Mueller for Müller.
_WRITTEN_OUT: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_WRITTEN_OUT_LETTERS: Final = frozenset(map(chr, _WRITTEN_OUT))
# With each more of these letters in a word, twice as many forms of it.
_MOST_MIXED: Final = 3
_APOSTROPHES: Final = frozenset("'`´ʻʼʾʿˈ‘’‛′＇")


def search_key(*names: str) -> str:
    """Return what names are found by, word by word: "Müller Jürgen" gives "muller jurgen mueller juergen".

    A word with two or three such letters is also found half written out: Öztürk by oezturk and oztuerk.
    """
    whole = " ".join(names)
    composed = _composed(whole)
    written = composed.translate(_WRITTEN_OUT)
    plain = fold(whole)
    if written == composed:
        return plain[:LONGEST_SEARCH_KEY]
    mixed = "".join(
        f" {one}" for word in composed.replace("-", " ").split() for one in _half_written_out(word)
    )
    return f"{plain} {fold(written)}{mixed}"[:LONGEST_SEARCH_KEY]


def _half_written_out(word: str) -> list[str]:
    """Return a word with some of its letters written out and some not; none where that would be more than six."""
    where = [at for at, letter in enumerate(word) if letter in _WRITTEN_OUT_LETTERS]
    if not 1 < len(where) <= _MOST_MIXED:
        return []
    found = []
    for choice in range(1, 2 ** len(where) - 1):
        letters = list(word)
        for bit, at in enumerate(where):
            if choice >> bit & 1:
                letters[at] = letters[at].translate(_WRITTEN_OUT)
        found.append(fold("".join(letters)))
    return found


def sort_key(*names: str) -> str:
    """Return what names are sorted by, the first one first; as bytes or code points, the order is the same.

    Other scripts stand after the Latin one, each in its own order, as in every list that readers know.
    """
    keys = (_words(name, _in_its_script) for name in names)
    return _BETWEEN.join(key for key in keys if key)[:LONGEST_SORT_KEY]


def columns(*names: str) -> dict[str, str]:
    """Return the columns that go with names, whoever writes them."""
    return {"name_search": search_key(*names), "name_sort": sort_key(*names)}


def fold(text: str) -> str:
    """Return words of small ASCII letters and digits, one space between them; takes anything and never raises.

    Apostrophes go (O'Brien is obrien), other punctuation parts words, symbols stay as they are (C++, 🍕).
    """
    return _words(text, _in_latin)


def _words(text: str, letter: Callable[[str], str]) -> str:
    return " ".join("".join(_written(char, letter) for char in _composed(text)).split())


def _composed(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


# 58 of the 74 µs that a name took: 5 % of an import (`benchmarks/importing.py`).
@lru_cache(maxsize=4096)
def _written(char: str, letter: Callable[[str], str]) -> str:
    if char in _APOSTROPHES:
        return ""
    kind = unicodedata.category(char)[0]
    if kind in "LNM":
        return letter(char)
    return char if kind == "S" else " "


def _in_latin(char: str) -> str:
    return "".join(one for one in anyascii(char).lower() if one.isalnum())


def _in_its_script(char: str) -> str:
    if unicodedata.category(char)[0] == "N" or unicodedata.name(char, "").startswith("LATIN"):
        return _in_latin(char)
    # й beside и, ά beside α
    return "".join(
        one for one in unicodedata.normalize("NFKD", char) if not unicodedata.combining(one)
    )
