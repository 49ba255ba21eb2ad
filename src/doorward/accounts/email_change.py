"""Changing an e-mail: confirmed at the new address, told to the old one.

A change by a colleague also waits for the old address: until it agrees, or 24 hours without its
veto, so that a colleague cannot take an account over by moving its mailbox.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from doorward.accounts import invitations, mail_budget, mailed_links
from doorward.accounts.account import locked
from doorward.accounts.errors import EmailTaken, LinkInvalid
from doorward.accounts.events import (
    EMAIL_CHANGE_AGREED,
    EMAIL_CHANGE_ASKED,
    EMAIL_CHANGE_STOPPED,
    EMAIL_CHANGED,
)
from doorward.accounts.lookalikes import details_of, shown_email
from doorward.accounts.models import Administrator, EmailChange, LinkPurpose, MailedLink, Status
from doorward.audit.actor import WORKER, Actor, by_link, by_session
from doorward.audit.record import record
from doorward.customers.rights import authorise
from doorward.kernel.text.cleaning import fold_email, is_same_email
from doorward.permissions.actions import Action
from doorward.sessions import ending
from doorward.sessions.errors import StaleRequest

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.actor import ClientInfo
    from doorward.audit.record import Detail, Typed

# How long the old address can object to what a colleague asked for.
OBJECTION_TIME = timedelta(hours=24)
# A change by a colleague outlives its links by the time of the veto.
FORGET_AFTER = timedelta(days=7)
KEEP = timedelta(days=30)
PURPOSES = (LinkPurpose.EMAIL_NEW, LinkPurpose.EMAIL_OLD)


def ask(person: Administrator, email: str, *, actor: Actor, now: datetime) -> bool:
    """Ask for another e-mail; return whether anything was asked for (False: it is that one already).

    `email` is clean, and `person` was read under their lock, in the caller's transaction: who accepts an invitation
    just now is no longer invited. For somebody still invited it holds at once, and the invitation goes to the new
    address. Raises `EmailTaken`.
    """
    authorise(actor, _action(person, actor), person.customer_id, subject=person.id)
    if is_same_email(email, person.email):
        return False
    wanted = shown_email(email, customer_id=person.customer_id, besides=person.id)
    _refuse_taken(person, wanted)
    if _is_own(person, actor) and person.status != Status.ACTIVE:
        raise StaleRequest
    if person.status == Status.INVITED:
        _change_at_once(person, wanted, actor=actor, now=now)
    else:
        _ask(person, wanted, actor=actor, now=now)
    return True


def _change_at_once(person: Administrator, wanted: str, *, actor: Actor, now: datetime) -> None:
    _write(person, wanted, proved_at=None)
    typed = _emails(person.email, wanted)
    record(
        EMAIL_CHANGED,
        actor=actor,
        subject=person.who(),
        details={"invited": True} | _details(person, wanted),
        typed=typed,
    )
    person.email = wanted
    invitations.send(person, actor=actor, now=now)


def _is_own(person: Administrator, actor: Actor) -> bool:
    return actor.person is not None and actor.person.id == person.id


def _action(person: Administrator, actor: Actor) -> Action:
    return Action.CHANGE_OWN_EMAIL if _is_own(person, actor) else Action.CHANGE_EMAIL


def pending(administrator_id: UUID, *, now: datetime) -> EmailChange | None:
    """Return the change that waits for its confirmation, or was confirmed and waits for the veto."""
    waits = Q(asked_at__gt=now - mailed_links.LIFETIME)
    confirmed = Q(confirmed_at__isnull=False, asked_at__gt=now - FORGET_AFTER)
    mine = EmailChange.objects.filter(administrator_id=administrator_id, closed_at__isnull=True)
    return mine.filter(waits | confirmed).first()


def change_of(link: MailedLink) -> EmailChange:
    """Return the change that a link is about, or raise `LinkInvalid`."""
    change = EmailChange.objects.filter(
        id=link.about or UUID(int=0), closed_at__isnull=True
    ).first()
    if change is None:
        raise LinkInvalid
    return change


def answer(
    *, token: str, stop: bool, client: ClientInfo, session_id: UUID | None, now: datetime
) -> bool:
    """Confirm, agree or stop by a mailed link; return whether the new e-mail holds from now on."""
    link = mailed_links.find(token, purposes=PURPOSES, now=now, host=client.host)
    person = link.administrator
    actor = Actor(
        person=person.who(),
        client=client,
        credential=by_session(session_id) if session_id else by_link(link.id),
    )
    with transaction.atomic():
        mailed_links.consume(link, now=now)
        change = change_of(link)
        if stop:
            _stop(change, person, actor=actor, now=now)
            return False
        _agree(change, link, actor=actor, now=now)
        return _apply_if_ready(change, actor=actor, now=now)


def go_back(
    person: Administrator, email: str, *, proved_at: datetime | None, actor: Actor, now: datetime
) -> None:
    """Undo changes of the e-mail, begun or done, in the caller's transaction.

    `proved_at`: when a mail to the old address was last shown to have arrived, where that is known.

    Somebody who was invited with that e-mail since then gives way: nobody has verified that it is
    theirs. Where an account has it that somebody accepted, the e-mail stays as it is.
    """
    EmailChange.objects.filter(administrator=person, closed_at__isnull=True).update(closed_at=now)
    if not email or email == person.email:
        return
    invitations.give_way(email, now=now)
    try:
        _write(person, email, proved_at=proved_at)
    except EmailTaken:
        return
    typed = _emails(person.email, email)
    record(EMAIL_CHANGED, actor=actor, subject=person.who(), details={"back": True}, typed=typed)


def mark_proved(administrator_id: UUID, *, now: datetime) -> None:
    """Write down that a mail to somebody's address arrived, in the caller's transaction."""
    rows = Administrator.objects.everywhere().filter(id=administrator_id)
    rows.update(email_proved_at=now)


def apply_due(*, now: datetime) -> int:
    """Let changes by colleagues take effect whose time of veto is over; return how many did."""
    due = EmailChange.objects.filter(
        closed_at__isnull=True, confirmed_at__isnull=False, not_before__lte=now
    )
    applied = 0
    for change in due:
        try:
            with transaction.atomic():
                applied += _apply_if_ready(change, actor=WORKER, now=now)
        except EmailTaken:
            # Somebody else has it since. The change must not wait for ever, nor keep others waiting.
            with transaction.atomic():
                _stop(change, locked(change.administrator_id), actor=WORKER, now=now)
    return applied


def forget(*, now: datetime) -> int:
    """Delete changes of long ago, whatever became of them."""
    return EmailChange.objects.filter(asked_at__lt=now - KEEP).delete()[0]


def _ask(person: Administrator, wanted: str, *, actor: Actor, now: datetime) -> None:
    colleague = not _is_own(person, actor)
    mail_budget.spend(wanted, actor=actor, own_email=not colleague, now=now)
    EmailChange.objects.filter(administrator=person, closed_at__isnull=True).update(closed_at=now)
    mailed_links.revoke(person, purposes=PURPOSES, now=now)
    change = EmailChange.objects.create(
        administrator=person,
        email=wanted,
        old_email=person.email,
        by_colleague=colleague,
        asked_at=now,
        not_before=now + OBJECTION_TIME if colleague else None,
    )
    record(
        EMAIL_CHANGE_ASKED,
        actor=actor,
        subject=person.who(),
        details={
            "change": str(change.id),
            **_links(change, now=now),
            "by_colleague": colleague,
            **_details(person, wanted),
        },
        typed=_emails(person.email, wanted),
    )


def _links(change: EmailChange, *, now: datetime) -> dict[str, str]:
    """Make the links for both addresses, of the new one to confirm it, of the old one to object; return their ids.

    What a colleague asked for waits a day for the old address; else both go with the other mailed links.
    """
    whose = change.administrator_id
    old = OBJECTION_TIME if change.by_colleague else mailed_links.LIFETIME
    made = (
        mailed_links.make(purpose, administrator_id=whose, now=now, about=change.id, lifetime=lasts)
        for purpose, lasts in zip(PURPOSES, (mailed_links.LIFETIME, old), strict=True)
    )
    return {name: str(link.id) for name, link in zip(("new_link", "old_link"), made, strict=True)}


def _agree(change: EmailChange, link: MailedLink, *, actor: Actor, now: datetime) -> None:
    column = "confirmed_at" if link.purpose == LinkPurpose.EMAIL_NEW else "agreed_at"
    open_change = EmailChange.objects.filter(id=change.id, closed_at__isnull=True)
    if open_change.update(**{column: now}) != 1:
        raise LinkInvalid
    change.refresh_from_db()
    record(EMAIL_CHANGE_AGREED, actor=actor, details={"change": str(change.id), "address": column})


def _stop(change: EmailChange, person: Administrator, *, actor: Actor, now: datetime) -> None:
    open_change = EmailChange.objects.filter(id=change.id, closed_at__isnull=True)
    if open_change.update(closed_at=now) != 1:
        raise LinkInvalid
    mailed_links.revoke(person, purposes=PURPOSES, now=now)
    record(
        EMAIL_CHANGE_STOPPED,
        actor=actor,
        subject=person.who(),
        details={"change": str(change.id)},
    )


def _apply_if_ready(change: EmailChange, *, actor: Actor, now: datetime) -> bool:
    waits = change.not_before is not None and now < change.not_before and not change.agreed_at
    if change.confirmed_at is None or waits:
        return False
    person = locked(change.administrator_id)
    if EmailChange.objects.filter(id=change.id, closed_at__isnull=True).update(closed_at=now) != 1:
        return False
    if person.status == Status.REMOVED:
        return False
    _write(person, change.email, proved_at=now)
    # *This was not me* stays: moving the mailbox must not take it from the owner of the old one.
    mailed_links.revoke(person, purposes=(*PURPOSES, LinkPurpose.RESET), now=now)
    ending.end_others(administrator_id=person.id, keep=actor.session_id, now=now)
    details: dict[str, Detail] = {"change": str(change.id)}
    if not change.by_colleague and not _is_guarded(person):
        details["link"] = str(_way_back(change, now=now).id)
    typed = _emails(change.old_email, change.email)
    record(EMAIL_CHANGED, actor=actor, subject=person.who(), details=details, typed=typed)
    return True


def _details(person: Administrator, wanted: str) -> dict[str, Detail]:
    return details_of(wanted, customer_id=person.customer_id, besides=person.id)


def _emails(before: str, after: str) -> dict[str, Typed]:
    return {"before": {"email": before}, "after": {"email": after}}


def _is_guarded(person: Administrator) -> bool:
    """Return whether more than the password had to be verified for the change."""
    return Administrator.objects.everywhere().filter(id=person.id, factors__isnull=False).exists()


def _way_back(change: EmailChange, *, now: datetime) -> MailedLink:
    """Make the *This was not me* of an e-mail that the password alone sufficed to change."""
    return mailed_links.make(
        LinkPurpose.NOT_ME,
        administrator_id=change.administrator_id,
        now=now,
        about=change.id,
        email=change.old_email,
        lifetime=mailed_links.NOT_ME_LIFETIME,
    )


def _write(person: Administrator, email: str, *, proved_at: datetime | None) -> None:
    rows = Administrator.objects.of(person.customer_id).filter(id=person.id)
    columns = {"email": email, "email_folded": fold_email(email), "mail_problem": ""}
    # It is told already, then.
    if columns["email_folded"] == fold_email(person.second_email):
        columns["second_email"] = ""
    try:
        with transaction.atomic():
            rows.update(email_proved_at=proved_at, **columns)
    except IntegrityError as error:
        raise EmailTaken from error


def _refuse_taken(person: Administrator, wanted: str) -> None:
    others = Administrator.objects.everywhere().exclude(id=person.id)
    if others.filter(email_folded=fold_email(wanted)).exists():
        raise EmailTaken
