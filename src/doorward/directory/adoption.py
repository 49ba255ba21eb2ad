"""Adoption: how many people have a second factor, kept for each customer and counted again where something happened.

Whatever changes how somebody stands is an event, and is told to `note` after it was committed. What `note` has written
down, `fold` counts: so the numbers are those of counting, whoever changes what at the same time. Once a day all are
counted, as time alone makes people not seen for long.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, Sum

from doorward.accounts.models import ONE_DEVICE, Administrator, Standing, Status
from doorward.customers.models import Customer, CustomerStatus
from doorward.customers.staff_scope import which
from doorward.directory import state
from doorward.directory.models import Adoption, AdoptionDay, AdoptionDue, AdoptionPoint
from doorward.directory.state import BY_STANDING, Attention, FactorFilter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.permissions.scope import Scope

# So many in a transaction, and so many in a round of the worker, which has mail to send.
AT_ONCE: Final = 200
IN_A_ROUND: Final = 2000
SHOWN_DAYS: Final = 90
# Of one scope, for one page.
MOST_POINTS: Final = 20_000
KEEP: Final = timedelta(days=400)
SHOWN: Final = ("bare", "app", "passkey", "one_device", "not_seen")
_COLUMNS: Final = ("people", *SHOWN)


@dataclass(frozen=True, slots=True)
class Totals:
    """People in numbers, as `Adoption` has them."""

    people: int = 0
    bare: int = 0
    app: int = 0
    passkey: int = 0
    one_device: int = 0
    not_seen: int = 0

    @property
    def covered(self) -> int:
        """How many have a second factor that works."""
        return self.people - self.bare


@dataclass(frozen=True, slots=True)
class Day:
    """How many people there were at the end of a day, and how many of them had a second factor."""

    day: date
    people: int
    covered: int


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
            number = _fold_some(now=now)
        if not number:
            break
        folded += number
    _note_day(now=now, changed=bool(folded))
    return folded


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


def count(customer_ids: Iterable[UUID], *, now: datetime) -> dict[UUID, Totals]:
    """Count the people of these customers; of one that is closed, or not there, nobody."""
    there = Customer.objects.filter(id__in=list(customer_ids)).exclude(status=CustomerStatus.CLOSED)
    people = Administrator.objects.everywhere().filter(customer__in=there)
    rows = (
        people.exclude(status=Status.REMOVED)
        .order_by()
        .values("customer_id")
        .annotate(
            people=Count("*"),
            bare=_number(standing__lt=Standing.APP),
            app=_number(standing__in=BY_STANDING[FactorFilter.APP]),
            passkey=_number(standing__in=BY_STANDING[FactorFilter.PASSKEY]),
            one_device=_number(standing__in=ONE_DEVICE),
            not_seen=Count("id", filter=state.whom(Attention.NOT_SEEN, now=now)),
        )
    )
    return {
        row["customer_id"]: Totals(**{name: row[name] for name in _COLUMNS})
        for row in rows.values("customer_id", *_COLUMNS)
    }


def kept(customer_id: UUID) -> Totals:
    """Return the numbers of a customer, as they were counted last (one row)."""
    found = Adoption.objects.filter(customer_id=customer_id).values(*_COLUMNS).first()
    return Totals(**found) if found else Totals()


def totals(scope: Scope) -> Totals:
    """Return the numbers of the customers in a scope together; of all, as they were summed up last (one row)."""
    if not scope.is_all:
        rows = Adoption.objects.filter(which(scope, of="customer"))
        return Totals(**rows.aggregate(**{name: Sum(name, default=0) for name in _COLUMNS}))
    newest = AdoptionDay.objects.order_by("-day").values(*_COLUMNS).first()
    return Totals(**newest) if newest else Totals()


def customers(show: str, scope: Scope) -> QuerySet[Adoption]:
    """Return the customers in a scope with their numbers, most of what is asked for (`SHOWN`, or `people`) first."""
    there = Adoption.objects.filter(which(scope, of="customer"))
    rows = there.select_related("customer").order_by(f"-{show}", "customer")
    return rows if show == "people" else rows.filter(**{f"{show}__gt": 0})


def days_of(customer_id: UUID, found: Totals, *, now: datetime) -> list[Day]:
    """Return the last days of a customer, from the first that is known to today, which is as `found` (one query)."""
    rows = AdoptionPoint.objects.filter(customer_id=customer_id, day__lt=now.date()).order_by("day")
    known = [Day(*row) for row in rows.values_list("day", "people", "covered")]
    return _filled([*known, Day(now.date(), found.people, found.covered)], today=now.date())


def week_before(known: Sequence[Day]) -> Day | None:
    """Return the day a week before the last one of these, where it is known."""
    return known[-8] if len(known) >= 8 else None  # noqa: PLR2004 - eight days have both ends of a week


def days(scope: Scope, *, now: datetime) -> list[Day]:
    """Return the last days of the customers in a scope together (one query)."""
    if not scope.is_all:
        return _days_of_some(scope, now=now)
    rows = AdoptionDay.objects.order_by("day").values_list("day", "people", "bare")
    known = [Day(day, people, people - bare) for day, people, bare in rows]
    return _filled(known, today=now.date())


def _days_of_some(scope: Scope, *, now: datetime) -> list[Day]:
    """Add up what each day changed at each customer: days are kept for all customers together alone.

    Of more than a page has time for, nothing is known.
    """
    points = AdoptionPoint.objects.filter(which(scope, of="customer")).order_by("day")
    columns = ("customer_id", "day", "people", "covered")
    rows = list(points.values_list(*columns)[: MOST_POINTS + 1])
    if len(rows) > MOST_POINTS:
        return []
    now_at: dict[UUID, tuple[int, int]] = {}
    people = covered = 0
    known: dict[date, Day] = {}
    for customer_id, day, there, with_factor in rows:
        was = now_at.get(customer_id, (0, 0))
        now_at[customer_id] = (there, with_factor)
        people, covered = people + there - was[0], covered + with_factor - was[1]
        known[day] = Day(day, people, covered)
    return _filled(list(known.values()), today=now.date())


def _number(**of: object) -> Count:
    return Count("id", filter=Q(**of))


def _fold_some(*, now: datetime) -> int:
    """Count some that are due, in the caller's transaction.

    They are no longer due before they are counted: what is committed after that makes them due once more.
    """
    due = AdoptionDue.objects.order_by("customer_id").select_for_update(skip_locked=True)
    ids = list(due.values_list("customer_id", flat=True)[:AT_ONCE])
    if not ids:
        return 0
    AdoptionDue.objects.filter(customer_id__in=ids).delete()
    there = list(Customer.objects.filter(id__in=ids).values_list("id", flat=True))
    before = Adoption.objects.in_bulk(there)
    found = count(there, now=now)
    rows = [_row(one, found.get(one, Totals())) for one in there]
    changed = [row for row in rows if not _is_same(before.get(row.customer_id), row)]
    if changed:
        Adoption.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["customer"], update_fields=_COLUMNS
        )
    moved = [row for row in changed if not _is_same(before.get(row.customer_id), row, _DRAWN)]
    AdoptionPoint.objects.bulk_create(
        [
            AdoptionPoint(
                customer_id=row.customer_id,
                day=now.date(),
                people=row.people,
                covered=row.people - row.bare,
            )
            for row in moved
        ],
        update_conflicts=True,
        unique_fields=["customer", "day"],
        update_fields=["people", "covered"],
    )
    return len(ids)


# What the line over time is drawn of.
_DRAWN: Final = ("people", "bare")


def _row(customer_id: UUID, found: Totals) -> Adoption:
    values = {field.name: getattr(found, field.name) for field in fields(Totals)}
    return Adoption(customer_id=customer_id, **values)


def _is_same(before: Adoption | None, now: Adoption, names: tuple[str, ...] = _COLUMNS) -> bool:
    return before is not None and all(getattr(before, name) == getattr(now, name) for name in names)


def _note_day(*, now: datetime, changed: bool) -> None:
    today = now.date()
    if not changed and AdoptionDay.objects.filter(day=today).exists():
        return
    found = Adoption.objects.aggregate(**{name: Sum(name, default=0) for name in _COLUMNS})
    AdoptionDay.objects.update_or_create(day=today, defaults=found)


def _filled(known: list[Day], *, today: date) -> list[Day]:
    """Return each of the last days; one without a point of its own is like the one before."""
    if not known:
        return []
    first = max(known[0].day, today - timedelta(days=SHOWN_DAYS - 1))
    by_day = {one.day: one for one in known}
    newest = max((one for one in known if one.day <= first), key=lambda one: one.day)
    filled = []
    for place in range((today - first).days + 1):
        at = first + timedelta(days=place)
        newest = by_day.get(at, newest)
        filled.append(Day(at, newest.people, newest.covered))
    return filled
