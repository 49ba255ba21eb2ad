"""Signing in with a passkey alone: it has verified its user, so that it is both factors at once.

NIST SP 800-63B-4, 2.2.1: a multi-factor authenticator. No password is looked at, no hash is run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from doorward.audit.actor import Actor
from doorward.credentials.errors import PasskeyNotVerified
from doorward.credentials.passkeys import challenges, queries
from doorward.credentials.passkeys.answers import Expected, read_answer
from doorward.credentials.passkeys.challenges import Purpose
from doorward.credentials.passkeys.options import for_request
from doorward.credentials.passkeys.rules import check_assertion
from doorward.credentials.passkeys.verify import count
from doorward.credentials.wrong_proofs import count_refused, lock_guessed, record_failure
from doorward.customers import cached
from doorward.gate.evaluate import evaluate
from doorward.gate.loading import load
from doorward.gate.requirement import Need
from doorward.kernel.errors import Refusal
from doorward.kernel.ratelimit import limits, throttle
from doorward.policy.rules import FactorKind
from doorward.sessions import issuing
from doorward.sessions.issuing import Started
from doorward.signin.errors import PasskeyUnknown
from doorward.signin.events import SIGN_IN_FAILED
from doorward.signin.password import send_home

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.actor import ClientInfo
    from doorward.credentials.passkeys.answers import Answer
    from doorward.credentials.passkeys.options import Party
    from doorward.credentials.passkeys.queries import Stored
    from doorward.credentials.passkeys.rules import Asserted


def begin(*, browser_token: str, party: Party, now: datetime) -> dict[str, Any]:
    """Return the options to ask for any passkey of this relying party, the same for everybody."""
    bound_to = issuing.browser_hash(browser_token)
    challenge = challenges.make(Purpose.SIGN_IN, bound_to=bound_to, party=party, now=now)
    return for_request(challenge=challenge, party=party, allow=(), verified=True)


def sign_in(  # noqa: PLR0913 - what a sign-in and its browser bring
    *,
    answer: str,
    party: Party,
    browser_token: str,
    next_path: str,
    client: ClientInfo,
    now: datetime,
) -> Started:
    """Begin a session for the owner of a passkey that has verified its user.

    Where nothing else is due, the sign-in is recorded in the same transaction. Raises what
    `check_assertion` raises, `PasskeyChallengeInvalid`, `MustWait`, `FactorDisabled`;
    `PasskeyUnknown` for one that nobody has, or somebody who may not sign in; `PasskeyNotVerified`
    for one that never verified its user beside another proof (7.2, step 24): who finds a key
    without a PIN can give it one.
    """
    coming = _Coming(issuing.browser_hash(browser_token), next_path[:2000], client, now)
    # One transaction, as one commit costs what all the rest does. A refusal is one of its results: what was
    # counted and consumed is committed with it, and it is raised after.
    with transaction.atomic():
        outcome = _try(answer, party, coming)
        if isinstance(outcome, Started):
            _complete(outcome, coming)
    if isinstance(outcome, Refusal):
        raise outcome
    return outcome


@dataclass(frozen=True, slots=True)
class _Coming:
    """The browser that somebody signs in with, and when."""

    browser_hash: bytes
    next_path: str
    client: ClientInfo
    now: datetime


def _try(answer: str, party: Party, coming: _Coming) -> Started | Refusal:
    """Consume the challenge, count the try, and only then look at the answer.

    Whose passkey it is comes first: what others at its address do keeps no known browser waiting, and
    where one has to wait, nothing is written.
    """
    actor, passkey, now = Actor(person=None, client=coming.client), None, coming.now
    try:
        read = read_answer(answer)
        passkey = queries.find(read.credential_id, party, browser_hash=coming.browser_hash)
        if passkey is not None:
            actor = Actor(person=passkey.owner.who(), client=coming.client)
        if passkey is None or not passkey.before.known:
            throttle.refuse_waiting([limits.address_key(coming.client.address)], now=now)
        bound_to = coming.browser_hash
        challenges.consume(read.challenge, Purpose.SIGN_IN, bound_to=bound_to, party=party, now=now)
        if passkey is None:
            raise PasskeyUnknown
        known = passkey.before.known
        count(passkey, known=known, actor=actor, now=now)
        shown = _check(read, passkey, party)
        queries.write_used(
            passkey, shown, known_browser=known, verifies=False, actor=actor, now=now
        )
    except Refusal as refusal:
        _remember(refusal, passkey, actor=actor, now=now)
        return refusal
    if not cached.answers(passkey.owner.brand_id, coming.client.host):
        return send_home(passkey.owner.brand_id, actor=actor)
    return _begin(passkey, coming, actor=actor)


def _remember(refusal: Refusal, passkey: Stored | None, *, actor: Actor, now: datetime) -> None:
    """Count what was refused, record it, and disable what was guessed at too often."""
    count_refused(FactorKind.PASSKEY.value, refusal)
    record_failure(SIGN_IN_FAILED, refusal, actor=actor, now=now)
    throttle.count_failure(actor.client.address, now=now)
    if passkey is not None:
        lock_guessed([passkey.factor_id], actor=actor, now=now)


def _check(answer: Answer, passkey: Stored, party: Party) -> Asserted:
    expected = Expected(answer.challenge, party.origin, party.id, verified=True, handle=True)
    shown = check_assertion(answer, expected, passkey.known)
    if not passkey.owner.may_sign_in:
        raise PasskeyUnknown
    if not passkey.user_verified:
        raise PasskeyNotVerified
    return shown


def _begin(passkey: Stored, coming: _Coming, *, actor: Actor) -> Started:
    before = passkey.before
    return issuing.begin(
        passkey.owner,
        actor=actor,
        now=coming.now,
        # Most are through with it; who is not yet, is told apart in the same transaction.
        signed_in_at=coming.now,
        passkey_at=coming.now,
        factor_at=coming.now,
        factor_id=passkey.factor_id,
        factor_kind=FactorKind.PASSKEY.value,
        known_browser=before.known,
        previous_at=before.signed_in_at,
        previous_browser=before.browser or "",
        browser_hash=coming.browser_hash,
        next_path=coming.next_path,
    )


def _complete(started: Started, coming: _Coming) -> None:
    auth = load(started.token, host=coming.client.host, now=coming.now)
    if auth is None or not evaluate(auth, Need.OWN, now=coming.now).through:
        issuing.take_back(started.session_id)
        return
    issuing.record_sign_in(
        actor=auth.actor(coming.client),
        with_what=FactorKind.PASSKEY.value,
        known_browser=auth.browser.known_browser,
        now=coming.now,
    )
