"""Verifying a passkey beside another factor: at the second step, once more, and to disable 2FA."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from doorward.audit.record import record
from doorward.credentials.counted_tries import reserve_own, tried, usable
from doorward.credentials.errors import FactorDisabled, PasskeyChallengeInvalid, PasskeyNotOffered
from doorward.credentials.events import (
    PROOF_FAILED,
    REAUTHENTICATED,
    SECOND_STEP_FAILED,
    TWO_FACTOR_DISABLE_FAILED,
)
from doorward.credentials.passkeys import challenges, queries
from doorward.credentials.passkeys.answers import Expected, read_answer
from doorward.credentials.passkeys.challenges import Purpose
from doorward.credentials.passkeys.options import for_request
from doorward.credentials.passkeys.rules import check_assertion
from doorward.credentials.stepping_up import step_up
from doorward.credentials.wrong_proofs import lock_guessed, own_key, record_guess
from doorward.kernel.errors import MustWait, Refusal
from doorward.kernel.ratelimit import throttle
from doorward.policy.rules import FactorKind
from doorward.sessions.errors import StaleRequest
from doorward.sessions.queries import passed_meanwhile

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.actor import Actor
    from doorward.credentials.passkeys.answers import Answer
    from doorward.credentials.passkeys.options import Party
    from doorward.credentials.passkeys.queries import Stored
    from doorward.credentials.passkeys.rules import Asserted
    from doorward.sessions.context import AuthContext
    from doorward.sessions.issuing import Started

_FAILED = {
    Purpose.SECOND_STEP: SECOND_STEP_FAILED,
    Purpose.REAUTHENTICATE: PROOF_FAILED,
    Purpose.DISABLE: TWO_FACTOR_DISABLE_FAILED,
}


@dataclass(frozen=True, slots=True)
class Given:
    """What a browser gave: the answer's JSON, for what, at which relying party."""

    answer: str
    purpose: Purpose
    party: Party


def begin(*, auth: AuthContext, purpose: Purpose, party: Party, now: datetime) -> dict[str, Any]:
    """Return the options to ask for one of this person's passkeys. Raises `PasskeyNotOffered`: there is none."""
    allow = queries.described(auth, party, usable=True)
    if not allow:
        raise PasskeyNotOffered
    bound_to = challenges.of_session(auth.browser.session_id)
    challenge = challenges.make(purpose, bound_to=bound_to, party=party, now=now)
    return for_request(challenge=challenge, party=party, allow=allow, verified=False)


def reauthenticate(*, auth: AuthContext, given: Given, actor: Actor, now: datetime) -> Started:
    """Verify a passkey once more, as reauthentication; the session gets a new identifier."""
    passkey = _verify_open(auth, given, actor=actor, now=now)
    with transaction.atomic():
        record(REAUTHENTICATED, actor=actor)
        return step_up(auth.browser, passkey.factor_id, kind=FactorKind.PASSKEY, now=now)


def verify_code(*, auth: AuthContext, given: Given, actor: Actor, now: datetime) -> None:
    """Verify a passkey for something that is done at once."""
    _verify_open(auth, given, actor=actor, now=now)


def _verify_open(auth: AuthContext, given: Given, *, actor: Actor, now: datetime) -> Stored:
    """Verify a passkey in a session that is through; its tries are counted on this session."""
    reserve_own(_FAILED[given.purpose], actor=actor, now=now)
    with transaction.atomic():
        found = look(auth, given, actor=actor, now=now)
    if isinstance(found, Refusal):
        if isinstance(found, PasskeyChallengeInvalid) and passed_meanwhile(auth.browser):
            throttle.was_right([own_key(actor)])
            raise StaleRequest
        after_refusal(auth, found, given, actor=actor, now=now)
        raise found
    throttle.was_right([own_key(actor)])
    return found


def look(auth: AuthContext, given: Given, *, actor: Actor, now: datetime) -> Stored | Refusal:
    """Consume the challenge, count the try on the passkey, and only then look at the answer.

    In the caller's transaction; a refusal is a result, so that what was counted and consumed is committed.
    """
    second_step = given.purpose is Purpose.SECOND_STEP
    try:
        answer = read_answer(given.answer)
        bound_to = challenges.of_session(auth.browser.session_id)
        challenges.consume(
            answer.challenge, given.purpose, bound_to=bound_to, party=given.party, now=now
        )
        passkey = _own(auth, answer, given)
        if second_step:
            count(passkey, known=auth.browser.known, actor=actor, now=now)
        elif not throttle.count_open_row(usable, passkey.factor_id):
            return FactorDisabled()
        expected = Expected(answer.challenge, given.party.origin, given.party.id)
        shown = check_assertion(answer, expected, passkey.known)
        _write_used(auth, passkey, shown, verifies=second_step, actor=actor, now=now)
    except Refusal as refusal:
        return refusal
    return passkey


def after_refusal(
    auth: AuthContext, refusal: Refusal, given: Given, *, actor: Actor, now: datetime
) -> None:
    """Remember what was refused, after it was counted, and disable what was guessed at too often."""
    passkey = FactorKind.PASSKEY.value
    record_guess(_FAILED[given.purpose], refusal, actor=actor, now=now, factor=passkey)
    passkeys_of = [row.id for row in auth.factors if row.kind is FactorKind.PASSKEY]
    lock_guessed(passkeys_of, actor=actor, now=now)


def count(passkey: Stored, *, known: bool, actor: Actor, now: datetime) -> None:
    """Count a try on a passkey before it is looked at. Raises `MustWait` or `FactorDisabled`."""
    id, address = passkey.factor_id, actor.client.address
    if throttle.count_row(tried, id, known=known, address=address, now=now):
        return
    rows = list(usable(id))
    if not rows:
        raise FactorDisabled
    raise MustWait(throttle.seconds_left(rows, known=known, address=address, now=now))


def _own(auth: AuthContext, answer: Answer, given: Given) -> Stored:
    """Return the passkey, if it is one of those that were asked for (7.2, steps 5 and 6)."""
    passkey = queries.find(answer.credential_id, given.party)
    if passkey is None or passkey.factor_id not in {row.id for row in auth.factors}:
        raise PasskeyNotOffered
    return passkey


def _write_used(  # noqa: PLR0913 - as `queries.write_used`
    auth: AuthContext,
    passkey: Stored,
    shown: Asserted,
    *,
    verifies: bool,
    actor: Actor,
    now: datetime,
) -> None:
    known = auth.browser.known
    queries.write_used(passkey, shown, known_browser=known, verifies=verifies, actor=actor, now=now)
