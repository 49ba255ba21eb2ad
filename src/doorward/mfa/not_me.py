"""*This was not me*: undo an enabling that the owner of the mailbox did not do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.administrators import email_change, links, passwords, sessions
from doorward.administrators.accounts import locked
from doorward.administrators.models import Administrator, LinkPurpose, Status
from doorward.audit.events import Kind
from doorward.audit.origin import By
from doorward.audit.services import record
from doorward.core import errors
from doorward.customers.models import CustomerStatus
from doorward.mfa.facts import required
from doorward.mfa.services import remove_all

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.administrators.sessions import Started
    from doorward.audit.origin import Origin


def undo(
    *, token: str, password: str, browser_token: str, origin: Origin, now: datetime
) -> Started | None:
    """End all sessions, remove that first factor and set a new password; begin a session.

    The session meets the gate like any other that comes from a mailed link. A factor that was
    added later than the disputed one goes with it, since only the thief can have added it, and
    an e-mail that was changed since then is changed back. Somebody who is suspended, or whose company
    is, may do the same and gets no session (None): what the owner may undo does not wait for colleagues.
    """
    link = links.find(token, purposes=(LinkPurpose.NOT_ME,), now=now, host=origin.host)
    person = link.administrator
    if person.status not in {Status.ACTIVE, Status.SUSPENDED}:
        raise errors.LinkInvalid
    new = passwords.accept(password, person=person, two_factors=required(person))
    by = By(who=person.who(), origin=origin)
    with transaction.atomic():
        links.burn(link, now=now)
        links.revoke_after_undoing(link, now=now)
        current = locked(person.id)
        # Somebody else knows the current one.
        passwords.refuse_current(password, person=current)
        remove_all(current.id)
        people = Administrator.objects.of(current.customer_id).filter(id=current.id)
        people.update(**new.columns())
        email_change.go_back(current, link.email, by=by, now=now)
        passwords.forget_failures(current)
        sessions.end_others(administrator_id=current.id, keep=None, now=now)
        record(Kind.NOT_ME, by=by)
        if current.status != Status.ACTIVE or current.customer.status != CustomerStatus.ACTIVE:
            return None
        return passwords.begin_from_link(current.id, browser_token=browser_token, by=by, now=now)
