"""A session of the provider's staff goes into a customer's portal, and back to its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.customers import locking
from doorward.customers.rights import authorise
from doorward.kernel.errors import NotFound
from doorward.managing import ask, end, rules, when_over
from doorward.managing.errors import ManagingAlready, ManagingOver
from doorward.managing.events import MANAGING_BEGUN
from doorward.managing.history import tell
from doorward.managing.models import Managing, State
from doorward.permissions.actions import Action
from doorward.sessions import issuing, saved_requests

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.sessions.context import Browser
    from doorward.sessions.issuing import Started


def begin(
    managing_id: UUID, *, customer_id: UUID, browser: Browser, actor: Actor, now: datetime
) -> Started:
    """Go into the portal, for half an hour; return the session under its new identifier.

    A form of a page from before is of no use then: it was meant for the own portal. Raises `NotFound`, `ManagingOver`,
    `ManagingAlready`, and `StaleRequest` where the session was stepped up or ended in the meantime.
    """
    authorise(actor, Action.MANAGE_CUSTOMER, customer_id)
    with transaction.atomic():
        ask.lock(customer_id, actor=actor)
        managing = ask.own(managing_id, customer_id=customer_id, actor=actor)
        if managing.state != State.AGREED or when_over.is_over(managing, now=now):
            raise ManagingOver
        if Managing.objects.filter(session_id=browser.session_id, is_in=True).exists():
            raise ManagingAlready
        lasting = {"begun_at": now, "until": now + rules.LASTS}
        Managing.objects.filter(id=managing.id).update(state=State.RUNNING, is_in=True, **lasting)
        managing.state = State.RUNNING
        if when_over.is_over(managing, now=now):
            raise ManagingOver
        tell(MANAGING_BEGUN, managing, actor=actor, details={"changes": managing.changes})
        return _step_up(browser)


def leave(*, browser: Browser, actor: Actor, now: datetime) -> Started:
    """Go back to the own portal, whether it is over already or ends by this; return the session's new identifier.

    Nobody is kept from it. Raises `NotFound` where the session is in no portal but its own, and `StaleRequest`.
    """
    with transaction.atomic():
        rows = Managing.objects.filter(session_id=browser.session_id, is_in=True)
        found = rows.values_list("id", "customer_id").first()
        if found is None:
            raise NotFound
        locking.hold(found[1])
        managing = rows.select_related("staff__customer", "customer__brand").get(id=found[0])
        end.close_own(managing, actor=actor, now=now)
        rows.update(is_in=False)
        return _step_up(browser)


def _step_up(browser: Browser) -> Started:
    saved_requests.clear(browser.session_id)
    return issuing.step_up(browser.session_id, old_hash=browser.token_hash, next_path="")
