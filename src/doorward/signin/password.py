"""The first step of signing in: e-mail and password."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.contrib.auth.hashers import is_password_usable, make_password, verify_password
from django.db import transaction

from doorward.accounts.account import COLUMNS, Account
from doorward.accounts.models import Administrator, PasswordDue
from doorward.audit import repeats
from doorward.audit.actor import Actor
from doorward.audit.events import Outcome
from doorward.audit.record import record
from doorward.credentials.errors import WrongCredentials
from doorward.credentials.password.breached import breached_passwords
from doorward.credentials.password.rules import MAXIMUM, is_long, normalise
from doorward.customers import cached
from doorward.kernel.db.hot_queries import HotQuery
from doorward.kernel.errors import MustWait, OnlyKnownBrowsers, Refusal
from doorward.kernel.ratelimit import throttle
from doorward.kernel.text.cleaning import fold_email
from doorward.sessions import issuing
from doorward.sessions.events import SIGN_IN_ABANDONED
from doorward.signin.errors import PortalElsewhere
from doorward.signin.events import SIGN_IN_FAILED

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.actor import ClientInfo
    from doorward.sessions.issuing import Started


def sign_in(  # noqa: PLR0913 - what a sign-in form and its browser bring
    *,
    email: str,
    password: str,
    browser_token: str,
    next_path: str,
    client: ClientInfo,
    now: datetime,
) -> Started:
    """Begin a session for who knows the password of that e-mail.

    The same answer (`WrongCredentials`) and the same work for an unknown e-mail, a wrong password
    and an account that is not active; `MustWait` before anything is looked at.
    """
    # No account has a null character, and PostgreSQL takes none in a query.
    folded = fold_email(email.replace("\0", "\N{REPLACEMENT CHARACTER}"))[:320]
    found = _find(folded, browser_token=browser_token)
    known = found is not None and found.known_browser
    actor = Actor(person=found.who() if found else None, client=client)
    browser = issuing.browser_hash(browser_token)
    keys = _counted(folded, browser=browser if known else b"", address=client.address)
    try:
        throttle.reserve(keys, now=now)
    except MustWait as refusal:
        _record_wait(refusal, actor=actor, now=now)
        raise
    try:
        _verify(found, password)
    except Refusal as refusal:
        with transaction.atomic():
            throttle.was_wrong(keys, now=now)
            if known:
                throttle.count_failure(client.address, now=now)
            details = {"reason": refusal.code}
            every = found is not None
            repeats.record_failure(
                SIGN_IN_FAILED, actor=actor, details=details, every=every, now=now
            )
        raise
    if found is None:  # for the type checker: `_verify` raised
        raise WrongCredentials
    if not cached.answers(found.brand_id, client.host):
        with transaction.atomic():
            throttle.was_right(keys)
            elsewhere = send_home(found.brand_id, actor=actor)
        raise elsewhere
    return _begin(
        found,
        keys=keys,
        actor=actor,
        now=now,
        browser_hash=browser,
        known_browser=known,
        next_path=next_path,
    )


def _counted(folded: str, *, browser: bytes, address: str) -> list[throttle.Key]:
    """Return what a try is counted on. What others at its address do keeps no known browser waiting."""
    own = throttle.password_key(folded, browser=browser)
    return [own] if browser else [own, throttle.address_key(address)]


@dataclass(frozen=True, slots=True)
class _Found(Account):
    """The account of an e-mail, with what only a password's sign-in asks for."""

    password: str
    known_browser: bool
    previous_at: datetime | None
    previous_browser: str | None


def _query(folded: str, browser_hash: bytes) -> QuerySet[Administrator, Any]:
    """Ask for the person, and what went before a sign-in of theirs with this browser."""
    people = Administrator.objects.everywhere().filter(email_folded=folded)
    found: QuerySet[Administrator, Any] = people.values(
        *COLUMNS, "password", **issuing.before(browser_hash)
    )
    return found


_HOT = HotQuery(_query)


def _find(folded: str, *, browser_token: str) -> _Found | None:
    rows = _HOT.rows(folded=folded, browser_hash=issuing.browser_hash(browser_token))
    return _Found(*rows[0].values()) if rows else None


def _verify(found: _Found | None, password: str) -> None:
    chosen = normalise(password)[: MAXIMUM + 1]
    usable = found is not None and is_password_usable(found.password)
    encoded = found.password if found is not None and usable else _nobody()
    right, outdated = verify_password(chosen, encoded)
    if not right or found is None or not usable or not found.may_sign_in:
        raise WrongCredentials
    columns: dict[str, object] = {}
    if outdated:
        columns = {"password": make_password(chosen), "password_long": is_long(chosen)}
    if chosen in breached_passwords():
        columns["password_due"] = PasswordDue.BREACHED
    if columns:
        same = Administrator.objects.everywhere().filter(id=found.id, password=found.password)
        same.update(**columns)


def _begin(
    found: _Found, *, keys: list[throttle.Key], actor: Actor, now: datetime, **columns: object
) -> Started:
    with transaction.atomic():
        # The person's row first, as everywhere: who resets a password takes it before these counts.
        started = issuing.begin(
            found,
            actor=actor,
            now=now,
            password_at=now,
            previous_at=found.previous_at,
            previous_browser=found.previous_browser or "",
            **columns,
        )
        throttle.was_right(keys)
        return started


def send_home(brand_id: UUID, *, actor: Actor) -> PortalElsewhere:
    """Record a right sign-in under a host name that is not the customer's, in the caller's transaction.

    Return the refusal that says where their portal is. Somebody knows the password and got no further: they
    are told as of any sign-in that was not finished.
    """
    record(SIGN_IN_ABANDONED, actor=actor, details={"reason": PortalElsewhere.code})
    return PortalElsewhere(cached.brand_of(brand_id).address("/sign-in/"))


def _record_wait(refusal: MustWait, *, actor: Actor, now: datetime) -> None:
    for_good = isinstance(refusal, OnlyKnownBrowsers)
    repeats.record_once(
        SIGN_IN_FAILED,
        actor=actor,
        outcome=Outcome.REFUSED,
        details={"reason": refusal.code},
        seconds=int(repeats.AT_MOST.total_seconds()) if for_good else refusal.seconds,
        now=now,
    )


@cache
def _nobody() -> str:
    """Return a hash that costs the same to look at as anybody's, for an e-mail that nobody has."""
    return make_password(issuing.new_token())
