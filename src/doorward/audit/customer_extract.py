"""One customer's part of sealed history, so that it can be verified with nothing of anybody else's in it.

Of each batch with events of theirs there are these, with their places in its tree, and the hashes beside them; of each
other one there is its head, from the first that matters to the newest. `docs/history.md` describes the form.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from django.db.models import Q

from doorward.audit import chain, exporting, reading
from doorward.audit.events import ADMINISTRATOR_ERASED
from doorward.audit.leaves import leaf_of, plain
from doorward.audit.models import Batch, ErasedEvent, Event
from doorward.audit.sealing import newest
from doorward.kernel.db.paging import in_pages, values_in_pages

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.exporting import Record

COLUMNS: Final = (*exporting.COLUMNS, "place", "path")
_BATCHES_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose events, and of which time; None: all there are."""

    customer_id: UUID
    since: datetime | None = None
    until: datetime | None = None

    def rows(self) -> QuerySet[Event]:
        """Return these events, and whatever says later that somebody was erased from them."""
        rows = Event.objects.filter(customer_id=self.customer_id)
        if self.since is not None:
            rows = rows.filter(at__gte=self.since)
        if self.until is not None:
            rows = rows.filter(Q(at__lt=self.until) | Q(type=ADMINISTRATOR_ERASED))
        return rows

    def has(self, event: Event) -> bool:
        """Return whether it is one of these: `rows`, of an event at hand."""
        in_time = self.since is None or self.since <= event.at
        ended = self.until is not None and self.until <= event.at
        return (
            event.customer_id == self.customer_id
            and in_time
            and (not ended or event.type == ADMINISTRATOR_ERASED)
        )


@dataclass(slots=True)
class Seals:
    """What was seen of the seals while an extract was made. `broken`: batches whose events or heads do not fit."""

    events: int = 0
    waiting: int = 0
    batches: int = 0
    first: int = 0
    newest: chain.Anchor | None = None
    sealed_at: datetime | None = None
    broken: list[int] = field(default_factory=list)


def records(wanted: Wanted, seals: Seals) -> Iterator[Record]:
    """Return first whose extract it is, then events and heads batch by batch, then the events that are not sealed yet.

    `seals` has been filled in at the end. Raises one of `reading.UNREADABLE` where a row cannot even be read.
    """
    last = newest()
    number = last.number if last else 0
    with_theirs = _batches_of(wanted, upto=number)
    seals.first = with_theirs[0] if with_theirs else number
    before = Batch.objects.filter(number=seals.first - 1).first()
    yield _head(wanted, before)
    head = bytes(before.head) if before else chain.START
    for batch, events in _walk(with_theirs, first=seals.first, last=number):
        yield from _of_batch(batch, events, wanted, seals)
        if chain.head_hash(batch.sealed(), previous=head) != bytes(batch.head):
            seals.broken.append(batch.number)
        head = bytes(batch.head)
        seals.newest, seals.sealed_at = batch.anchor, batch.sealed_at
    for event in in_pages(wanted.rows().filter(Q(batch__isnull=True) | Q(batch__gt=number))):
        seals.events, seals.waiting = seals.events + 1, seals.waiting + 1
        yield exporting.of_event(event, batch=None)


def _head(wanted: Wanted, before: Batch | None) -> Record:
    """Return the first record: whose extract it is, and the head before its first batch."""
    times = {"from": wanted.since, "to": wanted.until}
    return {
        "record": "extract",
        "batch": before.number if before else 0,
        "customer_id": str(wanted.customer_id),
        "head": (bytes(before.head) if before else chain.START).hex(),
        "details": {name: plain(at) for name, at in times.items() if at is not None},
    }


def _batches_of(wanted: Wanted, *, upto: int) -> array[int]:
    """Return the numbers of the batches that have events of theirs, in order: eight bytes for each, at most."""
    found = array("q")
    rows = wanted.rows().filter(batch__isnull=False, batch__lte=upto)
    for _id, number in values_in_pages(rows, "batch"):
        if not found or found[-1] != number:
            found.append(number)
    # An event that was committed late is in a later batch than those with a higher id.
    return array("q", sorted(found))


def _walk(
    with_theirs: array[int], *, first: int, last: int
) -> Iterator[tuple[Batch, list[Event | ErasedEvent] | None]]:
    """Return each batch, with all its events (of everybody) where there are some of theirs; None: there are none."""
    place = 0
    rows = Batch.objects.filter(number__lte=last).order_by("number")
    after = first - 1
    while chunk := list(rows.filter(number__gt=after)[:_BATCHES_AT_ONCE]):
        after = chunk[-1].number
        numbers = set[int]()
        while place < len(with_theirs) and with_theirs[place] <= after:
            numbers.add(with_theirs[place])
            place += 1
        events = reading.sealed_of(numbers)
        for batch in chunk:
            yield batch, events[batch.number] if batch.number in numbers else None


def _of_batch(
    batch: Batch, events: list[Event | ErasedEvent] | None, wanted: Wanted, seals: Seals
) -> Iterator[Record]:
    seals.batches += 1
    if events is None:
        yield exporting.of_batch(batch)
        return
    leaves = [_leaf(event) for event in events]
    theirs = {
        place: event
        for place, event in enumerate(events)
        if isinstance(event, Event) and wanted.has(event)
    }
    if len(leaves) != batch.size or chain.tree_head(leaves) != bytes(batch.root):
        seals.broken.append(batch.number)
    for place, event in theirs.items():
        seals.events += 1
        yield exporting.of_event(event, batch=batch.number) | {"place": place}
    yield exporting.of_batch(batch) | {
        "path": [one.hex() for one in chain.beside(leaves, frozenset(theirs))]
    }


def _leaf(event: Event | ErasedEvent) -> bytes:
    return leaf_of(event) if isinstance(event, Event) else bytes(event.leaf)
