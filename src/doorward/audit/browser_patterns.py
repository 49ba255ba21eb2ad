"""Which browser and which system a User-Agent names, by uap's patterns, each made when it is first wanted.

All of them compiled are 10 MiB. A pattern is looked at where the User-Agent has a word that each of its matches has;
some ten of six hundred are then. They run in Rust, whose time is linear in what somebody sends.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import ua_parser_rs
from ua_parser.loaders import load_lazy_builtins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

_CLOSING: Final = {"(": ")", "[": "]"}


class Named(NamedTuple):
    """What a User-Agent says of a browser or a system; `major` is its version, mostly digits; empty: unknown."""

    family: str
    major: str


class Families:
    """Patterns in their order, of which the first that matches says the family."""

    def __init__(self, matchers: Iterable[Any], extractor: Callable[[list[Any]], Any]) -> None:
        self._patterns = [(words_of(one.regex), _what(one)) for one in matchers]
        self._extractor = extractor
        self._made: dict[int, Any] = {}

    def find(self, user_agent: str) -> Named | None:
        """Return what is named; None: no pattern matches."""
        for place, (words, what) in enumerate(self._patterns):
            if not words or any(word in user_agent for word in words):
                made = self._made.get(place)
                if made is None:
                    made = self._made[place] = self._extractor([what])
                if found := made.extract(user_agent):
                    return Named(found.family or "", found.major or "")
        return None


@cache
def browsers() -> Families:
    """Return the patterns of browsers."""
    return Families(load_lazy_builtins()[0], ua_parser_rs.UserAgentExtractor)


@cache
def systems() -> Families:
    """Return the patterns of operating systems."""
    return Families(load_lazy_builtins()[1], ua_parser_rs.OSExtractor)


def _what(matcher: Any) -> tuple[str | None, ...]:  # noqa: ANN401 - two classes that share nothing
    names = ("regex", "family", "major", "minor", "patch", "patch_minor")
    return tuple(getattr(matcher, name) for name in names)


def words_of(pattern: str) -> tuple[str, ...]:
    """Return words of which one is in whatever this regular expression matches; none: it is not known.

    It knows what these patterns are made of: characters, classes, groups and their alternatives, repetitions.
    """
    alternatives = [_best(one) for one in _split(pattern)]
    return tuple(word for words in alternatives for word in words) if all(alternatives) else ()


def _best(pattern: str) -> tuple[str, ...]:
    """Return the same of a pattern without alternatives of its own: of what it demands, the longest."""
    demanded = list(_demanded(pattern))
    return max(demanded, key=lambda words: min(map(len, words)), default=())


def _demanded(pattern: str) -> Iterator[tuple[str, ...]]:
    run = ""
    for atom, repeated in _atoms(pattern):
        is_character = len(atom) == 1 and atom not in ".^$"
        is_escaped = len(atom) == 2 and atom[0] == "\\" and not atom[1].isalnum()  # noqa: PLR2004 - \ and one more
        if (is_character or is_escaped) and repeated == "":
            run += atom[-1]
            continue
        if run:
            yield (run,)
        run = ""
        if atom.startswith("(") and (repeated in {"", "+"}):
            inner = atom[1:-1].removeprefix("?:")
            if words := () if inner.startswith("?") else words_of(inner):
                yield words
    if run:
        yield (run,)


def _atoms(pattern: str) -> Iterator[tuple[str, str]]:
    """Return each character, class, escape and group, and how it is repeated."""
    place = 0
    while place < len(pattern):
        end = _end(pattern, place)
        atom, place = pattern[place:end], end
        while place < len(pattern) and pattern[place] in "?*+{":
            place = pattern.index("}", place) + 1 if pattern[place] == "{" else place + 1
        yield atom, pattern[end:place]


def _split(pattern: str) -> list[str]:
    """Return the alternatives of a pattern."""
    parts, begin, place = [], 0, 0
    while place < len(pattern):
        if pattern[place] == "|":
            parts.append(pattern[begin:place])
            begin = place + 1
        place = _end(pattern, place)
    return [*parts, pattern[begin:]]


def _end(pattern: str, place: int) -> int:
    """Return where the atom ends that begins here."""
    opening = pattern[place]
    if opening == "\\":
        return place + 2
    if opening not in _CLOSING:
        return place + 1
    place += 1
    if opening == "[":
        # A bracket that comes first is one of the class.
        place += pattern.startswith("^", place)
        place += pattern.startswith("]", place)
    while pattern[place] != _CLOSING[opening]:
        place = _end(pattern, place) if opening == "(" or pattern[place] == "\\" else place + 1
    return place + 1
