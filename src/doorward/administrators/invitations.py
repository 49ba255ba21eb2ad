"""Inviting people: a mailed link sets the password and signs in through the gate."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from django.db import transaction

from doorward.administrators import links, mail_budget, passwords
from doorward.administrators.changes import removed_columns
from doorward.administrators.models import Administrator, LinkPurpose, MailedLink, Status
from doorward.audit.events import Kind
from doorward.audit.origin import By
from doorward.audit.services import record
from doorward.core import errors
from doorward.customers.models import CustomerStatus

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.administrators.sessions import Started
    from doorward.audit.origin import Origin

_PURPOSES = (LinkPurpose.INVITATION,)


def send(person: Administrator, *, by: By, now: datetime) -> MailedLink:
    """Mail an invitation, in the caller's transaction; older ones stop working. Raises `TooManyMails`."""
    mail_budget.spend(person.email, by=by, now=now)
    links.revoke(person, purposes=_PURPOSES, now=now)
    link = links.make(LinkPurpose.INVITATION, administrator_id=person.id, now=now)
    record(Kind.INVITATION_SENT, by=by, subject=person.who(), details={"link": str(link.id)})
    return link


def resend(person: Administrator, *, by: By, now: datetime) -> MailedLink:
    """Mail a new invitation to somebody who has not accepted one."""
    if person.status != Status.INVITED:
        raise errors.NotInvited
    with transaction.atomic():
        return send(person, by=by, now=now)


def open_until(person: Administrator, *, now: datetime) -> datetime | None:
    """Give when the last invitation that still works stops working; None: there is none."""
    rows = MailedLink.objects.filter(
        administrator=person,
        purpose=LinkPurpose.INVITATION,
        used_at__isnull=True,
        revoked_at__isnull=True,
        expires_at__gt=now,
    )
    return rows.order_by("-expires_at").values_list("expires_at", flat=True).first()


def revoke(person: Administrator, *, by: By, now: datetime) -> None:
    """Take an invitation back: its links stop working and the person is removed."""
    with transaction.atomic():
        invited = Administrator.objects.of(person.customer_id).filter(
            id=person.id, status=Status.INVITED
        )
        if invited.update(**removed_columns(person.id)) != 1:
            raise errors.NotInvited
        links.revoke(person, purposes=tuple(LinkPurpose), now=now)
        record(Kind.INVITATION_REVOKED, by=by, subject=person.who())


def asked_at(person: Administrator) -> datetime | None:
    """Return when the newest invitation's holder asked for another one; None: they did not."""
    rows = MailedLink.objects.filter(administrator=person, purpose=LinkPurpose.INVITATION)
    return rows.order_by("-created_at").values_list("asked_at", flat=True).first()


def ask_again(*, token: str, origin: Origin, now: datetime) -> None:
    """Tell who can invite that an invitation ran out and its holder wants another one.

    Once for each invitation that was mailed, whichever of its links is held and however often it is pressed: that is
    all that a stranger with an old mail can make us send. Raises `LinkInvalid`, `LinkReplaced` or `LinkUsed` where
    there is nothing to ask for; one that still works asks for nothing.
    """
    link = links.known(token, purposes=_PURPOSES, host=origin.host)
    with suppress(errors.LinkExpired):
        links.refuse(link, now=now)
        return
    person = link.administrator
    if person.status != Status.INVITED or person.customer.status != CustomerStatus.ACTIVE:
        raise errors.LinkInvalid
    newest = (link if link.revoked_at is None else links.newer_than(link)) or link
    with transaction.atomic():
        rows = MailedLink.objects.filter(id=newest.id, asked_at__isnull=True)
        if rows.update(asked_at=now) == 1:
            record(Kind.INVITATION_ASKED, by=By(who=person.who(), origin=origin))


def accept(  # noqa: PLR0913 - the form and who sends it
    *,
    token: str,
    password: str,
    two_factors: bool,
    browser_token: str,
    origin: Origin,
    now: datetime,
    language: str = "",
) -> Started:
    """Set the first password by an invitation's link, and begin a session that meets the gate.

    `language`: in which it is accepted, and which is the person's from now on; empty: as it was.
    """
    link = links.find(token, purposes=_PURPOSES, now=now, host=origin.host)
    person = link.administrator
    if person.status != Status.INVITED or person.customer.status != CustomerStatus.ACTIVE:
        raise errors.LinkInvalid
    new = passwords.accept(password, person=person, two_factors=two_factors)
    by = By(who=person.who(), origin=origin)
    with transaction.atomic():
        links.burn(link, now=now)
        invited = Administrator.objects.everywhere().filter(id=person.id, status=Status.INVITED)
        spoken = {"language": language} if language else {}
        if invited.update(status=Status.ACTIVE, **spoken, **new.columns()) != 1:
            raise errors.LinkInvalid
        record(Kind.INVITATION_ACCEPTED, by=by)
        return passwords.begin_from_link(person.id, browser_token=browser_token, by=by, now=now)
