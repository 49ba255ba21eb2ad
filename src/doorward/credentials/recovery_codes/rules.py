"""Recovery codes: ten, each of 120 bits, so that a keyed hash may store them (NIST SP 800-63B-4, 3.1.2.2: 112 bits)."""

import base64
import re
import unicodedata
from collections.abc import Callable
from typing import Final

from doorward.credentials.totp.rules import grouped

COUNT: Final = 10
CODE_BYTES: Final = 15
CODE_CHARACTERS: Final = 24
WARN_AT: Final = 3

_LONGEST_TYPED: Final = 200
_CONFUSED: Final = str.maketrans({"0": "O", "1": "I", "8": "B"})
_SHAPE: Final = re.compile(rf"[A-Z2-7]{{{CODE_CHARACTERS}}}")
_UNSEEN: Final = frozenset({"Zs", "Pd", "Cf", "Cc", "Zl", "Zp"})


def new_codes(random: Callable[[int], bytes], count: int = COUNT) -> tuple[str, ...]:
    """Make codes of 24 Base32 characters (15 bytes of `random` each), in groups of four with dashes."""
    return tuple(
        grouped(base64.b32encode(random(CODE_BYTES)).decode("ascii"), actor="-")
        for _ in range(count)
    )


def normalise(text: str) -> str | None:
    """Return the 24 characters that were meant (no dashes, upper case), as they are hashed; None: it cannot be a code.

    Base32 has no 0, 1 and 8 (RFC 4648, 6): who types them has read O, I and B.
    """
    if len(text) > _LONGEST_TYPED:
        return None
    folded = unicodedata.normalize("NFKC", text).upper().translate(_CONFUSED)
    typed = "".join(
        character for character in folded if unicodedata.category(character) not in _UNSEEN
    )
    return typed if _SHAPE.fullmatch(typed) else None


def few_left(left: int) -> bool:
    """Return whether so few codes are left that the person is to be warned: three, as in product numbers."""
    return left <= WARN_AT
