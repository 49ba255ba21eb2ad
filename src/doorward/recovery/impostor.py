"""Whoever came back was not the person: what they got by it, and what they did with it, ends at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.hashers import make_password

from doorward.accounts import email_change, mailed_links, second_address
from doorward.accounts.models import (
    Administrator,
    EmailChange,
    LinkPurpose,
    MailedLink,
    PasswordDue,
)
from doorward.audit.models import Event
from doorward.credentials import standing
from doorward.credentials.events import RECOVERED
from doorward.credentials.models import Factor, RecoverySet, SetUp
from doorward.credentials.trusted_browsers import trust
from doorward.sessions import ending

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.actor import Actor
    from doorward.recovery.models import SetUpPass


def completed_at(issued: SetUpPass) -> datetime | None:
    """Return when a new device was set up with a pass; None: it was not.

    As history has it: of the session it is forgotten when two factors are turned off in it.
    """
    if issued.used_at is None or issued.session_id is None:
        return None
    rows = Event.objects.filter(
        subject_id=issued.administrator_id, type=RECOVERED, credential_id=issued.session_id
    )
    return rows.values_list("at", flat=True).first()


def end_everything(person: Administrator, *, since: datetime, actor: Actor, now: datetime) -> None:
    """End sessions, factors, codes, password and links of somebody, in the caller's transaction, with their lock.

    The mailboxes are as they were at `since` again: to them goes the next password, and what can be objected to.
    """
    factors = Factor.objects.filter(administrator=person)
    factors.filter(locked_at__isnull=True).update(locked_at=now)
    RecoverySet.objects.filter(administrator=person).delete()
    SetUp.objects.filter(session__administrator=person).delete()
    trust.forget_all(person.id)
    standing.keep(person.id)
    people = Administrator.objects.of(person.customer_id).filter(id=person.id)
    people.update(password=make_password(None), password_due=PasswordDue.NOT_ME)
    before = _email_before(person, since=since)
    email_change.go_back(person, before, proved_at=None, actor=actor, now=now)
    if _second_is_new(person, since=since):
        second_address.take_back(person, actor=actor, now=now)
    mailed_links.revoke(person, purposes=tuple(LinkPurpose), now=now)
    ending.end_others(administrator_id=person.id, keep=None, now=now)


def _email_before(person: Administrator, *, since: datetime) -> str:
    """Return the e-mail that the account itself has changed since; empty: it did not, or a colleague changed it after.

    What a colleague changes is agreed to by the old mailbox, or open to its veto.
    """
    rows = EmailChange.objects.filter(
        administrator=person, by_colleague=False, confirmed_at__isnull=False, asked_at__gt=since
    )
    changes = list(rows.order_by("asked_at").values_list("old_email", "email"))
    return changes[0][0] if person.email in {new for _, new in changes} else ""


def _second_is_new(person: Administrator, *, since: datetime) -> bool:
    """Return whether the second address was confirmed since then."""
    rows = MailedLink.objects.filter(
        administrator=person, purpose=LinkPurpose.SECOND_ADDRESS, used_at__gt=since
    )
    return rows.filter(email__iexact=person.second_email).exists()
