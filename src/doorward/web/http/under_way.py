"""Exports that are under way: being made, or waiting for a reader that takes its time.

Each has a file as long as its reader wants it, so a process has a few at once, and a person one.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from doorward.kernel.errors import MustWait

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

MOST: Final = 6
WAIT_SECONDS: Final = 10
_lock: Final = Lock()
_of: Final[WeakValueDictionary[UUID, UnderWay]] = WeakValueDictionary()


class UnderWay:
    """An export's lines. It is under way until it is closed, which its answer does at its end."""

    def __init__(self, lines: Iterator[str], *, whose: UUID) -> None:
        """Begin. Raises `MustWait` where another of this person, or too many, are under way."""
        with _lock:
            if whose in _of or len(_of) >= MOST:
                raise MustWait(seconds=WAIT_SECONDS)
            _of[whose] = self
        self._person, self._lines = whose, lines

    def __iter__(self) -> Iterator[str]:
        """Return the lines."""
        return self._lines

    def close(self) -> None:
        """Make room for another; a second time does nothing."""
        with _lock:
            if _of.get(self._person) is self:
                del _of[self._person]
