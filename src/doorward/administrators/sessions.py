"""Sessions: a row for each browser that signs in. The cookie has a token, the row its keyed hash."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from django.db import transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery

from doorward.administrators import accounts
from doorward.administrators.models import Administrator, Session
from doorward.audit.events import Kind
from doorward.audit.origin import By, Origin
from doorward.audit.services import record
from doorward.core.errors import NotFound, SessionEnded, StaleRequest
from doorward.customers.models import Customer
from doorward.customers.tabs import HOME
from doorward.safe.prepared import Prepared, PreparedInsert, PreparedUpdate
from doorward.safe.vault import fingerprint

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.origin import Who
    from doorward.audit.services import Detail
    from doorward.core.policy import Policy
    from doorward.safe.prepared import Value

_INSERT = PreparedInsert(Session)

SEEN_EVERY = timedelta(minutes=1)
ABANDONED_AFTER = timedelta(minutes=30)
KEEP_ENDED = timedelta(days=180)


class SignsIn(Protocol):
    """What the session of a person needs to know of them."""

    @property
    def id(self) -> UUID: ...  # noqa: D102 - as the words of product say
    @property
    def security_version(self) -> int: ...  # noqa: D102
    @property
    def tab_keys(self) -> frozenset[str]: ...  # noqa: D102
    @property
    def brand_id(self) -> UUID: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Started:
    """A session that was begun or stepped up, and the token for its cookie (secret).

    `has_home`: whether the person may use the Home tab, which is where sign-in leads by itself.
    """

    session_id: UUID
    token: str
    has_home: bool = True


@dataclass(frozen=True, slots=True)
class Before:
    """What went before a sign-in: whether this browser is known, and the sign-in before (None: none)."""

    known: bool
    signed_in_at: datetime | None
    browser: str


def token_hash(token: str) -> bytes:
    """Give what a session row stores of its token."""
    return fingerprint("session", token)


def browser_hash(token: str) -> bytes:
    """Give what a session row stores of the long-lived cookie by which a browser is known."""
    return fingerprint("browser", token)


def new_token() -> str:
    """Make 256 random bits for a cookie (ASVS 7.2.3 asks for 128)."""
    return secrets.token_urlsafe(32)


def begin(administrator: SignsIn, *, by: By, now: datetime, **proved: object) -> Started:
    """Insert the session of a browser in which something was just proved."""
    token = new_token()
    session_id = uuid4()
    _INSERT.run(
        id=session_id,
        administrator_id=administrator.id,
        token_hash=token_hash(token),
        security_version=administrator.security_version,
        brand_id=administrator.brand_id,
        created_at=now,
        seen_at=now,
        address=by.origin.address[:64],
        browser=by.origin.browser[:300],
        **proved,
    )
    has_home = HOME in administrator.tab_keys
    return Started(session_id=session_id, token=token, has_home=has_home)


def step_up(session_id: UUID, *, old_hash: bytes, **proved: Value) -> Started:
    """Write down what was proved, under a new identifier; the old one is dead from now on.

    Raises `StaleRequest` where the session was stepped up or ended in the meantime.
    """
    token = new_token()
    columns = tuple(proved)
    values = (session_id, old_hash, token_hash(token), *proved.values())
    if _step_up(columns).run(*values) != 1:
        raise StaleRequest
    return Started(session_id=session_id, token=token)


@cache
def _step_up(columns: tuple[str, ...]) -> PreparedUpdate:
    def make(
        session_id: UUID, old_hash: bytes, new_hash: bytes, *proved: Value
    ) -> tuple[QuerySet[Session], dict[str, Value]]:
        rows = Session.objects.filter(id=session_id, token_hash=old_hash, ended_at__isnull=True)
        return rows, {"token_hash": new_hash} | dict(zip(columns, proved, strict=True))

    return PreparedUpdate(make)


def before(administrator_id: UUID, *, browser_hash: bytes) -> Before:
    """Give what went before a sign-in of this person with this browser, and lock the person.

    Who disables a factor takes the person first, and then it; so does who signs in with it. What went
    before all sessions had to end does not make a browser known, as for a password.
    """
    ((known, signed_in_at, browser),) = _BEFORE.rows(administrator_id, browser_hash)
    return Before(known=known, signed_in_at=signed_in_at, browser=browser or "")


def _before(
    administrator_id: UUID, browser_hash: bytes
) -> QuerySet[Administrator, tuple[Any, ...]]:
    signed_in = Session.objects.filter(administrator=OuterRef("pk"), signed_in_at__isnull=False)
    known = signed_in.filter(
        browser_hash=browser_hash, security_version=OuterRef("security_version")
    )
    newest = signed_in.order_by("-signed_in_at")
    return (
        Administrator.objects.everywhere()
        .filter(id=administrator_id)
        .select_for_update(no_key=True)
        .values_list(
            Exists(known),
            Subquery(newest.values("signed_in_at")[:1]),
            Subquery(newest.values("browser")[:1]),
        )
    )


_BEFORE = Prepared(_before)


def mark_signed_in(
    session_id: UUID, *, by: By, now: datetime, with_what: str, known_browser: bool
) -> bool:
    """Record the sign-in of a session that is let through for the first time; say whether it was."""
    with transaction.atomic(savepoint=False):
        if by.who is not None:
            accounts.hold(by.who.id)
        if _SIGNED_IN.run(session_id, now) != 1:
            return False
        record_sign_in(by=by, with_what=with_what, known_browser=known_browser, now=now)
    return True


def _signing_in(session_id: UUID, now: datetime) -> tuple[QuerySet[Session], dict[str, Value]]:
    return Session.objects.filter(id=session_id, signed_in_at__isnull=True), {"signed_in_at": now}


_SIGNED_IN = PreparedUpdate(_signing_in)


def record_sign_in(*, by: By, with_what: str, known_browser: bool, now: datetime) -> None:
    """Record a completed sign-in, in the transaction that sets `signed_in_at`.

    It writes into the person's row, whose lock the caller has: it comes before their sessions', as for who ends these.
    """
    if by.who is not None:
        _LAST_SIGNED_IN.run(by.who.id, now)
    details: dict[str, Detail] = {"with": with_what, "new_browser": not known_browser}
    record(Kind.SIGNED_IN, by=by, details=details)


def _last_signed_in(
    administrator_id: UUID, now: datetime
) -> tuple[QuerySet[Administrator], dict[str, Value]]:
    people = Administrator.objects.everywhere().filter(id=administrator_id)
    return people, {"last_signed_in_at": now}


_LAST_SIGNED_IN = PreparedUpdate(_last_signed_in)


def touch(session_id: UUID, *, now: datetime) -> None:
    """Write down that a session was used just now (the caller does so at most once a minute)."""
    Session.objects.filter(id=session_id, seen_at__lt=now).update(seen_at=now)


def keep_next(session_id: UUID, path: str) -> None:
    """Remember where a session was heading before a step came in between."""
    Session.objects.filter(id=session_id).update(next_path=path[:2000])


def forget_link(session_id: UUID) -> None:
    """Let a session no longer count as begun by a mailed link, in the caller's transaction."""
    Session.objects.filter(id=session_id, from_link=True).update(from_link=False)


def put_off(session_id: UUID, *, by: By) -> None:
    """Put the set-up off for this session, within the grace."""
    with transaction.atomic():
        if Session.objects.filter(id=session_id, put_off=False).update(put_off=True):
            record(Kind.SET_UP_PUT_OFF, by=by)


def sign_out(session_id: UUID, *, by: By, now: datetime) -> None:
    """End the session of the browser that asks for it; asking twice is no error."""
    with transaction.atomic():
        if _end(Session.objects.filter(id=session_id), now=now):
            record(Kind.SIGNED_OUT, by=by)


def end_one(session_id: UUID, *, administrator_id: UUID, by: By, now: datetime) -> None:
    """End one of a person's own sessions, or raise `NotFound`; `SessionEnded` where the one that acts has ended."""
    with transaction.atomic():
        _lock_person(administrator_id)
        must_be_open(by)
        rows = Session.objects.filter(id=session_id, administrator_id=administrator_id)
        if not _end(rows, now=now):
            raise NotFound
        record(Kind.SESSION_ENDED, by=by)


def must_be_open(by: By) -> None:
    """Keep the session that acts open until the caller's transaction ends, or raise `SessionEnded`.

    Whoever changes rows of its own person locks that person before. Of nobody's sessions (the
    console, the worker) nothing is asked.
    """
    if by.session_id is None:
        return
    acting = Session.objects.filter(
        id=by.session_id,
        ended_at__isnull=True,
        security_version=F("administrator__security_version"),
    )
    if not acting.select_for_update(of=("self",)).values_list("id"):
        raise SessionEnded


def end_others(*, administrator_id: UUID, keep: UUID | None, now: datetime) -> int:
    """End all sessions of a person but one, in the caller's transaction; give how many were.

    The security version goes up with them, so that nothing made with the old one holds either.
    Raises `SessionEnded` where the one that is to stay has ended: of two that end each other at the
    same moment exactly one stays, and what ended its session while it waited changes nothing.
    """
    person = Administrator.objects.everywhere().filter(id=administrator_id)
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
    *, administrator_id: UUID, keep: UUID, policy: Policy, by: By, now: datetime
) -> int:
    """End all of a person's own sessions but the one that asks; give how many were still open."""
    with transaction.atomic():
        _lock_person(administrator_id)
        ended = _open(administrator_id, *_since(policy, now)).exclude(id=keep).count()
        end_others(administrator_id=administrator_id, keep=keep, now=now)
        record(Kind.OTHER_SESSIONS_ENDED, by=by, details={"ended": ended})
    return ended


def end_all_of(*, subject: Who, policy: Policy, by: By, now: datetime) -> int:
    """End all sessions of a colleague; give how many were still open.

    The customer's row is the lock, as for every change by a colleague: two who end each other's
    sessions do not wait for each other, and the second one finds that its own has ended.
    """
    with transaction.atomic():
        Customer.objects.select_for_update().values_list("id").get(id=subject.customer_id)
        must_be_open(by)
        ended = _open(subject.id, *_since(policy, now)).count()
        end_others(administrator_id=subject.id, keep=None, now=now)
        record(Kind.OTHER_SESSIONS_ENDED, by=by, subject=subject, details={"ended": ended})
    return ended


def _lock_person(administrator_id: UUID) -> None:
    people = Administrator.objects.everywhere().select_for_update()
    people.values_list("id").get(id=administrator_id)


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser that a person is signed in with."""

    id: UUID
    browser: str
    address: str
    signed_in_at: datetime
    seen_at: datetime


def _open(administrator_id: UUID, seen: datetime, begun: datetime) -> QuerySet[Session, Any]:
    """Give the sessions that are through and not at their end, as `core.access` has it."""
    return (
        Session.objects.filter(
            administrator_id=administrator_id,
            security_version=F("administrator__security_version"),
            signed_in_at__isnull=False,
            ended_at__isnull=True,
            seen_at__gt=seen,
            created_at__gt=begun,
        )
        .order_by("-seen_at")
        .values_list("id", "browser", "address", "signed_in_at", "seen_at")
    )


_OPEN = Prepared(_open)


def _since(policy: Policy, now: datetime) -> tuple[datetime, datetime]:
    """Give since when a session must have been seen, and since when it must have begun, to be open."""
    idle, whole = timedelta(seconds=policy.idle_seconds), timedelta(seconds=policy.session_seconds)
    return now - idle, now - whole


def open_sessions(administrator_id: UUID, *, policy: Policy, now: datetime) -> list[OpenSession]:
    """Give the browsers a person is signed in with, the one seen last first."""
    rows = _OPEN.rows(administrator_id, *_since(policy, now))
    return [OpenSession(*row) for row in rows]


def summary(
    administrator_id: UUID, *, policy: Policy, now: datetime
) -> tuple[datetime | None, int]:
    """Give when a person was last let through, and with how many browsers they are signed in."""
    all_of = Session.objects.filter(administrator_id=administrator_id, signed_in_at__isnull=False)
    still_open = _open(administrator_id, *_since(policy, now)).order_by().values("id")
    row = all_of.aggregate(
        last=Max("signed_in_at"), browsers=Count("id", filter=Q(id__in=still_open))
    )
    return row["last"], row["browsers"]


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
    origin = Origin(address=session.address, browser=session.browser)
    with transaction.atomic():
        ended = _end(Session.objects.filter(id=session.id, signed_in_at__isnull=True), now=now)
        if ended:
            by = By(who=who, origin=origin, session_id=session.id)
            record(Kind.SIGN_IN_ABANDONED, by=by)
    return ended


def _end(rows: QuerySet[Session], *, now: datetime) -> int:
    return rows.filter(ended_at__isnull=True).update(ended_at=now)
