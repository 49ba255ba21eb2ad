"""Where somebody is signed in with each of their sessions, and that they end it there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction

from doorward.applications import words
from doorward.applications.events import APPLICATION_SIGNED_OUT
from doorward.applications.grants import named
from doorward.applications.models import Grant
from doorward.audit.record import record
from doorward.customers.rights import authorise
from doorward.customers.tab_titles import title_of
from doorward.kernel.errors import NotFound
from doorward.permissions.actions import Action
from doorward.sessions.ending import must_be_open
from doorward.sessions.queries import still_open

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.accounts.models import Administrator
    from doorward.audit.actor import Actor
    from doorward.policy.rules import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """An application that a session is signed in to, however often. `id`: of the newest sign-in."""

    id: UUID
    title: str
    since: datetime
    used_at: datetime
    scopes: tuple[str, ...]

    @property
    def told(self) -> str:
        """What it is told, in words."""
        return words.told(self.scopes)


def of_sessions(
    session_ids: Collection[UUID], *, tab_keys: Collection[str]
) -> dict[UUID, tuple[SignedIn, ...]]:
    """Return what each of a person's sessions is signed in to, by title, in one query.

    `tab_keys`: the tabs that the person has; of another one nothing they were given is worth anything.
    """
    found: dict[UUID, dict[UUID, SignedIn]] = {}
    rows = _going_on().filter(session_id__in=session_ids, application__tab__key__in=tab_keys)
    # A few, which no index has in their order.
    for grant in sorted(rows.select_related("application__tab"), key=lambda one: one.granted_at):
        mine = found.setdefault(grant.session_id, {})
        before = mine.get(grant.application_id)
        used_at = grant.used_at or grant.granted_at
        mine[grant.application_id] = SignedIn(
            id=grant.id,
            title=title_of(grant.application.tab.key),
            since=before.since if before else grant.granted_at,
            used_at=max(before.used_at, used_at) if before else used_at,
            scopes=tuple(dict.fromkeys((*(before.scopes if before else ()), *grant.scopes))),
        )
    return {
        session_id: tuple(sorted(mine.values(), key=lambda one: one.title))
        for session_id, mine in found.items()
    }


def titles_of(person: Administrator, *, policy: Policy, now: datetime) -> tuple[str, ...]:
    """Return what somebody is signed in to with any of their open sessions, in order."""
    rows = _going_on().filter(
        session_id__in=still_open(person.id, policy=policy, now=now).values("id"),
        application__tab__key__in=person.tab_keys,
    )
    keys = rows.values_list("application__tab__key", flat=True)
    return tuple(sorted({title_of(key) for key in keys}))


def end_own(grant_id: UUID, *, administrator_id: UUID, actor: Actor, now: datetime) -> None:
    """End what one of a person's own sessions was given at an application; return nothing, or raise `NotFound`.

    One session is one to the application, however often it signed in. `SessionEnded` where the one that acts has ended.
    """
    authorise(actor, Action.END_OWN_SESSIONS, subject=administrator_id)
    with transaction.atomic():
        must_be_open(actor)
        rows = _going_on().filter(administrator_id=administrator_id)
        grant = rows.filter(id=grant_id).select_related("application__tab").first()
        if grant is None:
            raise NotFound
        same = rows.filter(application_id=grant.application_id, session_id=grant.session_id)
        if not same.update(ended_at=now):
            raise NotFound
        record(APPLICATION_SIGNED_OUT, actor=actor, details=named(grant.application))


def _going_on() -> QuerySet[Grant]:
    """Return the sign-ins whose code was used, before which the application has nothing, and that are not told over."""
    return Grant.objects.filter(
        code_used_at__isnull=False,
        ended_at__isnull=True,
        tell_at__isnull=True,
        # What staff opened while managing is seen, and ended, by the customer.
        managing_id__isnull=True,
    )
