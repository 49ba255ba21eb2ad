"""Accepting an invitation: its link sets the first password and begins a session that meets the gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models.functions import Coalesce

from doorward.accounts import mailed_links
from doorward.accounts.errors import LinkInvalid
from doorward.accounts.invitations import PURPOSES
from doorward.accounts.models import Administrator, Status
from doorward.audit.actor import Actor, by_link
from doorward.audit.record import record
from doorward.credentials.password import change
from doorward.signin.events import INVITATION_ACCEPTED

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.actor import ClientInfo
    from doorward.sessions.issuing import Started


def accept(  # noqa: PLR0913 - the form and who sends it
    *,
    token: str,
    password: str,
    browser_token: str,
    client: ClientInfo,
    now: datetime,
    language: str = "",
) -> Started:
    """Set the first password by an invitation's link, and begin a session that meets the gate.

    `language`: in which it is accepted, and which is the person's from now on; empty: as it was.
    """
    link = mailed_links.find(token, purposes=PURPOSES, now=now, host=client.host)
    person = link.administrator
    if person.status != Status.INVITED:
        raise LinkInvalid
    new = change.accept(password, person=person, now=now)
    actor = Actor(person=person.who(), client=client, credential=by_link(link.id))
    with transaction.atomic():
        mailed_links.consume(link, now=now)
        invited = Administrator.objects.everywhere().filter(id=person.id, status=Status.INVITED)
        columns = {"status": Status.ACTIVE, "joined_at": Coalesce("joined_at", now)}
        columns |= {"language": language} if language else {}
        columns |= new.columns(by_link_at=now) | {"email_proved_at": now}
        if invited.update(**columns) != 1:
            raise LinkInvalid
        # The mailbox was shown, as by a reset: what strangers tried before somebody was there counts no more.
        change.forget_failures(person, browser_token=browser_token)
        record(INVITATION_ACCEPTED, actor=actor)
        return change.begin_from_link(person.id, browser_token=browser_token, actor=actor, now=now)
