"""Where the secrets of this floor are bound to: table, row and purpose of each seal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.mfa.models import Factor, RecoverySet, SetUp
from doorward.safe.sealed import SealedColumn

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.safe.vault import Place


def of_set_up(session_id: UUID) -> Place:
    """Give the place of a secret that is not confirmed yet."""
    return {"table": "mfa_setup", "row": str(session_id), "purpose": "totp"}


def of_factor(factor_id: UUID) -> Place:
    """Give the place of an authenticator app's secret."""
    return {"table": "mfa_factor", "row": str(factor_id), "purpose": "totp"}


def of_recovery(set_id: UUID) -> Place:
    """Give the place of recovery codes that are still shown."""
    return {"table": "mfa_recoveryset", "row": str(set_id), "purpose": "codes"}


SEALED = (
    SealedColumn("authenticator apps", Factor, "sealed", of_factor),
    SealedColumn("set-ups", SetUp, "sealed", of_set_up),
    SealedColumn("unsaved recovery codes", RecoverySet, "sealed", of_recovery),
)
