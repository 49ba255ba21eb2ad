"""Adoption: how many people have a second factor, as `adoption_sums.py` keeps it for each customer, brand and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from django.db.models import Count, Q, Sum

from doorward.accounts.models import ACTIVE_OR_INVITED, ONE_DEVICE, Administrator, Standing
from doorward.customers.models import Customer, CustomerStatus
from doorward.customers.staff_scope import which
from doorward.directory import state
from doorward.directory.models import (
    EVERYBODY,
    SHOWN,
    Adoption,
    AdoptionDay,
    AdoptionPoint,
    AdoptionSum,
)
from doorward.directory.state import BY_STANDING, Attention, FactorFilter
from doorward.permissions.staff_scope import Reach

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.permissions.staff_scope import Scope

SHOWN_DAYS: Final = 90
# Before these: how the first was, if the worker stood still on it.
SOME_DAYS: Final = 7
KEEP: Final = timedelta(days=400)
COLUMNS: Final = ("people", *SHOWN)


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


class Named(NamedTuple):
    """The numbers of a customer that somebody is there for by name, as `Adoption` has them."""

    customer_id: UUID
    people: int
    bare: int
    app: int
    passkey: int
    one_device: int
    not_seen: int


@dataclass(frozen=True, slots=True)
class Within:
    """Whose numbers are looked at. Those of customers by name were read at once, as few as can be named.

    Of all, or of a brand, sums and an order are kept (`named` is empty).
    """

    scope: Scope
    named: tuple[Named, ...] = ()

    @property
    def is_by_name(self) -> bool:
        """Whether they are customers by name."""
        return self.scope.reach is Reach.CUSTOMERS


@dataclass(frozen=True, slots=True)
class Day:
    """How many people there were at the end of a day, and how many of them had a second factor."""

    day: date
    people: int
    covered: int


def count(customer_ids: Iterable[UUID], *, now: datetime) -> dict[UUID, Totals]:
    """Count the people of these customers; of one that is closed, or not there, nobody."""
    there = Customer.objects.filter(id__in=list(customer_ids)).exclude(status=CustomerStatus.CLOSED)
    people = Administrator.objects.everywhere().filter(customer__in=there)
    rows = (
        people.filter(status__in=ACTIVE_OR_INVITED)
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
        row["customer_id"]: Totals(**{name: row[name] for name in COLUMNS})
        for row in rows.values("customer_id", *COLUMNS)
    }


def kept(customer_id: UUID) -> Totals:
    """Return the numbers of a customer, as they were counted last (one row)."""
    found = Adoption.objects.filter(customer_id=customer_id).values(*COLUMNS).first()
    return Totals(**found) if found else Totals()


def within(scope: Scope) -> Within:
    """Return what of a scope is looked at for its sums, its days and its order (one query where it is by name)."""
    if scope.reach is not Reach.CUSTOMERS:
        return Within(scope)
    # The provider's own row has no brand: so no customer has to be read beside its numbers.
    rows = Adoption.objects.filter(customer_id__in=scope.ids, brand_id__isnull=False)
    return Within(scope, tuple(Named(*row) for row in rows.values_list("customer_id", *COLUMNS)))


def totals(of: Within) -> Totals:
    """Return the numbers of these customers together, from the sums that are kept (one query, by name none)."""
    if of.is_by_name:
        return Totals(**{name: sum(getattr(one, name) for one in of.named) for name in COLUMNS})
    sums = AdoptionSum.objects.filter(of__in=_summed(of.scope))
    return Totals(**sums.aggregate(**{name: Sum(name, default=0) for name in COLUMNS}))


def customers(scope: Scope) -> QuerySet[Adoption]:
    """Return the customers in a scope with their numbers, in no order."""
    return Adoption.objects.filter(which(scope, of="customer")).select_related("customer")


def days_of(customer_id: UUID, found: Totals, *, now: datetime) -> list[Day]:
    """Return the last days of a customer, from the first that is known to today, which is as `found` (one query)."""
    rows = AdoptionPoint.objects.filter(customer_id=customer_id, day__lt=now.date()).order_by("day")
    known = [Day(*row) for row in rows.values_list("day", "people", "covered")]
    return _filled([*known, Day(now.date(), found.people, found.covered)], today=now.date())


def week_before(known: Sequence[Day]) -> Day | None:
    """Return the day a week before the last one of these, where it is known."""
    return known[-8] if len(known) >= 8 else None  # noqa: PLR2004 - eight days have both ends of a week


def days(of: Within, found: Totals, *, now: datetime) -> list[Day]:
    """Return the last days of these customers together, to today, which is as `found`.

    Those of a brand are of the customers that it had then; those of customers by name are of these.
    """
    today = now.date()
    if of.is_by_name:
        return _days_by_name(of.named, found, today=today)
    since = today - timedelta(days=SHOWN_DAYS + SOME_DAYS)
    rows = AdoptionDay.objects.filter(of__in=_summed(of.scope), day__gte=since, day__lt=today)
    each = rows.order_by("day").values("day").annotate(all=Sum("people"), left=Sum("bare"))
    known = [Day(row["day"], row["all"], row["all"] - row["left"]) for row in each]
    if not known and found == Totals():
        return []
    return _filled([*known, Day(today, found.people, found.covered)], today=today)


def _days_by_name(named: Iterable[Named], found: Totals, *, today: date) -> list[Day]:
    """Go back from today by what each day changed, as far as the line goes (two queries)."""
    points = AdoptionPoint.objects.filter(customer_id__in=[one.customer_id for one in named])
    first = today - timedelta(days=SHOWN_DAYS - 1)
    each = points.filter(day__gt=first).order_by("-day").values("day")
    people, covered, known = found.people, found.covered, [Day(today, found.people, found.covered)]
    for row in each.annotate(all=Sum("people_by"), more=Sum("covered_by")):
        # At the end of this day they are as they were until the next change, which was taken back already.
        if row["day"] < today:
            known.append(Day(row["day"], people, covered))
        people, covered = people - row["all"], covered - row["more"]
    if points.filter(day__lte=first).exists():
        known.append(Day(first, people, covered))
    return _filled(known[::-1], today=today) if len(known) > 1 or found != Totals() else []


def _summed(scope: Scope) -> list[UUID]:
    """Return whose sums make up a scope: that of everybody, or those of its brands."""
    return [EVERYBODY] if scope.is_all else sorted(scope.ids)


def _number(**of: object) -> Count:
    return Count("id", filter=Q(**of))


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
