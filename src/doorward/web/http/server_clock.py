"""Whether this server's clock is that of the database, looked at once in a while in each process."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from doorward.kernel.db.clocks import LIMIT_SECONDS, database_ahead

_EVERY_SECONDS: Final = 300.0


@dataclass(slots=True)
class _Look:
    """When it was last looked, by the clock that nobody sets, and what was seen."""

    at: float | None = None
    ahead: float | None = None


_last = _Look()


def off_seconds() -> float | None:
    """Return by how many seconds this server's clock is ahead of the database's (negative: behind).

    None: by too little to matter. Two who look at once both ask; that does no harm.
    """
    now = time.monotonic()
    if _last.at is None or now - _last.at > _EVERY_SECONDS:
        _last.ahead = database_ahead(time.time)
        _last.at = now
    if _last.ahead is None or abs(_last.ahead) <= LIMIT_SECONDS:
        return None
    return -_last.ahead


def forget() -> None:
    """Look again at the next question."""
    _last.at = None
