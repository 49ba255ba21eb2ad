"""Threads that are handed work and say nothing of how it ended; each is begun when no other is free.

In place of a `ThreadPoolExecutor`, which makes a future of each piece of work, with a lock of its own, and wakes who
waits for it: nobody does. With one look less at a request's head (`environ.py`) that is 9 % of the sign-in page through
the server, and 7 % of *Home*.

Whoever became free last does what comes next: what it works with is still in the processor's caches, and threads that
a crowd had begun keep nothing warm after it. And it alone is woken: where several wait at one `SimpleQueue`, each piece
of work wakes a second one, which finds nothing. Once a crowd had begun them all, that is 7 % of the sign-in page and
9 % of *Home*.
"""

from __future__ import annotations

import logging
from collections import deque
from threading import Lock, Thread, main_thread
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

# So often an idle one looks whether its process is to end without having said so.
LOOK_SECONDS: Final = 5.0

_log = logging.getLogger("doorward.errors")


class _Free:
    """Where a thread waits that has nothing to do, and what it was handed there; None: it ends."""

    __slots__ = ("wake", "work")

    def __init__(self, work: Callable[[], object]) -> None:
        self.work: Callable[[], object] | None = work
        self.wake = Lock()
        self.wake.acquire()

    def take(self) -> Callable[[], object] | None:
        """Return what was handed here, which is held here no longer."""
        work, self.work = self.work, None
        return work


class Threads:
    """So many threads at most, named for what they do."""

    def __init__(self, most: int, *, name: str) -> None:
        self._most, self._name = most, name
        self._lock = Lock()
        # All of these are looked at under the lock alone. Whoever is handed something is in `_free` no longer.
        self._free: list[_Free] = []
        self._waiting: deque[Callable[[], object]] = deque()
        self._begun, self._ended = 0, False

    def hand(self, work: Callable[[], object]) -> None:
        """Have work done as soon as a thread is free; what it raises is written to the log."""
        with self._lock:
            if self._free:
                free = self._free.pop()
                free.work = work
                free.wake.release()
                return
            if self._begun == self._most or self._ended:
                self._waiting.append(work)
                return
            self._begun += 1
            name = f"{self._name}_{self._begun}"
        Thread(target=self._work, args=(_Free(work),), name=name).start()

    def end(self) -> None:
        """Begin nothing any more; what was begun is done before the process ends."""
        with self._lock:
            self._ended = True
            self._waiting.clear()
            for free in self._free:
                free.wake.release()
            self._free.clear()

    def _work(self, free: _Free) -> None:
        while (work := free.take()) is not None:
            try:
                work()
            except Exception:  # noqa: BLE001 - the thread is for what comes after, too
                _log.exception("something was not done")
            # What it holds ends with it, and not with the next one.
            del work
            self._wait(free)

    def _wait(self, free: _Free) -> None:
        """Come back when there is something to do, or nothing any more."""
        with self._lock:
            if self._ended:
                return
            if self._waiting:
                free.work = self._waiting.popleft()
                return
            self._free.append(free)
        while not free.wake.acquire(timeout=LOOK_SECONDS):
            # A server that broke ends nothing, and Python waits for every thread before a process is over.
            if not main_thread().is_alive():
                return
