"""Where the secrets of this floor are bound to: table, row and purpose of each seal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.administrators.models import AskedLink, MailboxProof, MailedLink, Session
from doorward.safe.sealed import SealedColumn

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.safe.vault import Place


def of_parked(session_id: UUID) -> Place:
    """Give the place of a form that waits for its proof."""
    return {"table": "session", "row": str(session_id), "purpose": "parked"}


def of_link(link_id: UUID) -> Place:
    """Give the place of the random bytes that a link's token is made from."""
    return {"table": "administrators_mailedlink", "row": str(link_id), "purpose": "nonce"}


def of_asked_link(asked_id: UUID) -> Place:
    """Give the place of an e-mail that a link was asked for."""
    return {"table": "administrators_askedlink", "row": str(asked_id), "purpose": "email"}


def of_mailbox_proof(proof_id: UUID) -> Place:
    """Give the place of the random bytes that a mailed code is made from."""
    return {"table": "administrators_mailboxproof", "row": str(proof_id), "purpose": "nonce"}


SEALED = (
    SealedColumn("parked forms", Session, "parked", of_parked, fleeting=True),
    SealedColumn("links that were asked for", AskedLink, "email", of_asked_link, fleeting=True),
    SealedColumn("mailed links", MailedLink, "nonce", of_link),
    SealedColumn("mailed codes", MailboxProof, "nonce", of_mailbox_proof),
)
