"""Signing in with a passkey alone: it has verified its user, so that it is both factors at once.

NIST SP 800-63B-4, 2.2.1: a multi-factor authenticator. No password is looked at, no hash is run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from doorward.administrators import sessions
from doorward.administrators.sessions import Started
from doorward.administrators.signing_in import send_home
from doorward.audit.events import Kind
from doorward.audit.origin import By
from doorward.core import errors
from doorward.core.passkey_options import for_request
from doorward.core.passkeys import Expected, check_assertion, read_answer
from doorward.core.steps import FactorKind
from doorward.customers import cached
from doorward.mfa import challenges, passkeys
from doorward.mfa.challenges import Purpose
from doorward.mfa.facts import load
from doorward.mfa.passkey_proving import count
from doorward.mfa.proving import lock_guessed
from doorward.mfa.shared import record_failure
from doorward.safe import throttle

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from doorward.administrators.sessions import Before
    from doorward.audit.origin import Origin
    from doorward.core.passkey_options import Party
    from doorward.core.passkeys import Answer, Asserted
    from doorward.mfa.facts import Loaded
    from doorward.mfa.passkeys import Stored


def begin(*, browser_token: str, party: Party, now: datetime) -> dict[str, Any]:
    """Give the options to ask for any passkey of this relying party, the same for everybody."""
    bound_to = sessions.browser_hash(browser_token)
    challenge = challenges.make(Purpose.SIGN_IN, bound_to=bound_to, party=party, now=now)
    return for_request(challenge=challenge, party=party, allow=(), verified=True)


def sign_in(  # noqa: PLR0913 - what a sign-in and its browser bring
    *,
    answer: str,
    party: Party,
    browser_token: str,
    next_path: str,
    completes: Callable[[Loaded], bool],
    origin: Origin,
    now: datetime,
) -> Started:
    """Begin a session for the owner of a passkey that has verified its user.

    `completes`: says of a session whether nothing else is due, so that the sign-in is recorded in the
    same transaction. Raises what `check_assertion` raises, `PasskeyChallengeInvalid`, `MustWait`,
    `FactorDisabled`; `PasskeyUnknown` for one that nobody has, or somebody who may not sign in;
    `PasskeyNotVerified` for one that never verified its user beside another proof (7.2, step 24): who
    finds a key without a PIN can give it one.
    """
    coming = _Coming(sessions.browser_hash(browser_token), next_path[:2000], origin, now)
    # One transaction, as one commit costs what all the rest does. A refusal is one of its results: what was
    # counted and burnt is committed with it, and it is raised after.
    with transaction.atomic():
        outcome = _try(answer, party, coming)
        if isinstance(outcome, Started):
            _complete(outcome, completes, coming)
    if isinstance(outcome, errors.Refusal):
        raise outcome
    return outcome


@dataclass(frozen=True, slots=True)
class _Coming:
    """The browser that somebody signs in with, and when."""

    browser_hash: bytes
    next_path: str
    origin: Origin
    now: datetime


def _try(answer: str, party: Party, coming: _Coming) -> Started | errors.Refusal:
    """Burn the challenge, count the try, and only then look at the answer.

    Whose passkey it is comes first: what others at its address do keeps no known browser waiting, and
    where one has to wait, nothing is written.
    """
    by, passkey, before, now = By(who=None, origin=coming.origin), None, None, coming.now
    here = [throttle.address_key(coming.origin.address)]
    try:
        read = read_answer(answer)
        passkey = passkeys.find(read.credential_id, party)
        if passkey is not None:
            by = By(who=passkey.owner.who(), origin=coming.origin)
            before = sessions.before(passkey.owner.id, browser_hash=coming.browser_hash)
        if before is None or not before.known:
            throttle.refuse_waiting(here, now=now)
        bound_to = coming.browser_hash
        challenges.burn(read.challenge, Purpose.SIGN_IN, bound_to=bound_to, party=party, now=now)
        if passkey is None or before is None:
            raise errors.PasskeyUnknown
        count(passkey, known=before.known, by=by, now=now)
        shown = _check(read, passkey, party)
        passkeys.write_used(
            passkey, shown, known_browser=before.known, verifies=False, by=by, now=now
        )
    except errors.Refusal as refusal:
        record_failure(Kind.SIGN_IN_FAILED, refusal, by=by, now=now)
        throttle.count_failure(coming.origin.address, now=now)
        if passkey is not None:
            lock_guessed([passkey.factor_id], by=by, now=now)
        return refusal
    if not cached.answers(passkey.owner.brand_id, coming.origin.host):
        return send_home(passkey.owner.brand_id, by=by)
    return _begin(passkey, before, coming, by=by)


def _check(answer: Answer, passkey: Stored, party: Party) -> Asserted:
    expected = Expected(answer.challenge, party.origin, party.id, verified=True, handle=True)
    shown = check_assertion(answer, expected, passkey.known)
    if not passkey.owner.may_sign_in:
        raise errors.PasskeyUnknown
    if not passkey.user_verified:
        raise errors.PasskeyNotVerified
    return shown


def _begin(passkey: Stored, before: Before, coming: _Coming, *, by: By) -> Started:
    return sessions.begin(
        passkey.owner,
        by=by,
        now=coming.now,
        passkey_at=coming.now,
        factor_at=coming.now,
        factor_id=passkey.factor_id,
        factor_kind=FactorKind.PASSKEY.value,
        known_browser=before.known,
        previous_at=before.signed_in_at,
        previous_browser=before.browser,
        browser_hash=coming.browser_hash,
        next_path=coming.next_path,
    )


def _complete(started: Started, completes: Callable[[Loaded], bool], coming: _Coming) -> None:
    loaded = load(started.token, host=coming.origin.host)
    if loaded is None or not completes(loaded):
        return
    sessions.mark_signed_in(
        started.session_id,
        by=loaded.by(coming.origin),
        now=coming.now,
        with_what=FactorKind.PASSKEY.value,
        known_browser=loaded.browser.known_browser,
    )
