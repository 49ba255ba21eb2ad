"""When the last good backup was made, on whichever machine: a row for all, and one for those of the worker.

One that somebody made at the console, and took away, is no reason for the worker to leave its own out.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings

from doorward.kernel import heartbeat
from doorward.kernel.clock_set_back import has_come

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.environment.fields import Environment

NAME: Final = "backup"
# In intervals: one that failed may be made up for.
_TOO_OLD: Final = 2
OF_THE_WORKER: Final = "backup of the worker"


def remember(*, by_worker: bool = False, now: datetime) -> None:
    """Write down that a whole backup was made, of `now`; the next one is due after the interval of the settings."""
    for name in (NAME, OF_THE_WORKER)[: 1 + by_worker]:
        heartbeat.beat(name, now=now, within=interval())


def counted(environment: Environment) -> str:
    """Return which row says how old the last one is: the worker's own, where the settings want those."""
    return OF_THE_WORKER if environment.backup_dir.name else NAME


def last_good(now: datetime, *, of: str = NAME) -> datetime | None:
    """Return when the last good backup was made; None: none is known of, or only one that is yet to come."""
    seen = heartbeat.seen(of)
    return seen.at if seen and has_come(seen.at, now=now) else None


def is_overdue(made: datetime | None, *, now: datetime) -> bool:
    """Return whether the last good one is too old, or there is none; one that is yet to come is none."""
    return made is None or not has_come(made, now=now) or now - made > _TOO_OLD * interval()


def interval() -> timedelta:
    """Return how long after a backup the next one is due."""
    return timedelta(hours=settings.DOORWARD.backup_hours)
