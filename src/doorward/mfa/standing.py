"""How a customer's people stand with the second factor, in numbers, in one query."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, Q, Subquery

from doorward.customers.models import Customer
from doorward.mfa.models import RecoveryCode
from doorward.mfa.selection import factors_of_row, present
from doorward.safe.prepared import Prepared

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.core.policy import Kinds, Policy


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


def count(
    customer_id: UUID, policy: Policy, *, people: bool = True, codes_of: UUID | None = None
) -> Numbers:
    """Count a customer's people and one person's recovery codes, as far as asked, in one query.

    `policy` is that of anybody of this customer: what it asks of all is the same for each.
    """
    if not people and codes_of is None:
        return Numbers()
    prepared = _prepared(
        people=people, codes=codes_of is not None, held=policy.held, kinds=policy.kinds
    )
    (row,) = prepared.rows(*(one for one in (customer_id, codes_of) if one is not None))
    found = [int(number or 0) for number in row]
    left = found.pop() if codes_of is not None else None
    return Numbers(people=People(*found) if found else None, codes_left=left)


@cache
def _prepared(*, people: bool, codes: bool, held: bool, kinds: Kinds) -> Prepared:
    def make(customer_id: UUID, codes_of: UUID | None = None) -> QuerySet[Any, Any]:
        asked = _people(customer_id, held=held, kinds=kinds) if people else []
        if codes and codes_of is not None:
            asked.append(_codes_left(codes_of))
        return Customer.objects.filter(id=customer_id).values_list(*map(Subquery, asked))

    return Prepared(make)


def _people(customer_id: UUID, *, held: bool, kinds: Kinds) -> list[QuerySet[Any, Any]]:
    rows = present(customer_id).order_by()
    protected = Exists(factors_of_row(usable=True, kinds=kinds))
    required = Q() if held else Q(require_2fa=True)
    asked = [rows, rows.filter(protected), rows.filter(required & ~Q(protected))]
    return [one.values("customer").annotate(number=Count("id")).values("number") for one in asked]


def _codes_left(administrator_id: UUID) -> QuerySet[Any, Any]:
    mine = RecoveryCode.objects.filter(
        set__administrator_id=administrator_id, set__saved_at__isnull=False, used_at__isnull=True
    ).order_by()
    by_person = mine.values("set__administrator_id").annotate(number=Count("id"))
    return by_person.values("number")
