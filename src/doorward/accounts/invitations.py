"""Inviting people: a mailed link sets the password and signs in through the gate."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef

from doorward.accounts import mail_budget, mailed_links
from doorward.accounts.errors import CustomerNotActive, LinkExpired, LinkInvalid, NotInvited
from doorward.accounts.events import INVITATION_ASKED, INVITATION_REVOKED, INVITATION_SENT
from doorward.accounts.locking import must_still_may
from doorward.accounts.models import Administrator, LinkPurpose, MailedLink, Status
from doorward.accounts.removing import end_links, removed_columns
from doorward.audit.actor import WORKER, Actor, by_link
from doorward.audit.record import history_of_customer, record
from doorward.customers import locking as customer_lock
from doorward.customers.models import CustomerStatus
from doorward.customers.rights import authorise
from doorward.kernel.text.cleaning import fold_email
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from doorward.audit.actor import ClientInfo
    from doorward.customers.models import Customer

PURPOSES = (LinkPurpose.INVITATION,)
# How long an invitation works.
LIFETIME = timedelta(days=7)


def send(person: Administrator, *, actor: Actor, now: datetime) -> MailedLink:
    """Mail an invitation, in the caller's transaction; older ones stop working.

    Raises `TooManyMails`, and `CustomerNotActive`.
    """
    mail_budget.spend(person.email, actor=actor, now=now)
    mailed_links.revoke(person, purposes=PURPOSES, now=now)
    link = mailed_links.make(
        LinkPurpose.INVITATION, administrator_id=person.id, now=now, lifetime=LIFETIME
    )
    record(INVITATION_SENT, actor=actor, subject=person.who(), details={"link": str(link.id)})
    return link


def refuse_shut(customer: Customer) -> None:
    """Refuse what `send` would, before anybody is added. Raises `CustomerNotActive`."""
    if customer.status != CustomerStatus.ACTIVE:
        raise CustomerNotActive


def resend(person: Administrator, *, actor: Actor, now: datetime) -> MailedLink:
    """Mail a new invitation to somebody who has not accepted one. Raises `NotInvited`, and what `send` raises."""
    authorise(actor, Action.RESEND_INVITATION, person.customer_id, subject=person.id)
    if person.status != Status.INVITED:
        raise NotInvited
    with transaction.atomic():
        _hold(person, Action.RESEND_INVITATION, actor=actor)
        return send(person, actor=actor, now=now)


def _hold(person: Administrator, action: Action, *, actor: Actor) -> None:
    """Lock the customer, as for every change by a colleague, and look again whether who acts may do this."""
    customer_lock.hold(person.customer_id)
    must_still_may(actor, action, person.customer_id, subject=person.id)


def open_until(person: Administrator, *, now: datetime) -> datetime | None:
    """Return when the last invitation that still works stops working; None: there is none."""
    rows = MailedLink.objects.filter(
        administrator=person,
        purpose=LinkPurpose.INVITATION,
        used_at__isnull=True,
        revoked_at__isnull=True,
        expires_at__gt=now,
    )
    return rows.order_by("-expires_at").values_list("expires_at", flat=True).first()


def was_sent(person: Administrator) -> bool:
    """Return whether an invitation was ever mailed. Links are kept for a while, history remembers for longer."""
    links = MailedLink.objects.filter(administrator=person, purpose=LinkPurpose.INVITATION)
    if links.exists():
        return True
    sent = history_of_customer(person.customer_id).filter(
        subject_id=person.id, type=INVITATION_SENT
    )
    return sent.exists()


def without_any(people: QuerySet[Administrator]) -> QuerySet[Administrator]:
    """Return which of these people wait for an invitation: none that is still kept was mailed to them."""
    links = MailedLink.objects.filter(administrator=OuterRef("pk"), purpose=LinkPurpose.INVITATION)
    return people.filter(~Exists(links), status=Status.INVITED)


def revoke(person: Administrator, *, actor: Actor, now: datetime) -> None:
    """Take an invitation back: its links stop working and the person is removed."""
    authorise(actor, Action.REVOKE_INVITATION, person.customer_id, subject=person.id)
    with transaction.atomic():
        _hold(person, Action.REVOKE_INVITATION, actor=actor)
        if not _take_back(person, actor=actor, now=now):
            raise NotInvited


def give_way(email: str, *, now: datetime) -> None:
    """Take the invitation back that stands in the way of an e-mail's owner, in the caller's transaction.

    At whatever customer: that is no right of the owner's, and its history is not told who they are, nor from where
    they came. Nothing is locked but the row: whoever accepts it at this moment keeps the e-mail.
    """
    holder = (
        Administrator.objects.everywhere()
        .select_related("customer")
        .filter(email_folded=fold_email(email), status=Status.INVITED)
        .first()
    )
    if holder is not None:
        _take_back(holder, actor=WORKER, now=now)


def _take_back(person: Administrator, *, actor: Actor, now: datetime) -> bool:
    invited = Administrator.objects.of(person.customer_id).filter(
        id=person.id, status=Status.INVITED
    )
    if invited.update(**removed_columns(person.id)) != 1:
        return False
    end_links(person, for_good=True, now=now)
    record(INVITATION_REVOKED, actor=actor, subject=person.who())
    return True


def asked_at(person: Administrator) -> datetime | None:
    """Return when the newest invitation's holder asked for another one; None: they did not."""
    rows = MailedLink.objects.filter(administrator=person, purpose=LinkPurpose.INVITATION)
    return rows.order_by("-created_at").values_list("asked_at", flat=True).first()


def ask_again(*, token: str, client: ClientInfo, now: datetime) -> None:
    """Tell who can invite that an invitation ran out and its holder wants another one.

    Once for each invitation that was mailed, whichever of its links is held and however often it is pressed: that is
    all that a stranger with an old mail can make us send. Raises `LinkInvalid`, `LinkReplaced` or `LinkUsed` where
    there is nothing to ask for; one that still works asks for nothing.
    """
    link = mailed_links.known(token, purposes=PURPOSES, host=client.host)
    with suppress(LinkExpired):
        mailed_links.refuse(link, now=now)
        return
    person = link.administrator
    if person.status != Status.INVITED:
        raise LinkInvalid
    newest = (link if link.revoked_at is None else mailed_links.newer_than(link)) or link
    with transaction.atomic():
        rows = MailedLink.objects.filter(id=newest.id, asked_at__isnull=True)
        if rows.update(asked_at=now) == 1:
            record(
                INVITATION_ASKED,
                actor=Actor(person=person.who(), client=client, credential=by_link(link.id)),
            )
