"""How this installation is, in numbers for a monitor: read from the database and the disk when they are asked for.

Ten questions at most, none of which reads more the longer Doorward has been in use; and asked once in some seconds, so
that whoever has the token cannot wear the database out by asking.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Final, TypeAlias

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Min, Subquery, Value
from django.db.models.functions import Coalesce

import doorward
from doorward.audit import sealing
from doorward.audit.models import Event
from doorward.credentials.models import Factor
from doorward.customers.models import Customer
from doorward.directory.models import EVERYBODY, AdoptionSum
from doorward.kernel import heartbeat
from doorward.kernel.clock_set_back import has_come
from doorward.kernel.metrics import declared as metrics
from doorward.kernel.models import Heartbeat
from doorward.notifications.models import Delivery, State
from doorward.operations.backup import last_good
from doorward.policy.session_lengths import LONGEST_SECONDS
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from doorward.kernel.metrics.declared import Labels, Metric

Reading: TypeAlias = "tuple[Metric, Labels, float]"

KEPT_FOR: Final = timedelta(seconds=5)
MOST_WAITING: Final = 10_000
MOST_SESSIONS: Final = 100_000
# Whoever did nothing for longer is signed out by the longest idle time that a policy can have.
_USED_WITHIN: Final = timedelta(hours=1)


@dataclass(slots=True)
class _Read:
    at: datetime | None = None
    readings: tuple[Reading, ...] = ()


_read, _reading = _Read(), Lock()


def take(*, now: datetime) -> tuple[Reading, ...]:
    """Return all readings, some seconds old at most; where no database answers, what is known without it."""
    with _reading:
        if _read.at is None or not timedelta(0) <= now - _read.at < KEPT_FOR:
            _read.readings = tuple(_all(now=now))
            _read.at = now
        return _read.readings


def forget() -> None:
    """Read again at the next question: for tests."""
    _read.at, _read.readings = None, ()


def _all(*, now: datetime) -> Iterator[Reading]:
    yield metrics.INFO, (doorward.__version__,), 1
    disk = os.statvfs(settings.DOORWARD.data_dir)
    yield metrics.DISK_FREE, (), disk.f_bavail * disk.f_frsize
    yield metrics.DISK_SIZE, (), disk.f_blocks * disk.f_frsize
    try:
        kept = list(_of_database(now=now))
    except DatabaseError:
        kept = [(metrics.DATABASE_UP, (), 0)]
    yield from kept


def _of_database(*, now: datetime) -> Iterator[Reading]:
    yield metrics.DATABASE_SECONDS, (), _answers_within()
    yield metrics.DATABASE_UP, (), 1
    yield from _worker(now=now)
    yield from _outbox(now=now)
    yield from _history(now=now)
    yield metrics.SESSIONS, (), _open_sessions(now=now)
    yield from _people()


def _answers_within() -> float:
    """Return the seconds that the database took to answer; on PostgreSQL a connection of the pool is among them."""
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return time.perf_counter() - began


def _worker(*, now: datetime) -> Iterator[Reading]:
    backup = last_good.counted(settings.DOORWARD)
    said = Heartbeat.objects.in_bulk([heartbeat.WORKER, heartbeat.ROUND, backup])
    beat, ended = said.get(heartbeat.WORKER), said.get(heartbeat.ROUND)
    yield metrics.WORKER_RUNNING, (), heartbeat.is_alive(beat, now=now)
    # Nothing was ever heard of a worker: no number is the right one.
    if beat is not None:
        yield metrics.WORKER_SILENT, (), _age(beat.at, now=now)
    if ended is not None:
        yield metrics.WORKER_ROUND, (), _age(ended.at, now=now)
    made = said[backup].at if backup in said else None
    if made is not None and has_come(made, now=now):
        yield metrics.BACKUP_AGE, (), _age(made, now=now)
    if settings.DOORWARD.backup_dir.name:
        yield metrics.BACKUP_OVERDUE, (), last_good.is_overdue(made, now=now)


def _outbox(*, now: datetime) -> Iterator[Reading]:
    due = Delivery.objects.filter(state=State.DUE).order_by("next_at")[:MOST_WAITING]
    mails = due.aggregate(number=Count("id"), first=Min("next_at"))
    given_up = Delivery.objects.filter(state=State.GIVEN_UP)[:MOST_WAITING].count()
    new = Event.objects.filter(dispatched_at__isnull=True).order_by("id")[:MOST_WAITING]
    events = new.aggregate(number=Count("id"), first=Min("at"))
    first = min((one["first"] for one in (mails, events) if one["first"]), default=now)
    yield metrics.DELIVERIES, (State.DUE,), mails["number"]
    yield metrics.DELIVERIES, (State.GIVEN_UP,), given_up
    yield metrics.EVENTS_WAITING, (), events["number"]
    yield metrics.OLDEST_DUE, (), _age(first, now=now)


def _history(*, now: datetime) -> Iterator[Reading]:
    newest = sealing.newest()
    if newest is not None:
        yield metrics.SEAL_AGE, (), _age(newest.sealed_at, now=now)
    yield metrics.UNSEALED, (), sealing.behind(now=now).total_seconds()


def _open_sessions(*, now: datetime) -> int:
    begun = now - timedelta(seconds=LONGEST_SECONDS)
    signed_in = Session.objects.filter(ended_at__isnull=True, signed_in_at__gt=begun)
    return signed_in.filter(seen_at__gt=now - _USED_WITHIN)[:MOST_SESSIONS].count()


def _people() -> Iterator[Reading]:
    everybody = AdoptionSum.objects.filter(of=EVERYBODY).first()
    if everybody is not None:
        for factor, column in (("none", "bare"), ("app", "app"), ("passkey", "passkey")):
            yield metrics.PEOPLE, (factor,), getattr(everybody, column)
    # One question for both: there is no moment without a customer.
    locked = Factor.objects.filter(locked_at__isnull=False).order_by().values(of=Value(1))
    number = Coalesce(Subquery(locked.annotate(number=Count("id")).values("number")), 0)
    rows = Customer.objects.order_by().values("status").annotate(here=Count("id"), locked=number)
    by_status = {row["status"]: row["here"] for row in rows}
    for status in metrics.CUSTOMERS.labels["status"]:
        yield metrics.CUSTOMERS, (status,), by_status.get(status, 0)
    yield metrics.LOCKED_NOW, (), max((row["locked"] for row in rows), default=0)


def _age(moment: datetime, *, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds())
