"""How long a thread waits for the database: for a connection, and for what it asks.

While the primary moves to another machine nobody answers, or somebody who has stopped does not say so. Who answers
requests waits some seconds, from when the request came, and then says that it did not work (product: 5 s); the
background worker and commands have more time for a statement.
"""

from __future__ import annotations

import threading
import time
from typing import Final

REQUEST_SECONDS: Final = 5.0
# What a monitor asks is answered while it still listens.
MONITOR_SECONDS: Final = 1.0
# Whoever came late, and waited for a thread, tries all the same.
_LEAST_SECONDS: Final = 0.2


class _Patience(threading.local):
    """Of one thread. `until`: when it gives up (monotonic; None: begins with each wait). `statement`: its seconds."""

    until: float | None = None
    statement: float | None = None


_patience = _Patience()


def begin_request(*, came: float, seconds: float = REQUEST_SECONDS) -> None:
    """Let this thread answer a request that came at a moment of the monotonic clock."""
    _patience.until = max(came + seconds, time.monotonic() + _LEAST_SECONDS)
    _patience.statement = seconds


def allow(*, statement: float | None) -> None:
    """Let this thread wait so many seconds for each statement (None: as long as it takes)."""
    _patience.until, _patience.statement = None, statement


def give_up() -> None:
    """Have the rest of this request, the page that says so, wait no more."""
    if _patience.until is not None:
        _patience.until = 0.0


def ends() -> float:
    """Return until when a connection is waited for, by the monotonic clock."""
    return time.monotonic() + REQUEST_SECONDS if _patience.until is None else _patience.until


def statement_seconds() -> float | None:
    """Return how long an answer to a statement is waited for; None: as long as it takes."""
    if _patience.until == 0.0:
        return _LEAST_SECONDS
    return _patience.statement
