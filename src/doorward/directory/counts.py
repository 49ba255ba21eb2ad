"""How many of a customer's people are protected by a second factor: a sum over a few groups of people.

Each person's row has how they stand (`keep` in `credentials/standing.py`); with their status and tick it tells all
that is ever counted. Nothing is asked of the suspended, and they are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Count, Exists, F, Subquery, When

from doorward.accounts.models import (
    ACTIVE_OR_INVITED,
    ONE_DEVICE,
    Administrator,
    Standing,
    Status,
)
from doorward.accounts.required_of import asked_rows
from doorward.credentials.recovery_codes import codes
from doorward.customers.models import Customer
from doorward.directory.state import enough
from doorward.directory.weak import Weak, moments, weaknesses
from doorward.kernel.db.hot_queries import HotQuery
from doorward.policy.series import Scope, load, wave_waits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet
    from django.db.models.expressions import Combinable

    from doorward.policy.rules import Policy

NOBODY = Scope()


@dataclass(frozen=True, slots=True)
class Group:
    """So many people of a customer who are alike in all that is counted."""

    status: Status
    # Ticked, or covered by a tab that they may use.
    asked: bool
    standing: Standing
    people: int


@dataclass(frozen=True, slots=True)
class People:
    """A customer's people; `missing`: two factors are required of them, and none is set up."""

    people: int
    protected: int
    missing: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was asked for; None where it was not."""

    people: People | None = None
    codes_left: int | None = None
    weak: Weak | None = None


def groups(customer_id: UUID, scope: Scope = NOBODY) -> tuple[Group, ...]:
    """Return a customer's people in groups (one query, of one index where no tabs are asked after)."""
    return groups_and_runs(customer_id, scope)[0]


def groups_and_runs(customer_id: UUID, scope: Scope) -> tuple[tuple[Group, ...], bool]:
    """Return the same, and whether two factors were required of many here, of which `rollout` has more to say."""
    rows = _by_tabs(customer_id, scope) if scope.tabs else _ASKED.rows(customer_id=customer_id)
    return _groups(rows), any(row["runs"] for row in rows)


def _groups(rows: Iterable[Mapping[str, Any]]) -> tuple[Group, ...]:
    return tuple(
        Group(Status(row["status"]), row["asked"], Standing(row["standing"]), row["people"])
        for row in rows
    )


def active_or_invited(found: Iterable[Group]) -> list[Group]:
    """Return the groups of those who can sign in, or will."""
    return [group for group in found if group.status in ACTIVE_OR_INVITED]


def count_people(customer_id: UUID, policy: Policy) -> People:
    """Count a customer's people (one query). `policy` is that of anybody of this customer."""
    return sum_up(active_or_invited(groups(customer_id, policy.scope)), policy)


def sum_up(found: Iterable[Group], policy: Policy) -> People:
    """Return the numbers of these groups; `policy` is that of anybody of their customer."""
    people = protected = missing = 0
    for group in found:
        people += group.people
        if group.standing >= enough(policy.kinds):
            protected += group.people
        elif group.asked or policy.scope.everyone:
            missing += group.people
    return People(people, protected, missing)


def count(
    customer_id: UUID,
    policy: Policy,
    *,
    look_after: UUID | None = None,
    codes_of: UUID | None = None,
    now: datetime,
) -> Numbers:
    """Count a customer's people with what is weak, and one person's recovery codes, as far as asked, in a query each.

    `policy` is that of anybody of this customer: what it asks of all is the same for each. `look_after`: who looks
    after these people and is told of them.
    """
    left = None if codes_of is None else codes.left(codes_of)
    if look_after is None:
        return Numbers(codes_left=left)
    rows = _ASKED.rows(customer_id=customer_id, person_id=look_after, **moments(now))
    tabs = policy.scope.tabs
    found = active_or_invited(groups(customer_id, policy.scope) if tabs else _groups(rows))
    return Numbers(sum_up(found, policy), left, _weak(rows[0], found, now=now))


def _weak(row: Mapping[str, Any], found: Iterable[Group], *, now: datetime) -> Weak:
    return Weak(
        alone=not row["others"],
        without_codes=not row["codes"],
        one_device=sum(group.people for group in found if group.standing in ONE_DEVICE),
        unreachable=row["refused"] or 0,
        not_seen=(row["never"] or 0) + (row["long_ago"] or 0),
        exceptions=row["exceptions"] or 0,
        wave_waits=wave_waits(load(row["policy"]), now=now),
        asks_for_help=row["help"] or 0,
        asks_to_manage=row["managing"] or 0,
        to_fetch=row["fetch"] or 0,
        to_confirm=row["confirm"] or 0,
        visited=bool(row["visited"]),
    )


def _alike(
    customer_id: UUID, asked: Combinable, **columns: Combinable | Subquery
) -> QuerySet[Any, Any]:
    people = Administrator.objects.of(customer_id).order_by().annotate(asked=asked)
    return people.values("status", "asked", "standing").annotate(people=Count("*"), **columns)


def _runs(customer_id: UUID) -> Exists:
    # Of what stands above this subject, by the name of its relation: the list of people asks it all in one statement.
    return Exists(Customer.objects.filter(id=customer_id, tickrun__isnull=False))


def _by_tabs(customer_id: UUID, scope: Scope) -> QuerySet[Any, Any]:
    asked = Case(When(asked_rows(scope), then=True), default=False)
    return _alike(customer_id, asked, runs=_runs(customer_id))


def _asked(customer_id: UUID, **of_person: Any) -> QuerySet[Any, Any]:  # noqa: ANN401 - ids and times
    columns = weaknesses(customer_id, **of_person) if of_person else {"runs": _runs(customer_id)}
    return _alike(customer_id, F("require_2fa"), **columns)


# What is asked of a customer's people: for the list of them, or by *Home* for one who looks after them.
_ASKED = HotQuery(_asked)
