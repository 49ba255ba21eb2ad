"""Reminders: whoever still has time to set up a second factor is told of their own day, at once and as it nears.

They stop when a factor is set up that is enough. The worker goes through everybody once an hour, page by page. How far
it is stands in a row that is written together with the reminders of a page, so nobody is reminded twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from doorward.accounts.models import Administrator, Standing, Status
from doorward.audit.actor import WORKER, Who
from doorward.audit.naming import full_name
from doorward.audit.record import record
from doorward.customers.models import Customer, CustomerStatus
from doorward.directory.state import enough
from doorward.policy.effective import effective
from doorward.policy.grace import Member, waits
from doorward.policy.loading import policies_of
from doorward.policy.models import PolicyVersion
from doorward.policy.series import counting
from doorward.policy.waves import midnight
from doorward.rollout.events import REMINDED
from doorward.rollout.models import Reminder, ReminderSweep

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from django.db.models import QuerySet

    from doorward.policy.effective import Policies

EVERY: Final = timedelta(hours=1)
# So many people are looked at in one transaction, and about so many are reminded in one round.
PAGE: Final = 500
AT_ONCE: Final = 2000
_PAGES_AT_ONCE: Final = 40
# How long it is remembered after the day.
KEPT: Final = timedelta(days=30)


class Kind(StrEnum):
    """When somebody is reminded: as soon as the day is set, and so many days before it."""

    SAVED = "saved"
    WEEK = "week"
    THREE_DAYS = "three_days"
    DAY = "day"


_DAYS_BEFORE: Final = ((1, Kind.DAY), (3, Kind.THREE_DAYS), (7, Kind.WEEK))


def kind_due(day: datetime, *, now: datetime) -> Kind | None:
    """Return which reminder of a day it is time for; None: the day has come. What was missed is not made up for."""
    if day <= now:
        return None
    left = day - now
    return next((kind for days, kind in _DAYS_BEFORE if left <= timedelta(days=days)), Kind.SAVED)


def day_of(
    member: Member, standing: Standing, policies: Policies, *, now: datetime
) -> datetime | None:
    """Return the day that somebody is still to set up a factor by; None: they need not, or they are due already."""
    policy = effective(member, policies, now=now)
    # Whose wave waits has no day that could be named.
    if waits((policies.customer, policies.minimum, policies.brand), member, now=now):
        return None
    day = policy.grace_until
    if day is None or not policy.in_grace(now):
        return None
    kinds = policies.values(now=day).kinds
    return None if standing >= enough(kinds) else day


def still_wanted(person: Administrator, *, now: datetime) -> bool:
    """Return whether somebody still has to set up a factor, and time to do it: a reminder is sent to nobody else.

    Wants `customer.brand` at hand.
    """
    row = {name: getattr(person, name) for name in _MEMBER}
    standing, policies = Standing(person.standing), policies_of(person.customer)
    return person.status == Status.ACTIVE and (
        day_of(_member(row), standing, policies, now=now) is not None
    )


def remind_due(*, now: datetime) -> int:
    """Go on with reminding those whose time it is; return how many were. For the worker, each minute."""
    reminded, sweep = 0, ReminderSweep.objects.filter(id=1).first()
    # Only looked at first: on SQLite a transaction, even of nothing, keeps writers waiting.
    if sweep is not None and not _is_time(sweep, now=now):
        return 0
    for _page in range(_PAGES_AT_ONCE):
        with transaction.atomic():
            sweep = _next(now=now)
            if sweep is None:
                break
            reminded += _remind_page(sweep, now=now)
        if reminded >= AT_ONCE:
            break
    return reminded


def forget(*, now: datetime) -> int:
    """Delete what is remembered of days long gone; return how many there were."""
    return Reminder.objects.filter(day__lt=now - KEPT).delete()[0]


def _next(*, now: datetime) -> ReminderSweep | None:
    """Return how far it is, for this worker alone; None: another one is at it, or it is not time yet."""
    ReminderSweep.objects.get_or_create(id=1, defaults={"begun_at": now - EVERY})
    # On SQLite the transaction is the only writer.
    rows = ReminderSweep.objects.select_for_update(skip_locked=True)
    sweep = rows.filter(id=1).first()
    if sweep is None or not _is_time(sweep, now=now):
        return None
    if sweep.customer_id is None:
        sweep.begun_at, sweep.customer_id, sweep.after = now, UUID(int=0), None
    return sweep


def _is_time(sweep: ReminderSweep, *, now: datetime) -> bool:
    """Return whether it is on its way, or the next one is to begin: each hour, and as soon as a version is saved.

    Also where a clock dated the last one ahead.
    """
    if sweep.customer_id is not None or not sweep.begun_at <= now < sweep.begun_at + EVERY:
        return True
    return PolicyVersion.objects.filter(saved_at__gt=sweep.begun_at, saved_at__lte=now).exists()


def _remind_page(sweep: ReminderSweep, *, now: datetime) -> int:
    """Remind the next page of people, and write down how far it is; in the caller's transaction."""
    customer = _customer(sweep, now=now)
    rows: list[dict[str, Any]] = []
    if customer is not None:
        rows = list(_people(customer, sweep).values(*_COLUMNS)[:PAGE])
    if customer is None:
        sweep.customer_id = sweep.after = None
    elif len(rows) < PAGE:
        sweep.customer_id, sweep.after = _after(customer.id), None
    else:
        sweep.customer_id, sweep.after = customer.id, rows[-1]["id"]
    sweep.save()
    return _remind(customer, rows, now=now) if customer is not None else 0


def _after(customer_id: UUID) -> UUID:
    return UUID(int=min(customer_id.int + 1, 2**128 - 1))


def _customer(sweep: ReminderSweep, *, now: datetime) -> Customer | None:
    """Return the customer whose people come next; passes over those where nobody can have time."""
    asked = ~Q(policy="") | ~Q(minimum="") | ~Q(brand__minimum="")
    rows = Customer.objects.filter(asked, status=CustomerStatus.ACTIVE).select_related("brand")
    ordered, start = rows.order_by("id"), sweep.customer_id
    while page := list(ordered.filter(id__gte=start)[:PAGE]):
        for customer in page:
            if _gives_time(policies_of(customer), now=now):
                if customer.id != sweep.customer_id:
                    sweep.after = None
                return customer
        start = _after(page[-1].id)
    return None


def _gives_time(policies: Policies, *, now: datetime) -> bool:
    """Return whether somebody may have time: a version is planned, its day is to come, or newcomers have days."""
    versions = (
        one
        for series in (policies.customer, policies.minimum, policies.brand)
        for one in counting(series, now=now)
    )
    return any(
        one.values.newcomer_days
        or not one.has_come(now)
        or (one.values.from_day is not None and midnight(one.values.from_day) > now)
        for one in versions
    )


_MEMBER: Final = (
    *("require_2fa", "tabs", "wave_share", "joined_at", "due_since", "excepted_until"),
)
_COLUMNS: Final = ("id", "email", "first_name", "last_name", "standing", *_MEMBER)


def _people(customer: Customer, sweep: ReminderSweep) -> QuerySet[Administrator]:
    # Nobody is sure with more than a passkey, and a tick gives no time.
    people = Administrator.objects.of(customer.id).filter(
        status=Status.ACTIVE, standing__lt=Standing.PASSKEY, require_2fa=False
    )
    return (people.filter(id__gt=sweep.after) if sweep.after else people).order_by("id")


def _member(row: Mapping[str, Any]) -> Member:
    return Member(
        ticked=row["require_2fa"],
        tabs=frozenset(row["tabs"].split()),
        share=row["wave_share"],
        joined_at=row["joined_at"],
        was_due=row["due_since"] is not None,
        excepted_until=row["excepted_until"],
    )


def _remind(customer: Customer, rows: Iterable[Mapping[str, Any]], *, now: datetime) -> int:
    policies = policies_of(customer)
    due: list[tuple[Mapping[str, Any], Reminder]] = []
    for row in rows:
        day = day_of(_member(row), Standing(row["standing"]), policies, now=now)
        kind = None if day is None else kind_due(day, now=now)
        if day is not None and kind is not None:
            due.append((row, Reminder(administrator_id=row["id"], day=day, kind=kind)))
    done = _done([one for _, one in due])
    fresh = [(row, one) for row, one in due if _key(one) not in done]
    Reminder.objects.bulk_create([one for _, one in fresh])
    for row, one in fresh:
        record(
            REMINDED,
            actor=WORKER,
            subject=_who(row, customer),
            details={"day": one.day.isoformat()},
        )
    return len(fresh)


def _done(wanted: Collection[Reminder]) -> set[tuple[UUID, datetime, str]]:
    rows = Reminder.objects.filter(administrator_id__in=[one.administrator_id for one in wanted])
    return set(rows.values_list("administrator_id", "day", "kind")) if wanted else set()


def _key(one: Reminder) -> tuple[UUID, datetime, str]:
    return one.administrator_id, one.day, str(one.kind)


def _who(row: Mapping[str, Any], customer: Customer) -> Who:
    return Who(
        id=row["id"],
        name=full_name(row["first_name"], row["last_name"], row["email"]),
        email=row["email"],
        customer_id=customer.id,
        customer_name=customer.name,
    )
