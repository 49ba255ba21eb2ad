"""How a customer's people stand with the second factor: kept with each of them, and in numbers.

`keep` writes it into the person's row whenever one of their factors is added, removed or disabled. Numbers and lists
go by it alone, with the person's status and tick: all that is ever counted is a sum over a few groups of people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count

from doorward.accounts.models import Administrator, Standing, Status
from doorward.credentials.models import RecoveryCode
from doorward.directory.state import enough
from doorward.kernel.db.hot_queries import HotQuery
from doorward.policy.rules import is_required

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.policy.rules import Policy


@dataclass(frozen=True, slots=True)
class Group:
    """So many people of a customer who are alike in all that is counted."""

    status: Status
    ticked: bool
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


def groups(customer_id: UUID) -> tuple[Group, ...]:
    """Return a customer's people in groups (one query, of one index)."""
    return tuple(
        Group(Status(row["status"]), row["require_2fa"], Standing(row["standing"]), row["people"])
        for row in _GROUPS.rows(customer_id=customer_id)
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
    for group in present(groups(customer_id)):
        people += group.people
        if group.standing >= enough(policy.kinds):
            protected += group.people
        elif is_required(ticked=group.ticked, held=policy.held):
            missing += group.people
    return People(people, protected, missing)


def _grouped(customer_id: UUID) -> QuerySet[Any, Any]:
    alike = Administrator.objects.of(customer_id).order_by()
    return alike.values("status", "require_2fa", "standing").annotate(people=Count("*"))


_GROUPS = HotQuery(_grouped)


def _codes_left(person_id: UUID) -> int:
    saved = RecoveryCode.objects.filter(
        set__administrator_id=person_id, set__saved_at__isnull=False
    )
    return saved.filter(used_at__isnull=True).count()
