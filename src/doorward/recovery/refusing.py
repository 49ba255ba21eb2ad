"""A colleague refuses help that was asked for, or takes it back: it ends, with all that came of it.

By a mailed link, who is to be helped objects: `veto.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.customers.rights import authorise
from doorward.permissions.actions import Action
from doorward.recovery import history, impostor, requests, set_up_pass
from doorward.recovery.errors import RequestOver, TooLateToStop
from doorward.recovery.events import HELP_REFUSED
from doorward.recovery.models import RecoveryRequest, SetUpPass, State
from doorward.sessions import ending

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.accounts.models import Administrator
    from doorward.audit.actor import Actor


def refuse(request_id: UUID, *, customer_id: UUID, actor: Actor, now: datetime) -> None:
    """Refuse or take back a request, also one whose pass was given out. Raises `RequestOver`, `TooLateToStop`."""
    authorise(actor, Action.REFUSE_HELP, customer_id)
    with transaction.atomic():
        request, person = requests.locked(request_id, customer_id, Action.REFUSE_HELP, actor=actor)
        stop(request, person, actor=actor, now=now)


def stop(request: RecoveryRequest, person: Administrator, *, actor: Actor, now: datetime) -> None:
    """End a request and all that came of it, in the caller's transaction, with the person's lock.

    What was suspended stays so: nobody gets a factor back by objecting. Raises `RequestOver`; `TooLateToStop` once
    the new device is set up.
    """
    if request.state not in {State.OPEN, State.APPROVED, State.ISSUED}:
        raise RequestOver
    issued = SetUpPass.objects.filter(request=request).first()
    if issued is not None and impostor.completed_at(issued) is not None:
        raise TooLateToStop
    if issued is not None:
        set_up_pass.end_unused(person.id, now=now)
        # Whoever came in with it is at the set-up.
        ending.end_others(administrator_id=person.id, keep=None, now=now)
    requests.close(request, State.REFUSED, actor=actor, now=now)
    history.tell(HELP_REFUSED, request, person, actor=actor)
