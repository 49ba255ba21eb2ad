"""The sealed columns of signing in: what each seal is bound to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.kernel.crypto.columns import SealedColumn
from doorward.signin.models import AskedLink, MailboxProof

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.kernel.crypto.sealing import AssociatedData


def of_asked_link(asked_id: UUID) -> AssociatedData:
    """Return the place of an e-mail that a link was asked for."""
    return {"table": "signin_askedlink", "row": str(asked_id), "purpose": "email"}


def of_mailbox_proof(proof_id: UUID) -> AssociatedData:
    """Return the place of the random bytes that a mailed code is made from."""
    return {"table": "signin_mailboxproof", "row": str(proof_id), "purpose": "nonce"}


SEALED = (
    SealedColumn("links that were asked for", AskedLink, "email", of_asked_link, fleeting=True),
    SealedColumn("mailed codes", MailboxProof, "nonce", of_mailbox_proof),
)
