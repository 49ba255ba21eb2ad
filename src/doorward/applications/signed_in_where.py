"""Where somebody is signed in with each of their sessions, and that they end it there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING

from django.db import transaction

from doorward.applications import field_words
from doorward.applications.events import APPLICATION_SIGNED_OUT
from doorward.applications.grants import named
from doorward.applications.models import Grant, SiteVisit
from doorward.audit.record import record
from doorward.customers.cached import tab_links
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
    """An application, or a site, that a session is signed in to, however often. `id`: of the newest sign-in."""

    id: UUID
    title: str
    since: datetime
    # None: each request to a site is one of the session, which says it.
    used_at: datetime | None
    scopes: tuple[str, ...]

    @property
    def told(self) -> str:
        """What it is told, in words."""
        return field_words.told(self.scopes)


def of_sessions(
    session_ids: Collection[UUID], *, tab_keys: Collection[str]
) -> dict[UUID, tuple[SignedIn, ...]]:
    """Return what each of a person's sessions is signed in to, by title, in two queries at most.

    `tab_keys`: the tabs that the person has; of another one nothing they were given is worth anything.
    """
    # Applications and sites stand behind the provider's own tabs only: who has none of those is asked after nowhere.
    keys = {link.key for link in tab_links()}.intersection(tab_keys)
    if not keys:
        return {}
    found = _at_sites(session_ids, keys)
    rows = _going_on().filter(session_id__in=session_ids, application__tab__key__in=keys)
    columns = ("granted_at", "id", "session_id", "application_id", "used_at", "scopes")
    # A few, which no index has in their order.
    for since, id_, session_id, application_id, used, scopes, key in sorted(
        rows.values_list(*columns, "application__tab__key"), key=itemgetter(0)
    ):
        mine = found.setdefault(session_id, {})
        newest = SignedIn(
            id=id_, title=title_of(key), since=since, used_at=used or since, scopes=tuple(scopes)
        )
        before = mine.get(application_id)
        mine[application_id] = _together(before, newest) if before else newest
    return {
        session_id: tuple(sorted(mine.values(), key=lambda one: one.title))
        for session_id, mine in found.items()
    }


def _together(before: SignedIn, newest: SignedIn) -> SignedIn:
    """Return two sign-ins to one application as the one that people see."""
    return replace(
        newest,
        since=before.since,
        used_at=max(filter(None, (before.used_at, newest.used_at))),
        scopes=tuple(dict.fromkeys((*before.scopes, *newest.scopes))),
    )


def titles_of(person: Administrator, *, policy: Policy, now: datetime) -> tuple[str, ...]:
    """Return what somebody is signed in to with any of their open sessions, in order."""
    sessions = still_open(person.id, policy=policy, now=now).values("id")
    grants = _going_on().filter(session_id__in=sessions, application__tab__key__in=person.tab_keys)
    visits = _visits().filter(session_id__in=sessions, site__tab__key__in=person.tab_keys)
    keys = {
        *grants.values_list("application__tab__key", flat=True),
        *visits.values_list("site__tab__key", flat=True),
    }
    return tuple(sorted(map(title_of, keys)))


def _at_sites(
    session_ids: Collection[UUID], tab_keys: Collection[str]
) -> dict[UUID, dict[UUID, SignedIn]]:
    """Return the sites that sessions are signed in to, by the session and the site."""
    found: dict[UUID, dict[UUID, SignedIn]] = {}
    rows = _visits().filter(session_id__in=session_ids, site__tab__key__in=tab_keys)
    columns = ("begun_at", "id", "session_id", "site_id", "site__tab__key")
    for since, id_, session_id, site_id, key in sorted(
        rows.values_list(*columns), key=itemgetter(0)
    ):
        mine = found.setdefault(session_id, {})
        before = mine.get(site_id)
        mine[site_id] = SignedIn(
            id=id_,
            title=title_of(key),
            since=before.since if before else since,
            used_at=None,
            scopes=field_words.OF_SITE,
        )
    return found


def end_own(grant_id: UUID, *, administrator_id: UUID, actor: Actor, now: datetime) -> None:
    """End what one of a person's own sessions was given at an application or a site, however often it signed in there.

    What had ended already, as a page of before does not know, is no error, and no event. Raises `NotFound`, and
    `SessionEnded` where the session that acts has ended.
    """
    authorise(actor, Action.END_OWN_SESSIONS, subject=administrator_id)
    with transaction.atomic():
        must_be_open(actor)
        if _end_at_site(grant_id, administrator_id, actor=actor, now=now):
            return
        rows = _going_on().filter(administrator_id=administrator_id)
        grant = rows.filter(id=grant_id).select_related("application__tab").first()
        if grant is None:
            _must_be_own(grant_id, administrator_id)
            return
        same = rows.filter(application_id=grant.application_id, session_id=grant.session_id)
        if same.update(ended_at=now):
            record(APPLICATION_SIGNED_OUT, actor=actor, details=named(grant.application))


def _must_be_own(grant_id: UUID, administrator_id: UUID) -> None:
    """Raise `NotFound` unless a person was signed in to an application or a site by this."""
    grants = Grant.objects.filter(code_used_at__isnull=False, managing_id__isnull=True)
    for rows in (grants, SiteVisit.objects.all()):
        if rows.filter(id=grant_id, administrator_id=administrator_id).exists():
            return
    raise NotFound


def _end_at_site(visit_id: UUID, administrator_id: UUID, *, actor: Actor, now: datetime) -> bool:
    """End what a session has at a site; return whether this was a sign-in to one."""
    rows = _visits().filter(administrator_id=administrator_id)
    visit = rows.filter(id=visit_id).select_related("site__tab").first()
    if visit is None:
        return False
    rows.filter(site_id=visit.site_id, session_id=visit.session_id).update(ended_at=now)
    tab = visit.site.tab
    record(APPLICATION_SIGNED_OUT, actor=actor, details={"tab": tab.title, "key": tab.key})
    return True


def _visits() -> QuerySet[SiteVisit]:
    """Return the sign-ins to sites of which a browser has a cookie."""
    return SiteVisit.objects.filter(cookie_hash__isnull=False, ended_at__isnull=True)


def _going_on() -> QuerySet[Grant]:
    """Return the sign-ins whose code was used, before which the application has nothing, and that are not told over."""
    return Grant.objects.filter(
        code_used_at__isnull=False,
        ended_at__isnull=True,
        tell_at__isnull=True,
        # What staff opened while managing is seen, and ended, by the customer.
        managing_id__isnull=True,
    )
