"""History as it was sealed, batch by batch: what `verify` looks at and `export` takes along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from django.db.models import Exists, OuterRef, Q

from doorward.audit.models import Batch, Event
from doorward.kernel.db.paging import in_pages

if TYPE_CHECKING:
    from collections.abc import Iterator

_BATCHES_AT_ONCE: Final = 100
# What Python says of a column that Doorward never wrote so: a date that is none (SQLite takes anything).
UNREADABLE: Final = (ValueError, TypeError, AttributeError, OverflowError)

_Events: TypeAlias = list[Event] | None


def batches_with_events(last: int) -> Iterator[tuple[Batch, _Events]]:
    """Return each batch up to number `last`, with the events that say they are of it, in their order.

    None in place of the events: one of them cannot be read. An event whose batch is not there is in
    none of them: see `strays`.
    """
    after = 0
    while chunk := _batches(after, last):
        after = chunk[-1].number
        of_batch = _events(chunk[0].number, after)
        for batch in chunk:
            yield batch, of_batch.get(batch.number, [])


def strays() -> list[int]:
    """Return the numbers of batches that events say they are of, and that are not there."""
    there = Batch.objects.filter(number=OuterRef("batch"))
    events = Event.objects.filter(~Exists(there), batch__isnull=False)
    numbers = events.order_by("batch").values_list("batch", flat=True).distinct()
    return [number for number in numbers if number is not None]


def not_sealed(last: int) -> Iterator[Event]:
    """Return the events that are in no batch up to number `last`, in their order."""
    later = Event.objects.filter(Q(batch__isnull=True) | Q(batch__gt=last))
    return in_pages(later)


def _batches(after: int, last: int) -> list[Batch]:
    rows = Batch.objects.filter(number__gt=after, number__lte=last)
    return list(rows.order_by("number")[:_BATCHES_AT_ONCE])


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
