"""What a new password must be (NIST SP 800-63B-4, 3.1.1.2; OWASP ASVS 5.0, 6.2). No composition rules, no expiry."""

import unicodedata
from collections.abc import Container, Sequence
from itertools import pairwise
from typing import Final

from doorward.credentials.errors import (
    PasswordBreached,
    PasswordCommon,
    PasswordMissing,
    PasswordPersonal,
    PasswordTooLong,
    PasswordTooShort,
)
from doorward.kernel.errors import TextInvalid

MINIMUM_ALONE: Final = 15
MINIMUM_WITH_SECOND_FACTOR: Final = 12
MAXIMUM: Final = 128

_SHORTEST_PERSONAL: Final = 4
_LONGEST_TRIVIAL_UNIT: Final = 3


def minimum(*, two_factors: bool) -> int:
    """Return the least number of code points: 12 where two factors are required or on, else 15 (NIST: 8 and 15)."""
    return MINIMUM_WITH_SECOND_FACTOR if two_factors else MINIMUM_ALONE


def normalise(text: str) -> str:
    """Return the password as it is hashed and checked: NFC, nothing else.

    The one change made to a password: the same keys give other bytes on other systems (NIST, 3.1.1.2).
    """
    return unicodedata.normalize("NFC", text)


def is_long(password: str) -> bool:
    """Return whether a password may stand alone, without a second factor."""
    return len(normalise(password)) >= MINIMUM_ALONE


def check(
    password: str,
    *,
    two_factors: bool,
    personal: Sequence[str],
    common: Container[str],
    breached: Container[str],
) -> str:
    """Return the password as it is to be hashed.

    `personal` has the person's names, e-mail, e-mail's local part and the brand; `common` has common passwords in
    lower case; `breached`, asked last and only of what is else in order, those known from break-ins. Raises
    PasswordMissing, PasswordTooLong, PasswordTooShort, PasswordPersonal, PasswordCommon, PasswordBreached or, for
    text that has no UTF-8, TextInvalid.
    """
    if not password:
        raise PasswordMissing
    if any(unicodedata.category(character) == "Cs" for character in password):
        raise TextInvalid
    chosen = normalise(password)
    least = minimum(two_factors=two_factors)
    if len(chosen) > MAXIMUM:
        raise PasswordTooLong(MAXIMUM)
    if len(chosen) < least:
        raise PasswordTooShort(least)
    if any(_made_of(chosen, word) for word in personal):
        raise PasswordPersonal
    if _is_common(chosen, common):
        raise PasswordCommon
    if chosen in breached:
        raise PasswordBreached
    return chosen


def _made_of(password: str, word: str) -> bool:
    """Return whether a word of four letters and more is in it, or it is a shorter one over and over.

    Only letters and digits count, so that dots and spaces between them hide nothing.
    """
    letters, part = _squeezed(_folded(password)), _squeezed(_folded(word))
    if len(part) >= _SHORTEST_PERSONAL:
        return part in letters
    return letters != "" and letters.replace(part, "") == ""


def _is_common(password: str, common: Container[str]) -> bool:
    """Return whether the whole password is common, runs up or down one by one, or repeats a trivial or common part."""
    folded = _folded(password)
    if password in common or folded in common or _is_run(folded):
        return True
    unit = _repeated_unit(folded)
    return unit is not None and (
        len(unit) <= _LONGEST_TRIVIAL_UNIT or unit in common or _is_run(unit)
    )


def _repeated_unit(text: str) -> str | None:
    """Return the shortest part of which the text is whole repeats, perhaps the last one cut short; None: it is not."""
    for length in range(1, len(text) // 2 + 1):
        unit = text[:length]
        if (unit * (len(text) // length + 1)).startswith(text):
            return unit
    return None


def _is_run(text: str) -> bool:
    """Return whether each character follows the one before, up or down: 'abcdef', '3210'; 0 follows 9."""
    if text.isascii() and text.isdigit():
        steps = {(int(after) - int(before)) % 10 for before, after in pairwise(text)}
        return steps in ({1}, {9})
    return {ord(after) - ord(before) for before, after in pairwise(text)} in ({1}, {-1})


def _folded(text: str) -> str:
    return normalise(normalise(text).casefold())


def _squeezed(text: str) -> str:
    return "".join(character for character in text if character.isalnum())
