"""What it costs to look at a hash that another system made, and which costs are too much.

Asked of the form in which it is kept (`hash_formats.py`), when it is taken over and each time that it is looked at.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doorward.credentials.errors import HashTooCostly

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DIGESTS: Final = {"sha1": 20, "sha256": 32, "sha512": 64}
PHPASS: Final = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Somebody who signs in waits for one, and so does whoever is behind them: about a second on a slow machine.
MOST_ITERATIONS: Final = 2_000_000
MOST_BCRYPT: Final = 14
MOST_PHPASS: Final = 18
MOST_MEMORY_KIB: Final = 128 * 1024
MOST_PASSES: Final = 10
# An Argon2 starts a thread for each of its lanes; a scrypt does all its work once more.
MOST_LANES: Final = 16
# Of an Argon2, all that its passes fill, and that for each lane: Django's own is 1,638,400.
MOST_FILLED_KIB: Final = 512 * 1024
MOST_FILLED_BY_LANES: Final = 2 * 1024 * 1024
MOST_BLOCKS: Final = 2**20
# Beside its big table a scrypt takes a few blocks of 128 r bytes, which are small as long as r is.
MOST_R: Final = 32
# In blocks of 128 bytes: a table of 128 MiB.
MOST_SCRYPT: Final = MOST_MEMORY_KIB * 8
_ARGON2: Final = re.compile(r"m=(\d+),t=(\d+),p=(\d+)")


def refuse_costly(kept: str) -> None:
    """Raise `HashTooCostly` for a hash that would take too long, or too much memory, to look at."""
    scheme, *parts = kept.split("$")
    if not _BOUNDS[scheme](parts):
        raise HashTooCostly


def scrypt_bytes(n: int, r: int, p: int) -> int:
    """Return the memory that a scrypt takes (OpenSSL's): its blocks, its table, and two blocks to work in."""
    return 128 * r * (p + n + 2)


def _pbkdf2(parts: Sequence[str]) -> bool:
    # Each block of the digest's length is derived on its own, and costs as much again.
    letters = len(parts[3].rstrip("="))
    blocks = -(-(letters * 3 // 4) // DIGESTS[parts[0]])
    return int(parts[1]) * blocks <= MOST_ITERATIONS


def _scrypt(parts: Sequence[str]) -> bool:
    n, r, p = (int(one) for one in parts[:3])
    each = n <= MOST_BLOCKS and r <= MOST_R and p <= MOST_LANES
    return each and n * r * p <= MOST_SCRYPT


def _argon2(parts: Sequence[str]) -> bool:
    found = _ARGON2.fullmatch(parts[1])
    if found is None:
        return False
    memory, passes, lanes = (int(one) for one in found.groups())
    each = memory <= MOST_MEMORY_KIB and passes <= MOST_PASSES and lanes <= MOST_LANES
    filled = memory * passes
    return each and filled <= MOST_FILLED_KIB and filled * lanes <= MOST_FILLED_BY_LANES


def _bcrypt(parts: Sequence[str]) -> bool:
    return int(parts[2]) <= MOST_BCRYPT


def _phpass(parts: Sequence[str]) -> bool:
    return PHPASS.index(parts[2][0]) <= MOST_PHPASS


_BOUNDS: Final[dict[str, Callable[[Sequence[str]], bool]]] = {
    "pbkdf2": _pbkdf2,
    "scrypt": _scrypt,
    **dict.fromkeys(("argon2id", "argon2i", "argon2d"), _argon2),
    **dict.fromkeys(("bcrypt", "bcrypt_sha256"), _bcrypt),
    "phpass": _phpass,
}
