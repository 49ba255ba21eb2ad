"""Beginning a session and stepping it up. The cookie has a token, the row its keyed hash."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery

from doorward.audit.record import record
from doorward.customers.tabs import HOME
from doorward.kernel.crypto.sealing import keyed_hash
from doorward.kernel.db.hot_queries import HotInsert
from doorward.kernel.metrics import counting
from doorward.kernel.metrics.declared import SIGN_INS, SignIn
from doorward.sessions import lock
from doorward.sessions.errors import StaleRequest
from doorward.sessions.events import SIGNED_IN
from doorward.sessions.models import Session, accounts

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models.expressions import Combinable

    from doorward.audit.actor import Actor
    from doorward.audit.record import Detail

_INSERT = HotInsert(Session)


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
    browser: str | None


def token_hash(token: str) -> bytes:
    """Return what a session row stores of its token."""
    return keyed_hash("session", token)


def browser_hash(token: str) -> bytes:
    """Return what a session row stores of the long-lived cookie by which a browser is known."""
    return keyed_hash("browser", token)


def new_token() -> str:
    """Make 256 random bits for a cookie (ASVS 7.2.3 asks for 128)."""
    return secrets.token_urlsafe(32)


def begin(administrator: SignsIn, *, actor: Actor, now: datetime, **verified: object) -> Started:
    """Insert the session of a browser in which something was just verified."""
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
        address=actor.client.address[:64],
        browser=actor.client.browser[:300],
        **verified,
    )
    has_home = HOME in administrator.tab_keys
    return Started(session_id=session_id, token=token, has_home=has_home)


def step_up(session_id: UUID, *, old_hash: bytes, **verified: object) -> Started:
    """Write down what was verified, under a new identifier; the old one is dead from now on.

    Raises `StaleRequest` where the session was stepped up or ended in the meantime.
    """
    token = new_token()
    rows = Session.objects.filter(id=session_id, token_hash=old_hash, ended_at__isnull=True)
    if rows.update(token_hash=token_hash(token), **verified) != 1:
        raise StaleRequest
    return Started(session_id=session_id, token=token)


def before(browser_hash: bytes, *, person: str = "") -> dict[str, Combinable]:
    """Return the columns of what went before a sign-in with this browser, in the order of `Before`.

    For a query of people, or of what is somebody's: `person` leads to theirs, with its `__`. What went before all
    sessions had to end does not make a browser known: a thief who was in then could go on keeping the owner's own
    browsers waiting.
    """
    whose = OuterRef(f"{person}id")
    signed_in = Session.objects.filter(administrator=whose, signed_in_at__isnull=False)
    version = OuterRef(f"{person}security_version")
    newest = signed_in.order_by("-signed_in_at")
    return {
        "known": Exists(signed_in.filter(browser_hash=browser_hash, security_version=version)),
        "signed_in_at": Subquery(newest.values("signed_in_at")[:1]),
        "browser": Subquery(newest.values("browser")[:1]),
    }


def take_back(session_id: UUID) -> None:
    """Say of a session that was begun as signed in, in the caller's transaction, that it is not yet."""
    Session.objects.filter(id=session_id).update(signed_in_at=None)


def mark_signed_in(
    session_id: UUID, *, actor: Actor, now: datetime, with_what: str, known_browser: bool
) -> bool:
    """Record the sign-in of a session that is let through for the first time; return whether it was."""
    with transaction.atomic(savepoint=False):
        if actor.person is not None:
            lock.hold(actor.person.id)
        not_yet = Session.objects.filter(id=session_id, signed_in_at__isnull=True)
        if not_yet.update(signed_in_at=now) != 1:
            return False
        record_sign_in(actor=actor, with_what=with_what, known_browser=known_browser, now=now)
    return True


def record_sign_in(*, actor: Actor, with_what: str, known_browser: bool, now: datetime) -> None:
    """Record a completed sign-in, in the transaction that sets `signed_in_at`.

    It writes into the person's row, whose lock the caller has: it comes before their sessions', as for who ends these.
    """
    if actor.person is not None:
        accounts().everywhere().filter(id=actor.person.id).update(last_signed_in_at=now)
    details: dict[str, Detail] = {"with": with_what, "new_browser": not known_browser}
    record(SIGNED_IN, actor=actor, details=details)
    counted = partial(counting.count, SIGN_INS, SignIn.SUCCEEDED, with_what)
    transaction.on_commit(counted, robust=True)
