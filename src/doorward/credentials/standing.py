"""How somebody stands with the second factor, kept in their row: numbers and lists go by it (`directory/counts.py`).

`keep` writes it whenever one of their factors is added, removed or disabled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.accounts.models import Administrator, Standing
from doorward.credentials.models import WORKS, Factor, RecoveryCode
from doorward.policy.rules import FactorKind

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID


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
    rows = list(
        Factor.objects.filter(administrator=administrator_id).only(
            "kind", "locked_at", "suspended_at"
        )
    )
    usable = [FactorKind(row.kind) for row in rows if row.is_usable]
    codes = RecoveryCode.objects.filter(WORKS, set__administrator=administrator_id)
    standing = standing_of(
        usable,
        locked=len(usable) < len(rows),
        has_codes=codes.exists(),
    )
    Administrator.objects.everywhere().filter(id=administrator_id).update(standing=standing)
