"""Waiting instead of help, where the policy allows it: asked for with password and mailbox, open to everybody's veto.

Never by the mailbox alone: a password that a mailed link set counts only once a factor was verified together with it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from doorward.accounts.account import locked
from doorward.audit.record import record
from doorward.credentials.models import Factor
from doorward.customers import locking
from doorward.customers.rights import authorise
from doorward.kernel.clock_set_back import lasts
from doorward.permissions.actions import Action
from doorward.policy.loading import policies_of
from doorward.recovery import set_up_pass
from doorward.recovery.errors import (
    AlreadyAsked,
    MailboxFirst,
    NothingLost,
    WaitAskedTooOften,
    WaitingNeedsOldPassword,
    WaitingNotAllowed,
    WaitObjected,
)
from doorward.recovery.events import WAIT_ASKED
from doorward.recovery.models import PENDING, RecoveryRequest, State, Way
from doorward.recovery.veto_link import details_of
from doorward.sessions import ending
from doorward.sessions.models import Session
from doorward.sessions.reauthentication import MAILBOX_PROOF_SECONDS

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.accounts.models import Administrator
    from doorward.audit.actor import Actor
    from doorward.kernel.errors import Refusal
    from doorward.sessions.context import AuthContext

# Everybody is told of each: who asks again after every objection would wear them out.
AFTER_OBJECTION: Final = timedelta(days=7)
ASKS_A_DAY: Final = 2


def ask(*, auth: AuthContext, actor: Actor, now: datetime) -> RecoveryRequest:
    """Ask to wait, in a session in which password and mailbox were verified; return the request.

    Raises what `why_not` returns, `MailboxFirst`, `AlreadyAsked`.
    """
    authorise(actor, Action.ASK_TO_WAIT, subject=auth.person.id)
    with transaction.atomic():
        locking.hold(auth.person.customer_id)
        person = locked(auth.person.id)
        ending.must_be_open(actor)
        hours = _check(auth, person, now=now)
        request = RecoveryRequest.objects.create(
            administrator=person,
            way=Way.WAITING,
            second=False,
            asked_by=person,
            asked_at=now,
            due_at=now + timedelta(hours=hours),
        )
        record(WAIT_ASKED, actor=actor, details=details_of(request, now=now))
        return request


def mailbox_verified(auth: AuthContext, *, now: datetime) -> bool:
    """Return whether the mailbox was verified in this session a short time ago, after the password."""
    session = auth.facts.session
    return (
        session is not None
        and session.password_at is not None
        and session.mailbox_at is not None
        and lasts(session.mailbox_at, timedelta(seconds=MAILBOX_PROOF_SECONDS), now=now)
    )


def hours_for(person: Administrator, *, now: datetime) -> int:
    """Return for how long somebody would wait; 0: they may not. Wants `customer.brand` at hand."""
    return _hours(person, now=now) if why_not(person, now=now) is None else 0


def why_not(person: Administrator, *, now: datetime) -> Refusal | None:
    """Return why somebody may not ask to wait, whatever their session verified; None: they may, or wait already."""
    if not _hours(person, now=now):
        return WaitingNotAllowed()
    if not password_is_own(person):
        return WaitingNeedsOldPassword()
    if not Factor.objects.filter(administrator=person).exists():
        return NothingLost()
    return _asked_before(person, now=now)


def password_is_own(person: Administrator) -> bool:
    """Return whether a password is known to more than who reads the mailbox.

    One that a mailed link set is, once the same session had it and a factor: who signs in by a passkey alone never
    types it, and does not notice that somebody else has set it.
    """
    by_link_at = person.password_by_link_at
    if by_link_at is None:
        return True
    mine = Session.objects.filter(
        administrator=person,
        passkey_at__isnull=True,
        password_at__gte=by_link_at,
        factor_at__gt=by_link_at,
    )
    return mine.exists()


def _check(auth: AuthContext, person: Administrator, *, now: datetime) -> int:
    session = auth.facts.session
    if (refused := why_not(person, now=now)) is not None:
        raise refused
    if not mailbox_verified(auth, now=now):
        raise MailboxFirst
    if session is None or session.from_link:
        raise WaitingNeedsOldPassword
    waiting = RecoveryRequest.objects.filter(administrator=person, state__in=PENDING)
    if waiting.exists() or set_up_pass.is_out(person.id, now=now):
        raise AlreadyAsked
    return _hours(person, now=now)


def _hours(person: Administrator, *, now: datetime) -> int:
    return int(policies_of(person.customer).values(now=now).recovery_wait_hours)


def _asked_before(person: Administrator, *, now: datetime) -> Refusal | None:
    mine = RecoveryRequest.objects.filter(administrator=person, way=Way.WAITING)
    if mine.filter(state__in=PENDING).exists():
        return None
    objected = mine.filter(state=State.REFUSED, closed_at__gt=now - AFTER_OBJECTION)
    last = objected.order_by("-closed_at").values_list("closed_at", flat=True).first()
    if last is not None and not set_up_pass.proved_since(person.id, last):
        return WaitObjected()
    today = mine.filter(asked_at__gt=now - timedelta(days=1))
    return WaitAskedTooOften() if today.count() >= ASKS_A_DAY else None
