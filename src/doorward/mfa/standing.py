"""How a customer's people stand with the second factor, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, Q, Subquery
from django.db.models.functions import Coalesce

from doorward.administrators.models import Administrator
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
    """Count a customer's people and one person's recovery codes, as far as asked, in one query each.

    `policy` is that of anybody of this customer: what it asks of all is the same for each.
    """
    return Numbers(
        people=_count_people(customer_id, policy) if people else None,
        codes_left=None if codes_of is None else int(_CODES_LEFT.rows(codes_of)[0][0]),
    )


def _count_people(customer_id: UUID, policy: Policy) -> People:
    rows = _people(held=policy.held, kinds=policy.kinds).rows(customer_id)
    return People(*rows[0]) if rows else People(0, 0, 0)


@cache
def _people(*, held: bool, kinds: Kinds) -> Prepared:
    """Give the query for one look at each person; it reads indexes alone, for each Home asks it."""
    protected = Exists(factors_of_row(usable=True, kinds=kinds))
    required = Q() if held else Q(require_2fa=True)
    numbers = {
        "people": Count("id"),
        "protected": Count("id", filter=protected),
        "missing": Count("id", filter=required & ~Q(protected)),
    }

    def make(customer_id: UUID) -> QuerySet[Any, Any]:
        by_customer = present(customer_id).order_by().values("customer")
        return by_customer.annotate(**numbers).values_list(*numbers)

    return Prepared(make)


def _codes(administrator_id: UUID) -> QuerySet[Any, Any]:
    mine = RecoveryCode.objects.filter(set__saved_at__isnull=False, used_at__isnull=True)
    here = mine.filter(set__administrator_id=administrator_id).order_by()
    left = here.values("set__administrator_id").annotate(number=Count("id")).values("number")
    person = Administrator.objects.everywhere().filter(id=administrator_id).order_by()
    return person.values_list(Coalesce(Subquery(left), 0))


_CODES_LEFT = Prepared(_codes)
