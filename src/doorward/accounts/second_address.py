"""A second address for notifications: it is told what concerns somebody's security, and proves nothing.

It holds once its own mailbox has confirmed it. No password, code or link that proves something is ever sent there
(`notifications/mailboxes.py`), and nobody signs in with it. Several people may share one: an office's, a family's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from doorward.accounts import mail_budget, mailed_links
from doorward.accounts.account import locked
from doorward.accounts.errors import LinkInvalid, SecondAddressIsEmail
from doorward.accounts.events import (
    SECOND_ADDRESS_ADDED,
    SECOND_ADDRESS_ASKED,
    SECOND_ADDRESS_REMOVED,
)
from doorward.accounts.lookalikes import details_of, shown_email
from doorward.accounts.models import Administrator, LinkPurpose, MailedLink
from doorward.audit.actor import Actor, by_link, by_session
from doorward.audit.record import record
from doorward.customers.rights import authorise
from doorward.kernel.field_checks import Checks
from doorward.kernel.text.cleaning import clean_email, fold_email
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import ClientInfo
    from doorward.audit.record import Detail

PURPOSES: Final = (LinkPurpose.SECOND_ADDRESS,)


def ask(administrator_id: UUID, typed: str, *, actor: Actor, now: datetime) -> str:
    """Ask a mailbox whether it is somebody's second address; return it, or '' where it already is.

    One that was there stays until the new one has confirmed. Raises `FieldsRefused`, `SecondAddressIsEmail` and
    `TooManyMails`.
    """
    authorise(actor, Action.CHANGE_SECOND_ADDRESS, subject=administrator_id)
    checks = Checks()
    wanted = checks.take("second_email", clean_email, typed)
    checks.done()
    with transaction.atomic():
        person = locked(administrator_id)
        wanted = shown_email(wanted, customer_id=person.customer_id, besides=person.id)
        _refuse_own(person, wanted)
        mailed_links.revoke(person, purposes=PURPOSES, now=now)
        if is_same(wanted, person.second_email):
            return ""
        mail_budget.spend(wanted, actor=actor, own_email=True, now=now)
        link = mailed_links.make(
            LinkPurpose.SECOND_ADDRESS, administrator_id=person.id, email=wanted, now=now
        )
        details: dict[str, Detail] = {"link": str(link.id)}
        details |= details_of(wanted, customer_id=person.customer_id, besides=person.id)
        record(SECOND_ADDRESS_ASKED, actor=actor, details=details, typed=_typed(wanted))
    return wanted


def confirm(
    *, token: str, client: ClientInfo, session_id: UUID | None = None, now: datetime
) -> str:
    """Let a second address hold from now on, by the link that was mailed to it; return it.

    Raises what `mailed_links.find` raises, and `SecondAddressIsEmail` where it has become the e-mail meanwhile.
    """
    link = mailed_links.find(token, purposes=PURPOSES, now=now, host=client.host)
    credential = by_session(session_id) if session_id else by_link(link.id)
    actor = Actor(person=link.administrator.who(), client=client, credential=credential)
    with transaction.atomic():
        mailed_links.consume(link, now=now)
        person = locked(link.administrator_id)
        _refuse_own(person, link.email)
        before = person.second_email
        _write(person, link.email)
        if before:
            record(SECOND_ADDRESS_REMOVED, actor=actor, typed=_typed(before))
        record(SECOND_ADDRESS_ADDED, actor=actor, typed=_typed(link.email))
    return link.email


def remove(administrator_id: UUID, *, actor: Actor, now: datetime) -> bool:
    """Remove one's second address, and one that waits to be confirmed; return whether there was any."""
    authorise(actor, Action.CHANGE_SECOND_ADDRESS, subject=administrator_id)
    with transaction.atomic():
        return take_back(locked(administrator_id), actor=actor, now=now)


def take_back(person: Administrator, *, actor: Actor, now: datetime) -> bool:
    """Remove a person's second address, in the caller's transaction and under their lock."""
    asked = mailed_links.revoke(person, purposes=PURPOSES, now=now)
    before = person.second_email
    if before:
        _write(person, "")
        record(SECOND_ADDRESS_REMOVED, actor=actor, subject=person.who(), typed=_typed(before))
    return bool(before or asked)


def pending(administrator_id: UUID, *, now: datetime) -> MailedLink | None:
    """Return the link that waits to be opened, with the address it was mailed to as its `email`."""
    return MailedLink.objects.filter(
        administrator_id=administrator_id,
        purpose__in=PURPOSES,
        used_at__isnull=True,
        revoked_at__isnull=True,
        expires_at__gt=now,
    ).first()


def asked_by(token: str, *, host: str, now: datetime) -> MailedLink:
    """Return the link that asks a mailbox, with its person. Raises what `mailed_links.find` raises."""
    link = mailed_links.find(token, purposes=PURPOSES, now=now, host=host)
    if is_same(link.email, link.administrator.email):
        raise LinkInvalid
    return link


def is_same(one: str, other: str) -> bool:
    """Return whether two addresses are one mailbox's, in whatever letter case."""
    return fold_email(one) == fold_email(other)


def _refuse_own(person: Administrator, wanted: str) -> None:
    if is_same(wanted, person.email):
        raise SecondAddressIsEmail


def _write(person: Administrator, address: str) -> None:
    people = Administrator.objects.of(person.customer_id).filter(id=person.id)
    people.update(second_email=address)
    person.second_email = address


def _typed(address: str) -> dict[str, str]:
    # Not as a change of a field: colleagues who read history see that there is one, and not which.
    return {"second_email": address}
