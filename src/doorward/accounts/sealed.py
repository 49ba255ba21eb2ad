"""The sealed column of accounts: what its seal is bound to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.accounts.models import MailedLink
from doorward.kernel.crypto.columns import SealedColumn

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.kernel.crypto.sealing import AssociatedData


def of_link(link_id: UUID) -> AssociatedData:
    """Return the place of the random bytes that a link's token is made from."""
    return {"table": "accounts_mailedlink", "row": str(link_id), "purpose": "nonce"}


SEALED = (SealedColumn("mailed links", MailedLink, "nonce", of_link),)
