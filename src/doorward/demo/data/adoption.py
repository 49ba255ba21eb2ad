"""How far two-factor sign-in had come on each day of the story, from when people and devices were added."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from doorward.accounts.models import Administrator
from doorward.credentials.models import USABLE, Factor
from doorward.customers.models import Customer, CustomerKind
from doorward.directory import adoption_sums
from doorward.directory.models import EVERYBODY, AdoptionDay, AdoptionPoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime
    from uuid import UUID

_DAYS = 90


def write(*, now: datetime) -> None:
    """Write the days before today; then count today as the worker does."""
    people = list(Administrator.objects.everywhere().values_list("id", "customer_id", "added_at"))
    with_device: dict[UUID, date] = {}
    devices = Factor.objects.filter(USABLE).order_by("-confirmed_at")
    for person_id, at in devices.values_list("administrator_id", "confirmed_at"):
        with_device[person_id] = at.date()
    there = [(customer, at.date(), with_device.get(person)) for person, customer, at in people]
    brands = dict(Customer.objects.filter(kind=CustomerKind.CUSTOMER).values_list("id", "brand_id"))
    points: list[AdoptionPoint] = []
    days: list[AdoptionDay] = []
    before: Counter[tuple[UUID, str]] = Counter()
    for ago in range(_DAYS, 0, -1):
        day = (now - timedelta(days=ago)).date()
        found = _on(day, there)
        points += _points(day, found, before)
        days += _sums(day, found, brands)
        before = found
    AdoptionPoint.objects.bulk_create(points)
    AdoptionDay.objects.bulk_create(days)
    adoption_sums.note_all(now=now)
    adoption_sums.fold(now=now)


def _on(day: date, there: Iterable[tuple[UUID, date, date | None]]) -> Counter[tuple[UUID, str]]:
    found: Counter[tuple[UUID, str]] = Counter()
    for customer, added, covered in there:
        if added <= day:
            found[customer, "people"] += 1
            found[customer, "covered"] += covered is not None and covered <= day
    return found


def _points(
    day: date, found: Counter[tuple[UUID, str]], before: Counter[tuple[UUID, str]]
) -> Iterator[AdoptionPoint]:
    for customer in {customer for customer, _name in found}:
        people, covered = (customer, "people"), (customer, "covered")
        by = (found[people] - before[people], found[covered] - before[covered])
        if any(by):
            yield AdoptionPoint(
                customer_id=customer,
                day=day,
                people=found[people],
                covered=found[covered],
                people_by=by[0],
                covered_by=by[1],
            )


def _sums(
    day: date, found: Counter[tuple[UUID, str]], brands: Mapping[UUID, UUID]
) -> Iterator[AdoptionDay]:
    """Return the day of all customers together and of each brand; everybody's device is an app here."""
    sums: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
    for (customer, name), number in found.items():
        for of in {EVERYBODY, brands.get(customer, EVERYBODY)}:
            sums[of][name] += number
    for of, numbers in sums.items():
        yield AdoptionDay(
            of=of,
            day=day,
            people=numbers["people"],
            bare=numbers["people"] - numbers["covered"],
            app=numbers["covered"],
            passkey=0,
            one_device=0,
            not_seen=0,
        )
