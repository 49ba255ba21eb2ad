"""Who asked something of many: whether they still could, while the worker goes on with it. Decision 0027."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from doorward.audit.actor import Actor, ClientInfo, by_session
from doorward.gate.evaluate import still_evaluate
from doorward.gate.loading import load_session
from doorward.gate.requirement import Step
from doorward.kernel.clock_set_back import lasts
from doorward.rollout.errors import (
    AskedTooLongAgo,
    AskerHeldBack,
    AskerLostRight,
    AskerSignedOut,
)
from doorward.sessions import ending
from doorward.sessions.errors import SessionEnded
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.accounts.models import Administrator
    from doorward.gate.requirement import Need
    from doorward.kernel.errors import Refusal

# So long it goes on for who asked. After that, somebody looks at it again.
HOLDS: Final = timedelta(hours=24)


class Asked(Protocol):
    """What was asked for by somebody, in a session, at a moment: ticks for many, an import."""

    session_id: UUID | None
    asked_at: datetime

    @property
    def asked_by(self) -> Administrator | None:
        """Who did; None: nobody who can be asked about it."""


def asker(run: Asked) -> Actor:
    """Return who asked, by the session in which they did."""
    session = Session.objects.filter(id=run.session_id).first() if run.session_id else None
    client = ClientInfo(session.address, session.browser) if session else ClientInfo()
    credential = by_session(run.session_id) if run.session_id else None
    person = run.asked_by.who() if run.asked_by else None
    return Actor(person=person, client=client, credential=credential)


def why_not(run: Asked, actor: Actor, need: Need, *, now: datetime) -> Refusal | None:
    """Return why it does not go on; None: the gate would let who asked do it again, were their session no older.

    In the caller's transaction their session stays open, so that whoever ends it waits, or has been before.
    """
    if not lasts(run.asked_at, HOLDS, now=now):
        return AskedTooLongAgo()
    context = load_session(run.session_id, now=now) if run.session_id else None
    if context is None:
        return AskerSignedOut()
    if not (context.facts.administrator_active and context.facts.customer_active):
        return AskerLostRight()
    try:
        ending.must_be_open(actor)
    except SessionEnded:
        return AskerSignedOut()
    verdict = still_evaluate(context, need, asked_at=run.asked_at, now=now)
    if verdict.through:
        return None
    return _WHY[verdict.step]() if verdict.step in _WHY else AskerHeldBack()


_WHY: Final[dict[Step, type[Refusal]]] = {
    Step.SIGN_IN: AskerSignedOut,
    Step.NO_RIGHT: AskerLostRight,
}
