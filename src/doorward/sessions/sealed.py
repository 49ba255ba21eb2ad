"""The sealed column of a session: what its seal is bound to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.kernel.crypto.columns import SealedColumn
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.kernel.crypto.sealing import AssociatedData


def of_saved_request(session_id: UUID) -> AssociatedData:
    """Return the place of a form that waits for its proof."""
    return {"table": "sessions_session", "row": str(session_id), "purpose": "saved_request"}


SEALED = (
    SealedColumn("saved requests", Session, "saved_request", of_saved_request, fleeting=True),
)
