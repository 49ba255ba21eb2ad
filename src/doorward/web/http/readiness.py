"""Whether this process can serve: the database is there and up to date, takes writes, and the worker keeps up."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from django.db import DatabaseError
from django.db.models import Min

from doorward.audit.models import Event
from doorward.kernel import heartbeat
from doorward.kernel.db import schema
from doorward.notifications.models import Delivery, State

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

BEHIND: Final = timedelta(minutes=5)
_TRY_EVERY_SECONDS: Final = 5.0


def is_up_to_date() -> bool:
    """Return whether no migration is left; raises `DatabaseError` where no database answers."""
    if _nothing_left():
        return True
    _nothing_left.cache_clear()
    return False


def what_is_wrong(*, now: datetime) -> str:
    """Return why people should not be sent here, in a few words; empty: nothing is wrong."""
    looks: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("the database is newer than this program", is_too_new),
        ("the database is not up to date", lambda: not is_up_to_date()),
        ("nothing can be saved", lambda: not _can_save(now=now)),
        ("the background worker does not run", lambda: not _worker_runs(now=now)),
        ("the background worker is behind", lambda: waiting_since(now=now) > BEHIND),
    )
    try:
        return next((wrong for wrong, is_so in looks if is_so()), "")
    except DatabaseError:
        return "no database"


def _worker_runs(*, now: datetime) -> bool:
    return heartbeat.is_alive(heartbeat.seen(heartbeat.WORKER), now=now)


def waiting_since(*, now: datetime) -> timedelta:
    """Return how long the mail, or the event that nobody was told of yet, has been due that waits longest."""
    due = Delivery.objects.filter(state=State.DUE).aggregate(first=Min("next_at"))["first"]
    event = Event.objects.filter(dispatched_at__isnull=True).aggregate(first=Min("at"))["first"]
    first = min((one for one in (due, event) if one is not None), default=now)
    return max(now - first, timedelta(0))


def forget() -> None:
    """Look again at the next question: for tests."""
    _looked.at = float("-inf")


@dataclass(slots=True)
class _Looked:
    at: float = float("-inf")
    saved: bool = False


_looked = _Looked()


def _can_save(*, now: datetime) -> bool:
    """Return whether a row can be written: tried for real, by each process once in some seconds at most."""
    moment = time.monotonic()
    if moment - _looked.at >= _TRY_EVERY_SECONDS:
        try:
            heartbeat.beat(heartbeat.READINESS, now=now)
            _looked.saved = True
        except DatabaseError:
            _looked.saved = False
        _looked.at = moment
    return _looked.saved


@cache
def _nothing_left() -> bool:
    """Once true it stays so while this process runs."""
    return schema.is_current()


def is_too_new() -> bool:
    """Return whether a newer program has changed the database, which can happen while this one runs."""
    return bool(schema.newer())
