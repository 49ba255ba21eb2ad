"""What is weak at a customer, and what waits, for who looks after its people: one statement, for *Home*."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery

from doorward.accounts.looking_after import who_look_after
from doorward.accounts.models import ACTIVE_OR_INVITED, Administrator, PolicyException, Status
from doorward.audit.models import Event
from doorward.credentials.events import RECOVERED
from doorward.credentials.models import WORKS, RecoveryCode
from doorward.customers.models import Customer
from doorward.directory.state import NOT_SEEN_FOR

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet


@dataclass(frozen=True, slots=True)
class Weak:
    """What is still weak at a customer, for one who looks after its people.

    `alone`: nobody else does. `without_codes`: they have no recovery codes themselves. `one_device`: so many would be
    locked out by losing one. `exceptions`: that end within `SOON`. `wave_waits`: the next one of the policy.
    `asks_for_help`: requests after a loss that they could decide; `asks_to_manage`: of the support, for a yes.
    `to_fetch`: set-up passes that wait to be fetched by them; `to_confirm`: people who came back by one, and of whom
    nobody has said yet whether it was them. `visited`: the support has been let in.
    """

    alone: bool
    without_codes: bool
    one_device: int
    unreachable: int
    not_seen: int
    exceptions: int
    wave_waits: bool = False
    asks_for_help: int = 0
    asks_to_manage: int = 0
    to_fetch: int = 0
    to_confirm: int = 0
    visited: bool = False


_LET_IN: Final = ("agreed", "running")
# Exceptions that end within this time are told of.
SOON: Final = timedelta(days=7)
# Requests without a day of their own are over after this time (`recovery/rules.py`, `managing/rules.py`).
_SUPPORT_WAITS: Final = timedelta(hours=72)
_MANAGING_WAITS: Final = timedelta(hours=12)
# How long an approved pass waits to be fetched, and how long it can be said who came back (`recovery/rules.py`).
_PASS_WAITS: Final = timedelta(hours=24)
_DENIED_WITHIN: Final = timedelta(days=30)


def moments(now: datetime) -> dict[str, datetime]:
    """Return the moments that `weaknesses` asks by."""
    return {
        "since": now - NOT_SEEN_FOR,
        "now": now,
        "soon": now + SOON,
        "helped_since": now - _SUPPORT_WAITS,
        "managed_since": now - _MANAGING_WAITS,
        "approved_since": now - _PASS_WAITS,
        "back_since": now - _DENIED_WITHIN,
    }


def weaknesses(  # noqa: PLR0913 - part of one hot query, with all its moments
    customer_id: UUID,
    *,
    person_id: UUID,
    since: datetime,
    now: datetime,
    soon: datetime,
    helped_since: datetime,
    managed_since: datetime,
    approved_since: datetime,
    back_since: datetime,
) -> dict[str, Subquery]:
    """Return the columns that `Weak` is made of, for this person: the same in each row, and asked once."""
    people = Administrator.objects.of(customer_id).order_by()
    active = people.filter(status=Status.ACTIVE)
    codes = RecoveryCode.objects.filter(WORKS, set__administrator_id=person_id)
    exceptions = PolicyException.objects.filter(
        administrator__customer_id=customer_id,
        ended_at__isnull=True,
        ends_at__gt=now,
        ends_at__lte=soon,
    )
    policy = Customer.objects.filter(id=customer_id).values("policy")
    return {
        "policy": Subquery(policy),
        "others": Exists(who_look_after(people).exclude(id=person_id)),
        "codes": Exists(codes),
        "refused": _number(people.filter(unreachable=True, status__in=ACTIVE_OR_INVITED)),
        "visited": Exists(Customer.objects.filter(id=customer_id, managings__state__in=_LET_IN)),
        "never": _number(active.filter(last_signed_in_at__isnull=True)),
        "long_ago": _number(active.filter(last_signed_in_at__lt=since)),
        "exceptions": _number(exceptions.order_by(), of="administrator__customer_id"),
        "help": _number(_asking_for_help(people, person_id, since=helped_since, now=now)),
        "managing": _number(_asking_to_manage(customer_id, since=managed_since, now=now), of="id"),
        "fetch": _number(_to_be_helped_by(people, person_id, since=approved_since, now=now)),
        "confirm": _number(_back(people, since=back_since).exclude(id=person_id)),
    }


def _asking_for_help(
    people: QuerySet[Administrator], me: UUID, *, since: datetime, now: datetime
) -> QuerySet[Administrator]:
    """Return for whom help can be decided by `me`: not for themselves, and not what they asked for.

    Of what stands above this subject, by the names of its relations: *Home* asks it all in one statement.
    """
    in_time = Q(recovery_requests__due_at__gt=now) | Q(
        recovery_requests__due_at__isnull=True, recovery_requests__asked_at__gt=since
    )
    by_others = ~Q(recovery_requests__asked_by_id=me) | Q(recovery_requests__asked_by_id=None)
    return people.filter(in_time, by_others, recovery_requests__state="open").exclude(id=me)


def _to_be_helped_by(
    people: QuerySet[Administrator], me: UUID, *, since: datetime, now: datetime
) -> QuerySet[Administrator]:
    """Return for whom `me` can fetch a pass: the SQL twin of `may_fetch` (`recovery/queries.py`)."""
    approved = Q(
        recovery_requests__state="approved",
        recovery_requests__approved_at__lte=now,
        recovery_requests__approved_at__gt=since,
    )
    by_time = Q(
        recovery_requests__state="open",
        recovery_requests__due_at__lte=now,
        recovery_requests__due_at__gt=since,
    )
    asked = Q(recovery_requests__way="colleague", recovery_requests__asked_by_id=me)
    agreed = Q(recovery_requests__way="support", recovery_requests__approved_by_id=me)
    return people.filter((asked & (approved | by_time)) | (agreed & approved))


def _back(people: QuerySet[Administrator], *, since: datetime) -> QuerySet[Administrator]:
    """Return who came back by a pass, and nobody has said whether it was them: the twin of `may_say_who`."""
    used = people.filter(
        recovery_requests__state="issued", recovery_requests__issued__used_at__gt=since
    )
    of_session = Event.objects.filter(
        subject_id=OuterRef("id"), type=RECOVERED, credential_id=OuterRef("came_in_by")
    )
    used = used.alias(came_in_by=F("recovery_requests__issued__session_id"))
    return used.filter(Exists(of_session))


def _asking_to_manage(customer_id: UUID, *, since: datetime, now: datetime) -> QuerySet[Customer]:
    asked = Q(managings__state="asked", managings__asked_at__gt=since)
    wants_more = Q(
        managings__state="running",
        managings__asks_changes_at__isnull=False,
        managings__until__gt=now,
    )
    return Customer.objects.filter(asked | wants_more, id=customer_id).order_by()


def _number(rows: QuerySet[Any, Any], *, of: str = "customer_id") -> Subquery:
    return Subquery(rows.values(of).annotate(number=Count("*")).values("number"))
