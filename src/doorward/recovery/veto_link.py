"""What the event of a request says: with the link by which the person can object, as long as it matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.accounts import mailed_links
from doorward.accounts.models import LinkPurpose
from doorward.recovery.models import Way
from doorward.recovery.rules import DENIED_WITHIN, PASS_LIFETIME, SUPPORT_WAITS

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.record import Detail
    from doorward.recovery.models import RecoveryRequest


def details_of(request: RecoveryRequest, *, now: datetime) -> dict[str, Detail]:
    """Return the details, and make the link, in the caller's transaction."""
    waits = request.due_at - now if request.due_at and request.due_at > now else PASS_LIFETIME
    if request.way == Way.SUPPORT:
        waits = SUPPORT_WAITS
    link = mailed_links.make(
        LinkPurpose.VETO,
        administrator_id=request.administrator_id,
        now=now,
        about=request.id,
        lifetime=waits + 2 * PASS_LIFETIME + DENIED_WITHIN,
    )
    return {"link": str(link.id), "request": str(request.id), "way": request.way}
