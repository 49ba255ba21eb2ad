"""Forgetting history that is older than is kept. The heads of its batches stay, so that the rest can be verified."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import transaction

from doorward.audit import erasure_marks
from doorward.audit.actor import WORKER
from doorward.audit.events import HISTORY_FORGOTTEN
from doorward.audit.models import Batch, ErasedEvent, Event
from doorward.audit.record import record

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from doorward.audit.record import Detail

# How many are deleted at a time, so that nobody waits long for the database.
EVENTS_AT_ONCE: Final = 10_000


def forget(*, now: datetime) -> int:
    """Delete the events of whole batches that are older than is kept; return their number.

    Each time it is an event itself: what is gone without one was deleted by somebody else.
    """
    oldest = now - timedelta(days=settings.DOORWARD.history_days)
    kept = Batch.objects.filter(sealed_at__gte=oldest).order_by("number").first()
    old = Event.rewritable.filter(batch__isnull=False)
    if kept is not None:
        old = old.filter(batch__lt=kept.number)
    forgotten = 0
    while upto := _upto(old.values_list("batch", flat=True).order_by("batch")):
        forgotten += _forget(upto)
    return forgotten


def _upto(batches: QuerySet[Event, int | None]) -> int | None:
    """Return the batch up to which to delete next; None: nothing is left."""
    numbers = list(batches[:EVENTS_AT_ONCE])
    return numbers[-1] if numbers else None


@transaction.atomic
def _forget(upto: int) -> int:
    deleted = Event.rewritable.filter(batch__lte=upto).delete()[0]
    # After the events: what is erased of them meanwhile is found by now.
    deleted += ErasedEvent.objects.filter(batch__lte=upto).delete()[0]
    if deleted:
        proof = erasure_marks.proof(HISTORY_FORGOTTEN, upto)
        details: dict[str, Detail] = {"batch": upto, "events": deleted, "proof": proof}
        record(HISTORY_FORGOTTEN, actor=WORKER, details=details)
    return deleted
