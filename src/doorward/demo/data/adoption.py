"""How far two-factor sign-in had come on each day of the story, from when people and devices were added."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from doorward.accounts.models import Administrator
from doorward.credentials.models import USABLE, Factor
from doorward.directory import adoption
from doorward.directory.models import AdoptionDay, AdoptionPoint

if TYPE_CHECKING:
    from collections.abc import Iterable
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
    points, days = [], []
    before: Counter[tuple[UUID, str]] = Counter()
    for ago in range(_DAYS, 0, -1):
        day = (now - timedelta(days=ago)).date()
        found = _on(day, there)
        for customer in {customer for customer, _name in found}:
            numbers = [(customer, "people"), (customer, "covered")]
            if any(found[one] != before[one] for one in numbers):
                drawn = {name: found[customer, name] for _, name in numbers}
                points.append(AdoptionPoint(customer_id=customer, day=day, **drawn))
        days.append(_of_all(day, found))
        before = found
    AdoptionPoint.objects.bulk_create(points)
    AdoptionDay.objects.bulk_create(days)
    adoption.note_all(now=now)
    adoption.fold(now=now)


def _on(day: date, there: Iterable[tuple[UUID, date, date | None]]) -> Counter[tuple[UUID, str]]:
    found: Counter[tuple[UUID, str]] = Counter()
    for customer, added, covered in there:
        if added <= day:
            found[customer, "people"] += 1
            found[customer, "covered"] += covered is not None and covered <= day
    return found


def _of_all(day: date, found: Counter[tuple[UUID, str]]) -> AdoptionDay:
    """Return the day of all customers together; everybody's device is an app here."""
    sums: Counter[str] = Counter()
    for (_customer, name), number in found.items():
        sums[name] += number
    return AdoptionDay(
        day=day,
        people=sums["people"],
        bare=sums["people"] - sums["covered"],
        app=sums["covered"],
        passkey=0,
        one_device=0,
        not_seen=0,
    )
