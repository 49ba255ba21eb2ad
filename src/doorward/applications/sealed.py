"""The sealed columns of applications: what each seal is bound to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.applications.models import ClientSecret, SigningKey
from doorward.kernel.crypto.columns import SealedColumn

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.kernel.crypto.sealing import AssociatedData


def of_key(key_id: UUID) -> AssociatedData:
    """Return the place of the private part of a key that tokens are signed with."""
    return {"table": "applications_signingkey", "row": str(key_id), "purpose": "signing_key"}


def of_secret(secret_id: UUID) -> AssociatedData:
    """Return the place of a client's secret that was not shown yet."""
    return {"table": "applications_clientsecret", "row": str(secret_id), "purpose": "unseen"}


SEALED = (
    SealedColumn("signing keys", SigningKey, "sealed", of_key),
    SealedColumn("client secrets to be shown", ClientSecret, "unseen", of_secret, fleeting=True),
)
