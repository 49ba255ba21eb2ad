"""How a customer's people stand with the second factor: kept with each of them, and in numbers.

`keep` writes it into the person's row whenever one of their factors is added, removed or disabled. Numbers and lists
go by it alone, with the person's status and tick: all that is ever counted is a sum over a few groups of people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    OuterRef,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from doorward.accounts.models import Administrator, Standing
from doorward.credentials.models import USABLE, Factor, RecoveryCode
from doorward.policy.rules import FactorKind

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from django.db.models import QuerySet


def standing_of(
    usable: Collection[FactorKind], *, locked: bool, has_codes: bool = False
) -> Standing:
    """Return how somebody stands with these usable factors; `locked`: another one is disabled or suspended.

    `has_codes`: recovery codes that were saved and still work.
    """
    if not usable:
        return Standing.LOCKED if locked else Standing.NONE
    is_backed = has_codes or len(usable) > 1
    if FactorKind.PASSKEY in usable:
        return Standing.PASSKEY_BACKED if is_backed else Standing.PASSKEY
    return Standing.APP_BACKED if is_backed else Standing.APP


def keep(administrator_id: UUID) -> None:
    """Write down how a person stands by now, in the transaction that changed their factors or recovery codes.

    The caller has the person's lock: two who changed them at once would each miss the other's.
    """
    people = Administrator.objects.everywhere().filter(id=administrator_id)
    people.annotate(
        best=Coalesce(Subquery(_best()), Standing.NONE),
        is_backed=Case(When(_has_codes() | _has_several(), then=1), default=0),
    ).update(
        standing=Case(
            When(best__gte=Standing.APP, then=F("best") + F("is_backed")), default=F("best")
        )
    )


# `standing_of`, asked of rows.
def _best() -> QuerySet[Factor, Any]:
    each = Case(
        When(~USABLE, then=Value(Standing.LOCKED.value)),
        When(kind=FactorKind.PASSKEY, then=Value(Standing.PASSKEY.value)),
        default=Value(Standing.APP.value),
        output_field=IntegerField(),
    )
    mine = Factor.objects.filter(administrator=OuterRef("pk")).order_by()
    return mine.values("administrator").annotate(best=Max(each)).values("best")


def _has_codes() -> Exists:
    mine = RecoveryCode.objects.filter(set__administrator=OuterRef("pk"), used_at__isnull=True)
    return Exists(mine.filter(set__saved_at__isnull=False))


def _has_several() -> Exists:
    mine = Factor.objects.filter(USABLE, administrator=OuterRef("pk")).order_by()
    several = mine.values("administrator").annotate(number=Count("*")).filter(number__gt=1)
    return Exists(several)
