"""Managing ends: whoever was let in is sent away, leaves, or is out of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.audit.actor import WORKER
from doorward.customers import locking
from doorward.customers.rights import authorise
from doorward.managing import agree, rules, when_over
from doorward.managing.errors import ManagingOver
from doorward.managing.events import MANAGING_ENDED, MANAGING_LAPSED, MANAGING_REFUSED
from doorward.managing.history import tell
from doorward.managing.models import OPEN, Managing, State, Why
from doorward.permissions.actions import Action
from doorward.sessions import saved_requests
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor


def end(managing_id: UUID, *, customer_id: UUID, actor: Actor, now: datetime) -> None:
    """End it, or refuse what was asked for: nothing more of it is answered from the commit on.

    Raises `NotFound`, and `ManagingOver` where it is over.
    """
    authorise(actor, Action.END_MANAGING, customer_id)
    with transaction.atomic():
        managing = agree.locked(managing_id, customer_id, Action.END_MANAGING, actor=actor)
        if managing.state not in OPEN:
            raise ManagingOver
        _close(managing, Why.CUSTOMER, actor=actor, now=now)


def refuse_changes(managing_id: UUID, *, customer_id: UUID, actor: Actor) -> None:
    """Let staff go on looking, and no more. Raises `NotFound`, and `ManagingOver` where that is not asked for."""
    authorise(actor, Action.END_MANAGING, customer_id)
    with transaction.atomic():
        managing = agree.locked(managing_id, customer_id, Action.END_MANAGING, actor=actor)
        if managing.state != State.RUNNING or not managing.asks_changes_at:
            raise ManagingOver
        Managing.objects.filter(id=managing.id).update(asks_changes_at=None, changes=False)
        tell(MANAGING_REFUSED, managing, actor=actor, details={"changes": True})


def lapse(managing_id: UUID, *, now: datetime) -> None:
    """Write down, in the caller's transaction, that one came to its end by itself."""
    rows = Managing.objects.select_related("staff__customer", "customer__brand")
    managing = rows.get(id=managing_id)
    if managing.state in OPEN and when_over.is_over(managing, now=now):
        _close(managing, _why(managing, now=now), actor=WORKER, now=now)


def found_over(managing_id: UUID, *, now: datetime, why: Why | None = None) -> None:
    """Write down, once, the end of one that was found to be over.

    It is not looked at again whether it is: somebody was answered so, and it must not come back to life.
    """
    open_ = Managing.objects.filter(id=managing_id, state__in=OPEN)
    customer_id = open_.values_list("customer_id", flat=True).first()
    if customer_id is None:
        return
    with transaction.atomic():
        locking.hold(customer_id)
        managing = open_.select_related("staff__customer", "customer__brand").first()
        if managing is not None:
            _close(managing, why or _why(managing, now=now), actor=WORKER, now=now)


def still_open(managing: Managing, *, now: datetime) -> bool:
    """Return whether there is something to decide or to end; whoever is told that there is not, is told for good."""
    if managing.state not in OPEN:
        return False
    if not when_over.is_over(managing, now=now):
        return True
    found_over(managing.id, now=now)
    managing.refresh_from_db(fields=["state", "ended_at", "why"])
    return False


def end_due(*, now: datetime) -> int:
    """Write down what came to its end by itself; return how many did."""
    done = 0
    people = ("staff__customer", "customer__brand")
    for managing in Managing.objects.filter(state__in=OPEN).select_related(*people):
        if when_over.is_over(managing, now=now):
            with transaction.atomic():
                locking.hold(managing.customer_id)
                lapse(managing.id, now=now)
            done += 1
    return done


def forget(*, now: datetime) -> int:
    """Delete what ended long ago; history keeps what was done. Return how many rows."""
    old = Managing.objects.filter(asked_at__lt=now - rules.KEPT).exclude(state__in=OPEN)
    return old.delete()[0]


def close_own(managing: Managing, *, actor: Actor, now: datetime) -> None:
    """Write down, in the caller's transaction, that staff left, or why it was over before that."""
    if managing.state not in OPEN:
        return
    if when_over.is_over(managing, now=now):
        lapse(managing.id, now=now)
    else:
        _close(managing, Why.STAFF, actor=actor, now=now)


def _why(managing: Managing, *, now: datetime) -> Why:
    return Why.TIME if managing.until is not None and managing.until <= now else Why.NO_LONGER


def _close(managing: Managing, why: Why, *, actor: Actor, now: datetime) -> None:
    # The session's row is the lock: what is being changed in it at this moment is done before, or not at all.
    if managing.session_id is not None:
        session = Session.objects.filter(id=managing.session_id)
        list(session.select_for_update().values_list("id"))
        # A form of that portal that waits for a proof is sent nowhere, and shown no more.
        saved_requests.clear(managing.session_id)
    begun = managing.state == State.RUNNING
    state = State.ENDED if begun else State.LAPSED if actor.is_ours else State.REFUSED
    Managing.objects.filter(id=managing.id).update(
        state=state,
        ended_at=now,
        ended_by_id=actor.person.id if actor.person else None,
        why=why,
    )
    event = MANAGING_ENDED if begun else MANAGING_LAPSED if actor.is_ours else MANAGING_REFUSED
    tell(event, managing, actor=actor)
