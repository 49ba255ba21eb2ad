"""One of the provider's people who is locked out, and whom nobody is left to help: the operator at the console.

The console prints a link. It lets that person set a password, and then what a set-up pass lets them: set up a new
device in place of those that were lost (`_by_pass` in `gate/decision.py`). No requirement ends by it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from doorward.accounts import mailed_links
from doorward.accounts.account import locked
from doorward.accounts.errors import LinkInvalid
from doorward.accounts.models import LinkPurpose, Status
from doorward.audit.actor import Actor, by_printed_link
from doorward.audit.record import record
from doorward.credentials import suspension
from doorward.credentials.password import change
from doorward.customers import cached, locking
from doorward.customers.models import CustomerKind
from doorward.customers.rights import authorise
from doorward.permissions.actions import Action
from doorward.recovery import set_up_pass, superseded
from doorward.recovery.errors import RescueForStaffAlone, RescueWantsActive
from doorward.recovery.events import RESCUE_USED, RESCUED
from doorward.sessions import ending

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.accounts.models import Administrator, MailedLink
    from doorward.audit.actor import ClientInfo
    from doorward.sessions.issuing import Started

LIFETIME: Final = timedelta(hours=1)
_PURPOSES: Final = (LinkPurpose.RESCUE,)


def rescue(person: Administrator, *, actor: Actor, now: datetime) -> str:
    """Suspend a person's devices, end all sessions and trust, and make the link; return its address. Secret.

    An older link ends, and so does what else was on its way to let them back in. Everybody with the Administrators tab
    of the provider is told. Raises `RescueForStaffAlone`, `RescueWantsActive`.
    """
    authorise(actor, Action.RESCUE)
    with transaction.atomic():
        locking.hold(person.customer_id)
        today = locked(person.id)
        refuse(today)
        mailed_links.revoke(today, purposes=_PURPOSES, now=now)
        superseded.end_pending(today, actor=actor, now=now)
        superseded.end_issued(today, actor=actor, now=now)
        set_up_pass.end_unused(today.id, now=now)
        suspension.suspend(today.id, now=now)
        ending.end_others(administrator_id=today.id, keep=None, now=now)
        link = mailed_links.make(
            LinkPurpose.RESCUE, administrator_id=today.id, now=now, lifetime=LIFETIME
        )
        # Not its id: what an event has of a link, a mail could be made of.
        record(RESCUED, actor=actor, subject=today.who())
    return cached.brand_of(today.brand_id).address(mailed_links.path(link))


def refuse(person: Administrator) -> None:
    """Refuse whom the console does not let back in: a customer's people, and who is not active."""
    if person.customer.kind != CustomerKind.PROVIDER:
        raise RescueForStaffAlone(person.email)
    if person.status != Status.ACTIVE:
        raise RescueWantsActive(person.email)


def use(
    *, token: str, password: str, browser_token: str, client: ClientInfo, now: datetime
) -> Started:
    """Set a new password by the link, and begin a session in which a new device is set up, and nothing else.

    Raises `LinkInvalid` where the person came back on their own meanwhile, and what a new password is refused for.
    """
    link = mailed_links.find(token, purposes=_PURPOSES, now=now, host=client.host)
    person = link.administrator
    _refuse_not_wanted(link)
    new = change.accept(password, person=person, now=now)
    actor = Actor(person=person.who(), client=client, credential=by_printed_link(link.id))
    with transaction.atomic():
        mailed_links.consume(link, now=now)
        _refuse_not_wanted(link)
        change.replace_by_link(person, new, browser_token=browser_token, now=now)
        record(RESCUE_USED, actor=actor)
        return change.begin_from_link(
            person.id, browser_token=browser_token, actor=actor, now=now, pass_at=now
        )


def _refuse_not_wanted(link: MailedLink) -> None:
    person = link.administrator
    came_back = set_up_pass.proved_since(person.id, link.created_at)
    if came_back or person.customer.kind != CustomerKind.PROVIDER:
        raise LinkInvalid
