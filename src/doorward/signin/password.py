"""The first step of signing in: e-mail and password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.hashers import is_password_usable, verify_password
from django.db import transaction

from doorward.accounts.models import Administrator, PasswordDue
from doorward.audit import repeats
from doorward.audit.actor import Actor
from doorward.audit.events import Outcome
from doorward.audit.record import record
from doorward.credentials import owner
from doorward.credentials.errors import WrongCredentials
from doorward.credentials.password import renewal
from doorward.credentials.password.breached import breached_passwords
from doorward.credentials.password.rules import MAXIMUM, normalise
from doorward.customers import cached
from doorward.kernel.db.unsynced import unsynced
from doorward.kernel.errors import MustWait, OnlyKnownBrowsers, Refusal
from doorward.kernel.metrics import counting
from doorward.kernel.metrics.declared import SIGN_INS, SignIn
from doorward.kernel.ratelimit import limits, throttle
from doorward.kernel.text.cleaning import fold_email
from doorward.sessions import issuing
from doorward.sessions.events import SIGN_IN_ABANDONED
from doorward.signin import decoys
from doorward.signin.errors import PortalElsewhere
from doorward.signin.events import SIGN_IN_FAILED

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import ClientInfo
    from doorward.credentials.owner import Owner
    from doorward.sessions.issuing import Started


@dataclass(frozen=True, slots=True)
class Verified:
    """Whose password it was, and what the try was counted on; `browser`: its keyed hash."""

    found: Owner
    actor: Actor
    keys: list[limits.Key]
    browser: bytes
    known: bool


def sign_in(  # noqa: PLR0913 - what a sign-in form and its browser bring
    *,
    email: str,
    password: str,
    browser_token: str,
    next_path: str,
    client: ClientInfo,
    now: datetime,
) -> Started:
    """Begin a session for who knows the password of that e-mail. Raises what `verify` raises."""
    verified = verify(
        email=email, password=password, browser_token=browser_token, client=client, now=now
    )
    return _begin(
        verified.found,
        keys=verified.keys,
        actor=verified.actor,
        now=now,
        browser_hash=verified.browser,
        known_browser=verified.known,
        next_path=next_path,
    )


def verify(
    *, email: str, password: str, browser_token: str, client: ClientInfo, now: datetime
) -> Verified:
    """Return who has that e-mail and this password. That it was right is for the caller to count (`was_right`).

    The same answer (`WrongCredentials`) and the same work for an unknown e-mail, a wrong password
    and an account that is not active; `MustWait` before anything is looked at.
    """
    # No account has a null character, and PostgreSQL takes none in a query.
    folded = fold_email(email.replace("\0", "\N{REPLACEMENT CHARACTER}"))[:320]
    browser = issuing.browser_hash(browser_token)
    found = owner.of_email(folded, browser_hash=browser)
    known = found is not None and found.before.known
    actor = Actor(person=found.account.who() if found else None, client=client)
    keys = _counted(folded, browser=browser if known else b"", address=client.address)
    try:
        throttle.reserve(keys, now=now)
    except MustWait as refusal:
        _record_wait(refusal, actor=actor, now=now)
        raise
    try:
        _verify(found, password, email=folded)
    except Refusal as refusal:
        _record_wrong(found, refusal, keys=keys, actor=actor, now=now)
        raise
    if found is None:  # for the type checker: `_verify` raised
        raise WrongCredentials
    _refuse_elsewhere(found, keys, actor=actor)
    return Verified(found, actor, keys, browser, known)


def _refuse_elsewhere(found: Owner, keys: list[limits.Key], *, actor: Actor) -> None:
    """Send who is right, but at another brand's host, to their own."""
    if cached.answers(found.account.brand_id, actor.client.host):
        return
    with transaction.atomic():
        throttle.was_right(keys)
        elsewhere = send_home(found.account.brand_id, actor=actor)
    raise elsewhere


def _counted(folded: str, *, browser: bytes, address: str) -> list[limits.Key]:
    """Return what a try is counted on. What others at its address do keeps no known browser waiting."""
    own = limits.password_key(folded, browser=browser)
    return [own] if browser else [own, limits.address_key(address)]


def _verify(found: Owner | None, password: str, *, email: str) -> None:
    chosen = normalise(password)[: MAXIMUM + 1]
    kept = str(found.more["password"]) if found is not None else ""
    usable = is_password_usable(kept) if kept else False
    # Looked up for everybody, so that what it takes says nothing.
    nobody = decoys.of(email)
    right, outdated = verify_password(chosen, kept if usable else nobody)
    if not right or found is None or not usable or not found.account.may_sign_in:
        raise WrongCredentials
    columns = renewal.columns(chosen, kept=kept) if outdated else {}
    if chosen in breached_passwords():
        columns["password_due"] = PasswordDue.BREACHED
    if columns:
        same = Administrator.objects.everywhere().filter(id=found.account.id, password=kept)
        same.update(**columns)


def _begin(
    found: Owner, *, keys: list[limits.Key], actor: Actor, now: datetime, **columns: object
) -> Started:
    # A sign-in that is begun is no event yet: of who loses it to a power cut, the password is asked for again.
    with unsynced(), transaction.atomic():
        # The person's row first, as everywhere: who resets a password takes it before these counts.
        started = issuing.begin(
            found.account,
            actor=actor,
            now=now,
            password_at=now,
            previous_at=found.before.signed_in_at,
            previous_browser=found.before.browser or "",
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


def _record_wrong(
    found: Owner | None,
    refusal: Refusal,
    *,
    keys: list[limits.Key],
    actor: Actor,
    now: datetime,
) -> None:
    with transaction.atomic():
        throttle.was_wrong(keys, now=now)
        if found is not None and found.before.known:
            throttle.count_failure(actor.client.address, now=now)
        details, every = {"reason": refusal.code}, found is not None
        repeats.record_failure(SIGN_IN_FAILED, actor=actor, details=details, every=every, now=now)
    counting.count(SIGN_INS, SignIn.FAILED, "password")


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
    counting.count(SIGN_INS, SignIn.WAITING, "password")
