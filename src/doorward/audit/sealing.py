"""Sealing history: what was written and is not sealed yet becomes a batch, chained to the one before.

An event that is written waits for nobody: it is only found later, by having no batch. So one that
commits late, with a lower id than others have that are sealed already, is in the next batch (decision 0030).
"""

from __future__ import annotations

import time
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import connection, transaction

from doorward.audit import chain
from doorward.audit.leaf_forms import FORMS
from doorward.audit.leaves import leaf_of
from doorward.audit.models import Batch, Event

if TYPE_CHECKING:
    from datetime import datetime

# How long the database is held at a time, and how much of a backlog is done in one go.
EVENTS_A_BATCH: Final = 200
BATCHES_AT_ONCE: Final = 100
LEAST_PAUSE_SECONDS: Final = 0.02

# Of PostgreSQL's advisory locks: any number that nobody else takes.
_LOCK: Final = 0x5EA1


def seal(*, now: datetime) -> int:
    """Seal the events that wait, batch after batch; return their number."""
    sealed = 0
    for _batch in range(BATCHES_AT_ONCE):
        # Only looked at first: on SQLite a transaction, even of nothing, keeps writers waiting.
        if not Event.objects.filter(batch__isnull=True, form__in=list(FORMS)).exists():
            break
        began = time.monotonic()
        sealed += _seal_batch(now=now)
        if connection.vendor == "sqlite":
            # Nobody is next in a queue there: who waits looks again from time to time, and must find it free.
            time.sleep(max(time.monotonic() - began, LEAST_PAUSE_SECONDS))
    return sealed


def behind(*, now: datetime) -> timedelta:
    """Return how old the oldest event is that is not sealed yet; nothing where all are.

    One in a form of a newer release waits for that release's worker, and is not counted.
    """
    waiting = Event.objects.filter(batch__isnull=True, form__in=list(FORMS))
    first = waiting.order_by("id").values_list("at", flat=True).first()
    return max(now - first, timedelta(0)) if first else timedelta(0)


def newest() -> Batch | None:
    """Return the batch that was sealed last."""
    return Batch.objects.order_by("-number").first()


@transaction.atomic
def _seal_batch(*, now: datetime) -> int:
    _alone()
    waiting = Event.rewritable.filter(batch__isnull=True)
    # What a newer release has written in a form of its own is sealed by its worker.
    known = waiting.filter(form__in=list(FORMS))
    events = list(known.order_by("id")[:EVENTS_A_BATCH])
    if not events:
        return 0
    last = newest()
    batch = chain.Sealed(
        number=last.number + 1 if last else 1,
        size=len(events),
        root=chain.tree_head([leaf_of(event) for event in events]),
        sealed_at=chain.timestamp(now),
        complete=len(events) < EVENTS_A_BATCH
        and not waiting.exclude(form__in=list(FORMS)).exists(),
    )
    head = chain.head_hash(batch, previous=bytes(last.head) if last else chain.START)
    Batch.objects.create(**asdict(batch) | {"sealed_at": now, "head": head})
    waiting.filter(id__in=[event.id for event in events]).update(batch=batch.number)
    return batch.size


def _alone() -> None:
    """Keep others who seal waiting until this transaction ends; never who writes events."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    # On SQLite a transaction is the only one that writes, from its start.
