"""Somebody with the Administrators tab agrees that the provider's staff manages their portal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.accounts import looking_after
from doorward.accounts.locking import must_still_may
from doorward.customers import locking
from doorward.customers.rights import authorise
from doorward.kernel.errors import NotFound
from doorward.managing import when_over
from doorward.managing.errors import ManagingOver
from doorward.managing.events import MANAGING_AGREED
from doorward.managing.history import tell
from doorward.managing.models import Managing, State
from doorward.permissions.actions import Action
from doorward.recovery import rules as recovery_rules
from doorward.recovery import who_may_agree
from doorward.recovery.errors import LetInBySupport

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor


def agree(managing_id: UUID, *, customer_id: UUID, actor: Actor, now: datetime) -> None:
    """Let staff in, or let them change something, too: whichever waits for a yes.

    Raises `NotFound`, `ManagingOver`, `LetInBySupport`.
    """
    authorise(actor, Action.AGREE_TO_MANAGING, customer_id)
    with transaction.atomic():
        managing = locked(managing_id, customer_id, Action.AGREE_TO_MANAGING, actor=actor)
        refuse_decider(managing, actor=actor, now=now)
        if when_over.is_over(managing, now=now):
            raise ManagingOver
        rows = Managing.objects.filter(id=managing.id)
        changes = managing.asks_changes_at is not None
        if managing.state == State.ASKED:
            person_id = actor.person.id if actor.person else None
            who = {"behalf_id": person_id, "agreed_by_id": person_id, "agreed_at": now}
            rows.update(state=State.AGREED, changes=changes, **who)
        elif managing.state == State.RUNNING and changes and not managing.changes:
            rows.update(changes=True)
        else:
            raise ManagingOver
        tell(MANAGING_AGREED, managing, actor=actor, details={"changes": changes})


def refuse_decider(managing: Managing, *, actor: Actor, now: datetime) -> None:
    """Refuse the yes of who does not get through, or whom the asker let in, who would agree with themselves.

    Raises `LetInBySupport`.
    """
    able = who_could_agree(managing.customer_id, managing.staff_id, now=now)
    if not actor.is_ours and not {one.id for one in actor.people} <= able:
        raise LetInBySupport


def who_could_agree(customer_id: UUID, asker_id: UUID, *, now: datetime) -> frozenset[UUID]:
    """Return who could say yes: with the tab, through with what is asked of them, and not let in by who asks."""
    ids = looking_after.who_get_through(customer_id, now=now)
    return ids - let_in(customer_id, asker_id, ids, now=now)


def let_in(
    customer_id: UUID, asker_id: UUID, ids: frozenset[UUID], *, now: datetime
) -> frozenset[UUID]:
    """Return whom of these who asks let in lately: their yes would be the asker's own."""
    since = now - recovery_rules.ONE_HAND
    return who_may_agree.let_in_by(asker_id, ids, customer_id, since=since)


def locked(managing_id: UUID, customer_id: UUID, action: Action, *, actor: Actor) -> Managing:
    """Lock the customer, and read it then. Raises `NotFound`: also for another customer's; `StaleRequest`."""
    locking.hold(customer_id)
    must_still_may(actor, action, customer_id)
    rows = Managing.objects.filter(id=managing_id, customer_id=customer_id)
    managing = rows.select_related("staff__customer", "customer__brand").first()
    if managing is None:
        raise NotFound
    return managing
