"""When the last good backup was made, by a command or by the worker, on whichever machine: a row of the database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings

from doorward.kernel import heartbeat
from doorward.kernel.moments import has_come

if TYPE_CHECKING:
    from datetime import datetime

NAME: Final = "backup"


def remember(*, now: datetime) -> None:
    """Write down that a whole backup was made, of `now`; the next one is due after the interval of the settings."""
    heartbeat.beat(NAME, now=now, within=interval())


def last_good(now: datetime) -> datetime | None:
    """Return of which moment the last good backup is; None: none is known of, or only one that is yet to come."""
    seen = heartbeat.seen(NAME)
    return seen.at if seen and has_come(seen.at, now=now) else None


def interval() -> timedelta:
    """Return how long after a backup the next one is due."""
    return timedelta(hours=settings.DOORWARD.backup_hours)
