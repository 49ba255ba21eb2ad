"""Whether people can be sent here: the database takes writes, the disk has room, the worker keeps up."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Min

from doorward.audit import sealing
from doorward.audit.models import Event
from doorward.kernel import heartbeat
from doorward.kernel.db import schema
from doorward.kernel.models import Heartbeat
from doorward.notifications.models import Delivery, State

if TYPE_CHECKING:
    from collections.abc import Callable

BEHIND: Final = timedelta(minutes=5)
# It is sealed once a minute.
UNSEALED: Final = timedelta(minutes=10)
# Longer than the longest that a round says it takes (`heartbeat.AT_LENGTH`).
STUCK: Final = timedelta(minutes=15)
LEAST_ROOM_BYTES: Final = 4 * 1024 * 1024
_TRY_EVERY_SECONDS: Final = 5.0


class Wrong(StrEnum):
    """What is wrong, in the one word that anybody is told."""

    DATABASE = "database"
    NEWER = "newer"
    MIGRATIONS = "migrations"
    DISK = "disk"
    STORAGE = "storage"
    WORKER = "worker"
    BEHIND = "behind"
    HISTORY = "history"


# The same on every node: no other one would do better, and all of them would be taken out at once.
OF_ALL_NODES: Final = frozenset({Wrong.WORKER, Wrong.BEHIND, Wrong.HISTORY})


def is_up_to_date() -> bool:
    """Return whether no migration is left; raises `DatabaseError` where no database answers."""
    if _nothing_left():
        return True
    _nothing_left.cache_clear()
    return False


def what_is_wrong(*, now: datetime, only_node: bool = False) -> list[Wrong]:
    """Return why people should not be sent here; empty: nothing is wrong.

    `only_node`: leave out what is the same on every node, for a balancer that chooses between them.
    """
    found = [] if _has_room() else [Wrong.DISK]
    try:
        if is_too_new():
            return [*found, Wrong.NEWER]
        if not is_up_to_date():
            # What else is looked at may have no tables yet.
            return [*found, Wrong.MIGRATIONS]
        looks = [one for one in _LOOKS if not (only_node and one[0] in OF_ALL_NODES)]
        return [*found, *(wrong for wrong, is_so in looks if is_so(now))]
    except DatabaseError:
        return [*found, Wrong.DATABASE]


def _has_room() -> bool:
    """Return whether the disk of the data folder has room, for whatever this node writes."""
    disk = os.statvfs(settings.DOORWARD.data_dir)
    return disk.f_bavail * disk.f_frsize >= LEAST_ROOM_BYTES


def _worker_fails(now: datetime) -> bool:
    """Return whether no worker, on whatever node, says that it runs, or none gets through its rounds."""
    said = Heartbeat.objects.in_bulk([heartbeat.WORKER, heartbeat.ROUND])
    ended = said.get(heartbeat.ROUND)
    stuck = ended is not None and now - ended.at > STUCK
    return stuck or not heartbeat.is_alive(said.get(heartbeat.WORKER), now=now)


def waiting_since(*, now: datetime) -> timedelta:
    """Return how long the mail, or the event that nobody was told of yet, has been due that waits longest."""
    due = Delivery.objects.filter(state=State.DUE).aggregate(first=Min("next_at"))["first"]
    event = Event.objects.filter(dispatched_at__isnull=True).aggregate(first=Min("at"))["first"]
    first = min((one for one in (due, event) if one is not None), default=now)
    return max(now - first, timedelta(0))


_LOOKS: Final[tuple[tuple[Wrong, Callable[[datetime], bool]], ...]] = (
    (Wrong.STORAGE, lambda now: not _can_save(now=now)),
    (Wrong.WORKER, _worker_fails),
    (Wrong.BEHIND, lambda now: waiting_since(now=now) > BEHIND),
    (Wrong.HISTORY, lambda now: sealing.behind(now=now) > UNSEALED),
)


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
