"""A request that gives way: somebody helps in another way, so it ends, and those who count on it are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.recovery import history
from doorward.recovery.events import HELP_GAVE_WAY
from doorward.recovery.models import PENDING, RecoveryRequest, SetUpPass, State

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.accounts.models import Administrator
    from doorward.audit.actor import Actor


def end_pending(person: Administrator, *, actor: Actor, now: datetime) -> None:
    """End what waits for somebody's yes, or for time, in the caller's transaction, with the person's lock."""
    rows = RecoveryRequest.objects.filter(administrator=person, state__in=PENDING)
    for request in rows:
        _end(request, person, actor=actor, now=now)


def end_issued(person: Administrator, *, actor: Actor, now: datetime) -> None:
    """End what a pass was given out for that nobody has used, since a newer one is made now; locked as above."""
    unused = SetUpPass.objects.filter(
        administrator=person, used_at__isnull=True, ended_at__isnull=True
    )
    rows = RecoveryRequest.objects.filter(id__in=unused.values("request_id"), state=State.ISSUED)
    for request in rows:
        _end(request, person, actor=actor, now=now)


def _end(request: RecoveryRequest, person: Administrator, *, actor: Actor, now: datetime) -> None:
    closed_by = actor.person.id if actor.person else None
    rows = RecoveryRequest.objects.filter(id=request.id)
    rows.update(state=State.ENDED, closed_by=closed_by, closed_at=now)
    history.tell(HELP_GAVE_WAY, request, person, actor=actor)
