"""How a customer's people stand with the second factor: kept with each of them, and in numbers.

`keep` writes it into the person's row whenever one of their factors is added, removed or disabled. Numbers and lists
go by it alone, with the person's status and tick: all that is ever counted is a sum over a few groups of people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Case, IntegerField, Max, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce

from doorward.accounts.models import Administrator, Standing
from doorward.credentials.models import USABLE, Factor
from doorward.policy.rules import FactorKind

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from django.db.models import QuerySet


def standing_of(usable: Collection[FactorKind], *, locked: bool) -> Standing:
    """Return how somebody stands with these kinds of usable factors; `locked`: another one is disabled or suspended."""
    if FactorKind.PASSKEY in usable:
        return Standing.PASSKEY
    if usable:
        return Standing.APP
    return Standing.LOCKED if locked else Standing.NONE


def keep(administrator_id: UUID) -> None:
    """Write down how a person stands by now, in the transaction that changed their factors.

    The caller has the person's lock: two who changed factors at once would each miss the other's.
    """
    people = Administrator.objects.everywhere().filter(id=administrator_id)
    people.update(standing=Coalesce(Subquery(_standing()), Standing.NONE))


# `standing_of`, asked of rows.
def _standing() -> QuerySet[Factor, Any]:
    each = Case(
        When(~USABLE, then=Value(Standing.LOCKED.value)),
        When(kind=FactorKind.PASSKEY, then=Value(Standing.PASSKEY.value)),
        default=Value(Standing.APP.value),
        output_field=IntegerField(),
    )
    mine = Factor.objects.filter(administrator=OuterRef("pk")).order_by()
    return mine.values("administrator").annotate(best=Max(each)).values("best")
