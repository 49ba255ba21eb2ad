"""Which sessions are open, and what is kept of one between two requests."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, F, Max, Q

from doorward.audit.record import record
from doorward.kernel.db.unsynced import unsynced
from doorward.sessions import rules
from doorward.sessions.events import SET_UP_PUT_OFF
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.actor import Actor
    from doorward.policy.rules import Policy
    from doorward.sessions.context import Browser

SEEN_EVERY = timedelta(minutes=1)


def touch(session_id: UUID, *, now: datetime) -> None:
    """Write down that a session was used just now (the caller does so at most once a minute)."""
    # Who only reads waits for no disk: what a power cut takes back of it ends a session a minute sooner.
    with unsynced():
        Session.objects.filter(id=session_id, seen_at__lt=now).update(seen_at=now)


def keep_next(session_id: UUID, path: str) -> None:
    """Remember where a session was heading before a step came in between."""
    Session.objects.filter(id=session_id).update(next_path=path[:2000])


def forget_link(session_id: UUID) -> None:
    """Let a session no longer count as begun by a mailed link, in the caller's transaction."""
    Session.objects.filter(id=session_id, from_link=True).update(from_link=False)


def is_current(browser: Browser) -> bool:
    """Return whether a session still has the identifier with which the request came: no other window stepped it up."""
    rows = Session.objects.filter(id=browser.session_id, ended_at__isnull=True)
    return rows.filter(token_hash=browser.token_hash).exists()


def passed_meanwhile(browser: Browser) -> bool:
    """Tell a form that was sent twice from a code that was used before: another press stepped the session up."""
    rows = Session.objects.filter(id=browser.session_id)
    return rows.exclude(token_hash=browser.token_hash).exists()


def put_off(session_id: UUID, *, actor: Actor) -> None:
    """Put the set-up off for this session, within the grace."""
    with transaction.atomic():
        if Session.objects.filter(id=session_id, put_off=False).update(put_off=True):
            record(SET_UP_PUT_OFF, actor=actor)


def still_open(administrator_id: UUID, *, policy: Policy, now: datetime) -> QuerySet[Session]:
    """Return the sessions that were let through and are open."""
    return open_by(administrator_id, **rules.open_rows(policy, now=now))


def open_by(administrator_id: UUID, **moments: datetime) -> QuerySet[Session]:
    """Return the same, by the lookups of `rules.open_rows`."""
    return Session.objects.filter(
        administrator_id=administrator_id,
        security_version=F("administrator__security_version"),
        signed_in_at__isnull=False,
        ended_at__isnull=True,
        **moments,
    )


def summary(
    administrator_id: UUID, *, policy: Policy, now: datetime
) -> tuple[datetime | None, int]:
    """Return when a person was last let through, and with how many browsers they are signed in."""
    all_of = Session.objects.filter(administrator_id=administrator_id, signed_in_at__isnull=False)
    now_open = still_open(administrator_id, policy=policy, now=now).values("id")
    row = all_of.aggregate(
        last=Max("signed_in_at"), browsers=Count("id", filter=Q(id__in=now_open))
    )
    return row["last"], row["browsers"]
