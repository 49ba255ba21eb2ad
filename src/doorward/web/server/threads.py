"""Threads that are handed work and say nothing of how it ended; each is begun when no other is free.

In place of a `ThreadPoolExecutor`, which makes a future of each piece of work, with a lock of its own, and wakes who
waits for it: nobody does. With one look less at a request's head (`environ.py`) that is 9 % of the sign-in page through
the server, and 7 % of *Home*.
"""

from __future__ import annotations

import logging
from queue import Empty, SimpleQueue
from threading import Lock, Thread, main_thread
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

# So often an idle one looks whether its process is to end without having said so.
LOOK_SECONDS: Final = 5.0

_log = logging.getLogger("doorward.errors")


class Threads:
    """So many threads at most, named for what they do."""

    def __init__(self, most: int, *, name: str) -> None:
        self._most, self._name = most, name
        self._handed: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._lock = Lock()
        self._begun = self._busy = 0

    def hand(self, work: Callable[[], object]) -> None:
        """Have work done as soon as a thread is free; what it raises is written to the log."""
        with self._lock:
            self._busy += 1
            begins = self._begun < min(self._busy, self._most)
            self._begun += begins
        self._handed.put(work)
        if begins:
            Thread(target=self._work, name=f"{self._name}_{self._begun}").start()

    def end(self) -> None:
        """Begin nothing any more; what was begun is done before the process ends."""
        while True:
            try:
                self._handed.get_nowait()
            except Empty:
                break
        for _ in range(self._begun):
            self._handed.put(None)

    def _work(self) -> None:
        while (work := self._next()) is not None:
            try:
                work()
            except Exception:  # noqa: BLE001 - the thread is for what comes after, too
                _log.exception("something was not done")
            # What it holds ends with it, and not with the next one.
            del work
            with self._lock:
                self._busy -= 1

    def _next(self) -> Callable[[], object] | None:
        """Return what is to be done next; None: nothing any more."""
        while True:
            try:
                return self._handed.get(timeout=LOOK_SECONDS)
            except Empty:
                # A server that broke ends nothing, and Python waits for every thread before a process is over.
                if not main_thread().is_alive():
                    return None
