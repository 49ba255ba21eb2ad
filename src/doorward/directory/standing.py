"""How a customer's people stand with the second factor: kept with each of them, and in numbers.

`keep` writes it into the person's row whenever one of their factors is added, removed or disabled. Numbers and lists
go by it alone, with the person's status and tick: all that is ever counted is a sum over a few groups of people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Count, F, When

from doorward.accounts.models import Administrator, Standing, Status
from doorward.accounts.requirement import asked_rows
from doorward.credentials.models import RecoveryCode
from doorward.directory.state import enough
from doorward.kernel.db.hot_queries import HotQuery
from doorward.policy.series import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet

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


def groups(customer_id: UUID, scope: Scope = NOBODY) -> tuple[Group, ...]:
    """Return a customer's people in groups (one query, of one index where no tabs are asked after)."""
    rows = _by_tabs(customer_id, scope) if scope.tabs else _GROUPS.rows(customer_id=customer_id)
    return tuple(
        Group(Status(row["status"]), row["asked"], Standing(row["standing"]), row["people"])
        for row in rows
    )


def present(found: Iterable[Group]) -> list[Group]:
    """Return the groups but those of removed people."""
    return [group for group in found if group.status is not Status.REMOVED]


def count(
    customer_id: UUID, policy: Policy, *, people: bool = True, codes_of: UUID | None = None
) -> Numbers:
    """Count a customer's people and one person's recovery codes, as far as asked, in one query each.

    `policy` is that of anybody of this customer: what it asks of all is the same for each.
    """
    return Numbers(
        people=_count_people(customer_id, policy) if people else None,
        codes_left=None if codes_of is None else _codes_left(codes_of),
    )


def _count_people(customer_id: UUID, policy: Policy) -> People:
    people = protected = missing = 0
    for group in present(groups(customer_id, policy.scope)):
        people += group.people
        if group.standing >= enough(policy.kinds):
            protected += group.people
        elif group.asked or policy.scope.everyone:
            missing += group.people
    return People(people, protected, missing)


def _grouped(customer_id: UUID) -> QuerySet[Any, Any]:
    alike = Administrator.objects.of(customer_id).order_by().annotate(asked=F("require_2fa"))
    return alike.values("status", "asked", "standing").annotate(people=Count("*"))


def _by_tabs(customer_id: UUID, scope: Scope) -> QuerySet[Any, Any]:
    asked = Case(When(asked_rows(scope), then=True), default=False)
    alike = Administrator.objects.of(customer_id).order_by().annotate(asked=asked)
    return alike.values("status", "asked", "standing").annotate(people=Count("*"))


_GROUPS = HotQuery(_grouped)


def _codes_left(person_id: UUID) -> int:
    saved = RecoveryCode.objects.filter(
        set__administrator_id=person_id, set__saved_at__isnull=False
    )
    return saved.filter(used_at__isnull=True).count()
