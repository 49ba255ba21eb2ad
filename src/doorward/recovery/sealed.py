"""The sealed columns of recovery: what each seal is bound to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.kernel.crypto.columns import SealedColumn
from doorward.recovery.models import SetUpPass

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.kernel.crypto.sealing import AssociatedData


def of_pass(pass_id: UUID) -> AssociatedData:
    """Return the place of the random bytes that a mailed pass is made from."""
    return {"table": "recovery_setuppass", "row": str(pass_id), "purpose": "nonce"}


SEALED = (SealedColumn("set-up passes", SetUpPass, "nonce", of_pass),)
