"""History as it was sealed, batch by batch: what `verify` looks at and `export` takes along."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Final, TypeAlias

from django.db.models import Exists, OuterRef, Q

from doorward.audit.models import Batch, ErasedEvent, Event
from doorward.kernel.db.paging import in_pages

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_BATCHES_AT_ONCE: Final = 100
# What Python says of a column that Doorward never wrote so: a date that is none (SQLite takes anything).
UNREADABLE: Final = (ValueError, TypeError, AttributeError, OverflowError)

_Events: TypeAlias = list[Event] | None


def batches_with_events(last: int) -> Iterator[tuple[Batch, _Events, list[ErasedEvent]]]:
    """Return each batch up to number `last`, with the events that say they are of it, in their order.

    After them the hashes that stand in the place of events of customers who were deleted for good.

    None in place of the events: one of them cannot be read. An event whose batch is not there is in
    none of them: see `strays`.
    """
    after = 0
    while chunk := _batches(after, last):
        after = chunk[-1].number
        of_batch = _events(chunk[0].number, after)
        erased = _erased(chunk[0].number, after)
        for batch in chunk:
            yield batch, of_batch.get(batch.number, []), erased.get(batch.number, [])


def sealed_of(numbers: Collection[int]) -> dict[int, list[Event | ErasedEvent]]:
    """Return all events of these batches and what is left of erased ones, in their order; a batch may have none."""
    found: dict[int, list[Event | ErasedEvent]] = {number: [] for number in numbers}
    for rows in (Event.objects, ErasedEvent.objects):
        for one in rows.filter(batch__in=numbers):
            found[one.batch or 0].append(one)
    for events in found.values():
        events.sort(key=attrgetter("id"))
    return found


def strays() -> list[int]:
    """Return the numbers of batches that events say they are of, and that are not there."""
    there = Batch.objects.filter(number=OuterRef("batch"))
    events = Event.objects.filter(~Exists(there), batch__isnull=False)
    numbers = set(events.values_list("batch", flat=True))
    numbers |= set(ErasedEvent.objects.filter(~Exists(there)).values_list("batch", flat=True))
    return sorted(number for number in numbers if number is not None)


def not_sealed(last: int) -> Iterator[Event]:
    """Return the events that are in no batch up to number `last`, in their order."""
    later = Event.objects.filter(Q(batch__isnull=True) | Q(batch__gt=last))
    return in_pages(later)


def _batches(after: int, last: int) -> list[Batch]:
    rows = Batch.objects.filter(number__gt=after, number__lte=last)
    return list(rows.order_by("number")[:_BATCHES_AT_ONCE])


def _erased(first: int, last: int) -> dict[int, list[ErasedEvent]]:
    found: dict[int, list[ErasedEvent]] = {}
    for erased in ErasedEvent.objects.filter(batch__range=(first, last)).order_by("id"):
        found.setdefault(erased.batch, []).append(erased)
    return found


def _events(first: int, last: int) -> dict[int, _Events]:
    found: dict[int, list[Event]] = {}
    try:
        for event in Event.objects.filter(batch__range=(first, last)).order_by("batch", "id"):
            found.setdefault(event.batch or 0, []).append(event)
    except UNREADABLE:
        if first == last:
            return {first: None}
        middle = (first + last) // 2
        return _events(first, middle) | _events(middle + 1, last)
    return {**found}
