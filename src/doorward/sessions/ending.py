"""Ending sessions: one's own, all others, a colleague's, and those that were abandoned."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q

from doorward.audit.actor import Actor, ClientInfo, by_session
from doorward.audit.record import record
from doorward.customers import locking
from doorward.customers.rights import authorise, is_allowed
from doorward.kernel.errors import NotFound
from doorward.permissions.actions import Action
from doorward.sessions.errors import SessionEnded, StaleRequest
from doorward.sessions.events import (
    OTHER_SESSIONS_ENDED,
    SESSION_ENDED,
    SIGN_IN_ABANDONED,
    SIGNED_OUT,
)
from doorward.sessions.models import Session, accounts
from doorward.sessions.queries import still_open

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.actor import Who
    from doorward.policy.rules import Policy
ABANDONED_AFTER = timedelta(minutes=30)
KEEP_ENDED = timedelta(days=180)


def sign_out(session_id: UUID, *, actor: Actor, now: datetime) -> None:
    """End the session of the browser that asks for it; asking twice is no error."""
    with transaction.atomic():
        if _end(Session.objects.filter(id=session_id), now=now):
            record(SIGNED_OUT, actor=actor)


def end_one(session_id: UUID, *, administrator_id: UUID, actor: Actor, now: datetime) -> None:
    """End one of a person's own sessions, or raise `NotFound`; `SessionEnded` where the one that acts has ended.

    What had ended already, as a page of before does not know, is no error, and no event.
    """
    authorise(actor, Action.END_OWN_SESSIONS, subject=administrator_id)
    with transaction.atomic():
        _lock_person(administrator_id)
        must_be_open(actor)
        rows = Session.objects.filter(id=session_id, administrator_id=administrator_id)
        if _end(rows, now=now):
            record(SESSION_ENDED, actor=actor)
        elif not rows.exists():
            raise NotFound


def must_be_open(actor: Actor) -> None:
    """Keep the session that acts open until the caller's transaction ends, or raise `SessionEnded`.

    Whoever changes rows of its own person locks that person before. Of nobody's sessions (the
    console, the worker) nothing is asked.
    """
    if actor.session_id is None:
        return
    acting = Session.objects.filter(
        id=actor.session_id,
        ended_at__isnull=True,
        security_version=F("administrator__security_version"),
    )
    if not acting.select_for_update(of=("self",)).values_list("id"):
        raise SessionEnded


def end_others(*, administrator_id: UUID, keep: UUID | None, now: datetime) -> int:
    """End all sessions of a person but one, in the caller's transaction; return how many were.

    The security version goes up with them, so that nothing made with the old one holds either.
    Raises `SessionEnded` where the one that is to stay has ended: of two that end each other at the
    same moment exactly one stays, and what ended its session while it waited changes nothing.
    """
    person = accounts().everywhere().filter(id=administrator_id)
    # The person's row first: whoever else ends sessions of theirs waits for it.
    person.update(security_version=F("security_version") + 1)
    version = person.values_list("security_version", flat=True).get()
    others = Session.objects.filter(administrator_id=administrator_id)
    if keep is not None:
        kept = others.filter(id=keep, ended_at__isnull=True, security_version=version - 1)
        if kept.update(security_version=version) != 1:
            raise SessionEnded
        others = others.exclude(id=keep)
    return _end(others, now=now)


def end_own_others(
    *, administrator_id: UUID, keep: UUID, policy: Policy, actor: Actor, now: datetime
) -> int:
    """End all of a person's own sessions but the one that asks; return how many were still open."""
    authorise(actor, Action.END_OWN_SESSIONS, subject=administrator_id)
    with transaction.atomic():
        _lock_person(administrator_id)
        ended = still_open(administrator_id, policy=policy, now=now).exclude(id=keep).count()
        end_others(administrator_id=administrator_id, keep=keep, now=now)
        record(OTHER_SESSIONS_ENDED, actor=actor, details={"ended": ended})
    return ended


def end_all_of(*, subject: Who, policy: Policy, actor: Actor, now: datetime) -> int:
    """End all sessions of a colleague; return how many were still open.

    The customer's row is the lock, as for every change by a colleague: two who end each other's
    sessions do not wait for each other, and the second one finds that its own has ended.
    """
    authorise(actor, Action.END_SESSIONS, subject.customer_id, subject=subject.id)
    with transaction.atomic():
        locking.hold(subject.customer_id)
        must_be_open(actor)
        if not is_allowed(actor, Action.END_SESSIONS, subject.customer_id, subject=subject.id):
            raise StaleRequest
        ended = still_open(subject.id, policy=policy, now=now).count()
        end_others(administrator_id=subject.id, keep=None, now=now)
        record(OTHER_SESSIONS_ENDED, actor=actor, subject=subject, details={"ended": ended})
    return ended


def _lock_person(administrator_id: UUID) -> None:
    people = accounts().everywhere().select_for_update()
    people.values_list("id").get(id=administrator_id)


def close_abandoned(*, now: datetime, limit: int = 200) -> int:
    """End sign-ins that stopped half-way after a right password, and say so in the history."""
    stale = (
        Session.objects.select_related("administrator__customer")
        .filter(signed_in_at__isnull=True, ended_at__isnull=True)
        .filter(created_at__lt=now - ABANDONED_AFTER, seen_at__lt=now - ABANDONED_AFTER)
        .order_by("created_at")[:limit]
    )
    return sum(_close(session, now=now) for session in stale)


def forget(*, now: datetime) -> int:
    """Delete what ended long ago; the newest sign-in of each person stays, for 'last sign-in'."""
    newest = (
        Session.objects.filter(signed_in_at__isnull=False)
        .order_by("administrator_id", "-signed_in_at")
        .values("administrator_id", "signed_in_at", "id")
    )
    old = Session.objects.filter(Q(ended_at__lt=now - KEEP_ENDED) | Q(seen_at__lt=now - KEEP_ENDED))
    kept: dict[UUID, UUID] = {}
    for row in newest.filter(id__in=old.values("id")):
        kept.setdefault(row["administrator_id"], row["id"])
    return old.exclude(id__in=kept.values()).delete()[0]


def _close(session: Session, *, now: datetime) -> int:
    who = session.administrator.who()
    client = ClientInfo(address=session.address, browser=session.browser)
    with transaction.atomic():
        ended = _end(Session.objects.filter(id=session.id, signed_in_at__isnull=True), now=now)
        if ended:
            actor = Actor(person=who, client=client, credential=by_session(session.id))
            record(SIGN_IN_ABANDONED, actor=actor)
    return ended


def _end(rows: QuerySet[Session], *, now: datetime) -> int:
    return rows.filter(ended_at__isnull=True).update(ended_at=now)
