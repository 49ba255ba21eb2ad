"""The sealed columns of credentials: what each seal is bound to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.credentials.models import Factor, RecoverySet, SetUp
from doorward.kernel.crypto.columns import SealedColumn

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.kernel.crypto.sealing import AssociatedData


def of_set_up(session_id: UUID) -> AssociatedData:
    """Return the place of a secret that is not confirmed yet."""
    return {"table": "credentials_setup", "row": str(session_id), "purpose": "totp"}


def of_factor(factor_id: UUID) -> AssociatedData:
    """Return the place of an authenticator app's secret."""
    return {"table": "credentials_factor", "row": str(factor_id), "purpose": "totp"}


def of_recovery(set_id: UUID) -> AssociatedData:
    """Return the place of recovery codes that are still shown."""
    return {"table": "credentials_recoveryset", "row": str(set_id), "purpose": "codes"}


SEALED = (
    SealedColumn("authenticator apps", Factor, "sealed", of_factor),
    SealedColumn("set-ups", SetUp, "sealed", of_set_up),
    SealedColumn("unsaved recovery codes", RecoverySet, "sealed", of_recovery),
)
