"""Keeping adoption up to date: customers are counted again where something happened, and sums follow by the difference.

Whatever changes how somebody stands is an event, and is told to `note` after it was committed. What `note` has written
down, `fold` counts: so the numbers are those of counting, whoever changes what at the same time. Once a day all are
counted, as time alone makes people not seen for long.

A customer's row and the sums that it is part of change in one transaction, and nowhere else. `settle` adds all rows up
once a day all the same, as somebody may have repaired a database by hand.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Sum

from doorward.customers.models import Customer, CustomerKind
from doorward.directory.adoption import COLUMNS, KEEP, Totals, count
from doorward.directory.models import (
    EVERYBODY,
    Adoption,
    AdoptionDay,
    AdoptionDue,
    AdoptionPoint,
    AdoptionSum,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime
    from uuid import UUID

    from doorward.directory.models import Numbers

# So many in a transaction, and so many in a round of the worker, which has mail to send.
AT_ONCE: Final = 200
IN_A_ROUND: Final = 2000


def note(customer_ids: Iterable[UUID]) -> None:
    """Write down that these customers are to be counted again, in the caller's transaction.

    What happened there must be committed: who counts them next has to see it.
    """
    due = [AdoptionDue(customer_id=one) for one in sorted(set(customer_ids))]
    if due:
        AdoptionDue.objects.bulk_create(due, ignore_conflicts=True)


def note_all(*, now: datetime) -> int:
    """Write down that all are to be counted again; return how many. Once a day, as people are not seen by time."""
    del now
    ids = list(Customer.objects.values_list("id", flat=True))
    for start in range(0, len(ids), AT_ONCE):
        note(ids[start : start + AT_ONCE])
    return len(ids)


def fold(*, now: datetime) -> int:
    """Count customers that are due, as many as a round of the worker has time for; return how many."""
    folded = 0
    while folded < IN_A_ROUND:
        with transaction.atomic():
            number = _fold_some(today=now.date(), now=now)
        if not number:
            break
        folded += number
    if not AdoptionDay.objects.filter(of=EVERYBODY, day__gte=now.date()).exists():
        with transaction.atomic():
            _add({}, today=now.date())
    return folded


@transaction.atomic
def drop(customer_id: UUID) -> None:
    """Take a customer out of all sums, and delete its numbers: before it is deleted itself."""
    AdoptionDue.objects.filter(customer_id=customer_id).delete()
    row = Adoption.objects.select_for_update().filter(customer_id=customer_id).first()
    if row is not None:
        row.delete()
        _add(_changes([row], before={}, sign=-1), today=None)


@transaction.atomic
def settle(*, now: datetime) -> int:
    """Add up all rows; return how many sums were not what they ought to be."""
    sums = _locked_sums()
    rows = (
        Adoption.objects.order_by()
        .values("brand_id")
        .annotate(**{f"all_{name}": Sum(name) for name in COLUMNS})
    )
    found: dict[UUID, Counter[str]] = {of: Counter() for of in sums}
    for row in rows:
        numbers = Counter({name: row[f"all_{name}"] for name in COLUMNS})
        found[EVERYBODY].update(numbers)
        if row["brand_id"] is not None:
            found[row["brand_id"]] = numbers
    differs = {of: _less(numbers, sums.get(of)) for of, numbers in found.items()}
    wrong = {of: by for of, by in differs.items() if any(by.values())}
    _add(wrong, today=now.date())
    return len(wrong)


def forget(*, now: datetime) -> int:
    """Delete days of long ago, but the newest of each customer before that: it is what they began with."""
    before = (now - KEEP).date()
    later = AdoptionPoint.objects.filter(
        customer=OuterRef("customer"), day__gt=OuterRef("day"), day__lte=before
    )
    old = AdoptionPoint.objects.filter(day__lt=before)
    return (
        old.filter(Exists(later)).delete()[0]
        + (AdoptionDay.objects.filter(day__lt=before).delete()[0])
    )


def _fold_some(*, today: date, now: datetime) -> int:
    """Count some that are due, in the caller's transaction.

    They are no longer due before they are counted: what is committed after that makes them due once more.
    """
    due = AdoptionDue.objects.order_by("customer_id").select_for_update(skip_locked=True)
    ids = list(due.values_list("customer_id", flat=True)[:AT_ONCE])
    if not ids:
        return 0
    AdoptionDue.objects.filter(customer_id__in=ids).delete()
    there = Customer.objects.filter(id__in=ids).values_list("id", "brand_id", "kind")
    brands = {one: None if kind == CustomerKind.PROVIDER else brand for one, brand, kind in there}
    before = Adoption.objects.in_bulk(list(brands))
    found = count(brands, now=now)
    rows = [_row(one, brand, found.get(one, Totals())) for one, brand in brands.items()]
    changed = [row for row in rows if not _is_same(before.get(row.customer_id), row)]
    if changed:
        Adoption.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["customer"],
            update_fields=("brand_id", *COLUMNS),
        )
        _write_points(changed, before, today=today)
        _add(_changes(changed, before=before), today=today)
    return len(ids)


def _row(customer_id: UUID, brand_id: UUID | None, found: Totals) -> Adoption:
    values = {name: getattr(found, name) for name in COLUMNS}
    return Adoption(customer_id=customer_id, brand_id=brand_id, **values)


def _is_same(before: Adoption | None, now: Adoption) -> bool:
    names = ("brand_id", *COLUMNS)
    return before is not None and all(getattr(before, name) == getattr(now, name) for name in names)


def _write_points(
    changed: Iterable[Adoption], before: Mapping[UUID, Adoption], *, today: date
) -> None:
    """Write down what the day changed; a worker whose clock is ahead may have begun the next one."""
    each = [(row, _less(row, before.get(row.customer_id))) for row in changed]
    moved = [
        (row, by) for row, by in each if row.customer_id not in before or by["people"] or by["bare"]
    ]
    ids = [row.customer_id for row, _by in moved]
    there = AdoptionPoint.objects.filter(customer_id__in=ids, day__gte=today)
    begun = {one.customer_id: one for one in there}
    points = []
    for row, by in moved:
        point = begun.get(row.customer_id) or AdoptionPoint(
            customer_id=row.customer_id, day=today, people_by=0, covered_by=0
        )
        point.people, point.covered = row.people, row.people - row.bare
        point.people_by += by["people"]
        point.covered_by += by["people"] - by["bare"]
        points.append(point)
    AdoptionPoint.objects.bulk_create(
        points,
        update_conflicts=True,
        unique_fields=["customer", "day"],
        update_fields=["people", "covered", "people_by", "covered_by"],
    )


def _changes(
    rows: Iterable[Adoption], *, before: Mapping[UUID, Adoption], sign: int = 1
) -> dict[UUID, Counter[str]]:
    """Return what these rows, as they are and as they were, change at each sum."""
    changes: dict[UUID, Counter[str]] = {}
    for row in rows:
        for one, way in ((row, sign), (before.get(row.customer_id), -sign)):
            if one is None:
                continue
            for of in {EVERYBODY, one.brand_id or EVERYBODY}:
                numbers = changes.setdefault(of, Counter())
                for name in COLUMNS:
                    numbers[name] += way * getattr(one, name)
    return changes


def _add(changes: Mapping[UUID, Counter[str]], *, today: date | None) -> None:
    """Add to the sums, and to those of the day, in the caller's transaction; None: of the newest day there is.

    A day begins with all of them, so that it can be added up over brands.
    """
    sums = _locked_sums()
    for of, by in changes.items():
        one = sums.setdefault(of, _nothing(of))
        for name in COLUMNS:
            setattr(one, name, getattr(one, name) + by[name])
    changed = [sums[of] for of in changes]
    AdoptionSum.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["of"], update_fields=COLUMNS
    )
    newest = AdoptionDay.objects.filter(of=EVERYBODY).aggregate(day=Max("day"))["day"]
    if today is None and newest is None:
        return
    day = max(one for one in (today, newest) if one is not None)
    AdoptionDay.objects.bulk_create(
        [_of_day(one, day) for one in (changed if day == newest else sums.values())],
        update_conflicts=True,
        unique_fields=["of", "day"],
        update_fields=COLUMNS,
    )


def _locked_sums() -> dict[UUID, AdoptionSum]:
    """Return all sums. Who has that of everybody changes them alone, until the transaction is over."""
    everybody = AdoptionSum.objects.select_for_update().filter(of=EVERYBODY)
    if not everybody.exists():
        AdoptionSum.objects.bulk_create([_nothing(EVERYBODY)], ignore_conflicts=True)
    everybody.get()
    return AdoptionSum.objects.in_bulk()


def _nothing(of: UUID) -> AdoptionSum:
    return AdoptionSum(of=of, **dict.fromkeys(COLUMNS, 0))


def _of_day(one: AdoptionSum, day: date) -> AdoptionDay:
    return AdoptionDay(of=one.of, day=day, **{name: getattr(one, name) for name in COLUMNS})


def _less(numbers: Numbers | Counter[str], other: Numbers | None) -> Counter[str]:
    """Return how much more the one has than the other."""
    left = _numbers(numbers)
    left.subtract(_numbers(other))
    return left


def _numbers(of: Numbers | Counter[str] | None) -> Counter[str]:
    if of is None or isinstance(of, Counter):
        return Counter(of)
    return Counter({name: getattr(of, name) for name in COLUMNS})
