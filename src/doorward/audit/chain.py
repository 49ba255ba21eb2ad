"""How history is sealed: what is hashed, and in which form. `docs/history.md` says it for other programs.

Events are the leaves of a Merkle tree (RFC 6962, 2.1), one tree a batch; the batches are a chain. What
names a person is no leaf's content but is committed to with a random salt, so that it can be erased.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

# What is hashed begins with what it is (RFC 6962, 2.1, has the first two).
_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"
_HEAD: Final = b"\x02"
_PERSONAL: Final = b"\x03"
# Before the first batch.
START: Final = bytes(32)

_ANCHOR: Final = re.compile(r"(?<![\w:])([1-9][0-9]{0,17}):([0-9a-f]{64})(?![\w:])")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A batch as its head commits to it. `sealed_at` is text as in `docs/history.md`.

    `complete`: nothing that had been written was left for the next batch.
    """

    number: int
    size: int
    root: bytes
    sealed_at: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of a batch, kept where who can write to the database cannot."""

    number: int
    head: bytes

    def __str__(self) -> str:
        return f"{self.number}:{self.head.hex()}"


def timestamp(moment: datetime) -> str:
    """Return a time as it is hashed: UTC, to the microsecond, `2026-11-24T09:00:10.000000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical(value: Mapping[str, object]) -> bytes:
    """Return the one form of a JSON object (RFC 8785), of texts, whole numbers, booleans, lists and null."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # Half characters are never written, but must not keep what is sealed from being looked at.
    return text.encode(errors="surrogatepass")


def personal_hash(salt: bytes, part: Mapping[str, object]) -> bytes:
    """Return what an event keeps of a part that names somebody; without the salt it tells nothing."""
    return hashlib.sha256(_PERSONAL + salt + canonical(part)).digest()


def leaf_hash(event: Mapping[str, object]) -> bytes:
    """Return the hash of one event."""
    return hashlib.sha256(_LEAF + canonical(event)).digest()


def tree_head(leaves: Sequence[bytes]) -> bytes:
    """Return the Merkle tree head over hashes of events, in their order (RFC 6962, 2.1); at least one."""
    level = list(leaves)
    while len(level) > 1:
        # Who has no neighbour goes up as it is: the same tree as that of the RFC's recursion.
        pairs = zip(level[::2], level[1::2], strict=False)
        alone = level[-1:] if len(level) % 2 else []
        level = [hashlib.sha256(_NODE + left + right).digest() for left, right in pairs] + alone
    return level[0]


def beside(leaves: Sequence[bytes], shown: frozenset[int]) -> list[bytes]:
    """Return the hashes that, with the leaves at the places `shown`, make up the tree: from left to right.

    They are as few as can be: a part of the tree in which nothing is shown is one hash (as in RFC 6962, 2.1.1, but for
    several leaves at once).
    """
    return list(_beside(leaves, shown, 0, len(leaves)))


def _beside(
    leaves: Sequence[bytes], shown: frozenset[int], first: int, end: int
) -> Iterator[bytes]:
    if not any(first <= place < end for place in shown):
        yield tree_head(leaves[first:end])
    elif end - first > 1:
        middle = first + _half(end - first)
        yield from _beside(leaves, shown, first, middle)
        yield from _beside(leaves, shown, middle, end)


def _half(number: int) -> int:
    """Return the largest power of two below a number: where the tree of so many leaves is divided."""
    return 1 << (number - 1).bit_length() - 1


def head_hash(batch: Sealed, *, previous: bytes) -> bytes:
    """Return the head of a batch: over its tree, and over the head before it (`START` before the first)."""
    content = {
        "batch": batch.number,
        "complete": batch.complete,
        "previous": previous.hex(),
        "root": batch.root.hex(),
        "sealed_at": batch.sealed_at,
        "size": batch.size,
    }
    return hashlib.sha256(_HEAD + canonical(content)).digest()


def anchors_in(text: str) -> list[Anchor]:
    """Return all anchors that stand in a text: a line of a file, a whole mail."""
    return [Anchor(int(number), bytes.fromhex(head)) for number, head in _ANCHOR.findall(text)]
