"""*This was not me*: undo an enabling that the owner of the mailbox did not do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.accounts import email_change, mailed_links, second_address
from doorward.accounts.account import locked
from doorward.accounts.errors import LinkInvalid
from doorward.accounts.models import Administrator, LinkPurpose, Status
from doorward.audit.actor import Actor, by_link
from doorward.audit.record import record
from doorward.credentials.password import change
from doorward.credentials.removal import remove_all
from doorward.customers.models import CustomerStatus
from doorward.recovery.events import NOT_ME
from doorward.sessions import ending

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.actor import ClientInfo
    from doorward.sessions.issuing import Started


def undo(
    *, token: str, password: str, browser_token: str, client: ClientInfo, now: datetime
) -> Started | None:
    """End all sessions, remove that first factor and set a new password; begin a session.

    The session meets the gate like any other that comes from a mailed link. A factor that was
    added later than the disputed one goes with it, since only the thief can have added it, and
    an e-mail that was changed since then is changed back. Somebody who is suspended, or whose company
    is, may do the same and gets no session (None): what the owner may undo does not wait for colleagues.
    """
    link = mailed_links.find(token, purposes=(LinkPurpose.NOT_ME,), now=now, host=client.host)
    person = link.administrator
    if person.status not in {Status.ACTIVE, Status.SUSPENDED}:
        raise LinkInvalid
    new = change.accept(password, person=person, now=now, factors_go=True)
    actor = Actor(person=person.who(), client=client, credential=by_link(link.id))
    with transaction.atomic():
        mailed_links.consume(link, now=now)
        mailed_links.revoke_after_undoing(link, now=now)
        current = locked(person.id)
        # Somebody else knows the current one.
        change.refuse_current(password, person=current)
        remove_all(current.id)
        people = Administrator.objects.of(current.customer_id).filter(id=current.id)
        people.update(**new.columns(by_link_at=now))
        email_change.go_back(current, link.email, proved_at=now, actor=actor, now=now)
        # Nobody knows who asked for it. The owner adds theirs again.
        second_address.take_back(current, actor=actor, now=now)
        change.forget_failures(current)
        ending.end_others(administrator_id=current.id, keep=None, now=now)
        record(NOT_ME, actor=actor)
        if current.status != Status.ACTIVE or current.customer.status != CustomerStatus.ACTIVE:
            return None
        return change.begin_from_link(current.id, browser_token=browser_token, actor=actor, now=now)
