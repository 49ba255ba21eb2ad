"""Proving a passkey beside another proof: at the second step, once more, and to disable 2FA."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from doorward.administrators.accounts import hold
from doorward.audit.events import Kind
from doorward.audit.services import record
from doorward.core import errors
from doorward.core.passkey_options import for_request
from doorward.core.passkeys import Expected, check_assertion, read_answer
from doorward.core.steps import FactorKind
from doorward.mfa import challenges, passkeys
from doorward.mfa.challenges import Purpose
from doorward.mfa.proving import (
    lock_guessed,
    pass_on,
    passed_meanwhile,
    reserve_own,
    usable,
)
from doorward.mfa.shared import own_key, record_guess, step_up
from doorward.safe import throttle

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.administrators.sessions import Started
    from doorward.audit.origin import By
    from doorward.core.passkey_options import Party
    from doorward.core.passkeys import Answer, Asserted
    from doorward.mfa.facts import Loaded
    from doorward.mfa.passkeys import Stored

_FAILED = {
    Purpose.SECOND_STEP: Kind.SECOND_STEP_FAILED,
    Purpose.PROVE: Kind.PROOF_FAILED,
    Purpose.DISABLE: Kind.TWO_FACTOR_DISABLE_FAILED,
}


@dataclass(frozen=True, slots=True)
class Given:
    """What a browser gave: the answer's JSON, for what, at which relying party."""

    answer: str
    purpose: Purpose
    party: Party


def begin(*, loaded: Loaded, purpose: Purpose, party: Party, now: datetime) -> dict[str, Any]:
    """Give the options to ask for one of this person's passkeys. Raises `PasskeyNotOffered`: there is none."""
    allow = passkeys.described(loaded, party, usable=True)
    if not allow:
        raise errors.PasskeyNotOffered
    bound_to = challenges.of_session(loaded.browser.session_id)
    challenge = challenges.make(purpose, bound_to=bound_to, party=party, now=now)
    return for_request(challenge=challenge, party=party, allow=allow, verified=False)


def prove_second_step(  # noqa: PLR0913 - as for a code, and the relying party
    *, loaded: Loaded, answer: str, party: Party, completes: bool, by: By, now: datetime
) -> Started:
    """Prove a passkey at sign-in, after the password; give the stepped-up session.

    `completes`: as for a code. Raises what `check_assertion` raises, `PasskeyChallengeInvalid`,
    `PasskeyNotOffered`, `MustWait`, `FactorDisabled`, or `StaleRequest` where this session already
    passed the step.
    """
    given = Given(answer, Purpose.SECOND_STEP, party)
    with transaction.atomic():
        if completes:
            hold(loaded.person.id)  # as for a code
        found = _try(loaded, given, by=by, now=now)
        if not isinstance(found, errors.Refusal):
            factor = next(row for row in loaded.factors if row.id == found.factor_id)
            return pass_on(loaded, factor, completes=completes, by=by, now=now)
        if isinstance(found, errors.PasskeyChallengeInvalid) and passed_meanwhile(loaded):
            raise errors.StaleRequest
    _remember(loaded, found, given, by=by, now=now)
    raise found


def prove_again(*, loaded: Loaded, given: Given, by: By, now: datetime) -> Started:
    """Prove a passkey once more, as a fresh proof; the session gets a new identifier."""
    passkey = _prove_open(loaded, given, by=by, now=now)
    with transaction.atomic():
        record(Kind.PROVED_AGAIN, by=by)
        return step_up(loaded.browser, passkey.factor_id, kind=FactorKind.PASSKEY, now=now)


def prove(*, loaded: Loaded, given: Given, by: By, now: datetime) -> None:
    """Prove a passkey for something that is done at once."""
    _prove_open(loaded, given, by=by, now=now)


def _prove_open(loaded: Loaded, given: Given, *, by: By, now: datetime) -> Stored:
    """Prove a passkey in a session that is through; its tries are counted on this session."""
    reserve_own(_FAILED[given.purpose], by=by, now=now)
    with transaction.atomic():
        found = _try(loaded, given, by=by, now=now)
    if isinstance(found, errors.Refusal):
        if isinstance(found, errors.PasskeyChallengeInvalid) and passed_meanwhile(loaded):
            throttle.was_right([own_key(by)])
            raise errors.StaleRequest
        _remember(loaded, found, given, by=by, now=now)
        raise found
    throttle.was_right([own_key(by)])
    return found


def _try(loaded: Loaded, given: Given, *, by: By, now: datetime) -> Stored | errors.Refusal:
    """Burn the challenge, count the try on the passkey, and only then look at the answer.

    In the caller's transaction; a refusal is a result, so that what was counted and burnt is committed.
    """
    second_step = given.purpose is Purpose.SECOND_STEP
    try:
        answer = read_answer(given.answer)
        bound_to = challenges.of_session(loaded.browser.session_id)
        challenges.burn(
            answer.challenge, given.purpose, bound_to=bound_to, party=given.party, now=now
        )
        passkey = _own(loaded, answer, given)
        if second_step:
            count(passkey, known=loaded.browser.known, by=by, now=now)
        elif not throttle.count_open_row(usable, passkey.factor_id):
            return errors.FactorDisabled()
        expected = Expected(answer.challenge, given.party.origin, given.party.id)
        shown = check_assertion(answer, expected, passkey.known)
        _write_used(loaded, passkey, shown, verifies=second_step, by=by, now=now)
    except errors.Refusal as refusal:
        return refusal
    return passkey


def _remember(
    loaded: Loaded, refusal: errors.Refusal, given: Given, *, by: By, now: datetime
) -> None:
    record_guess(_FAILED[given.purpose], refusal, by=by, now=now)
    passkeys_of = [row.id for row in loaded.factors if row.kind is FactorKind.PASSKEY]
    lock_guessed(passkeys_of, by=by, now=now)


def count(passkey: Stored, *, known: bool, by: By, now: datetime) -> None:
    """Count a try on a passkey before it is looked at. Raises `MustWait` or `FactorDisabled`."""
    id, address = passkey.factor_id, by.origin.address
    if throttle.count_row(usable, id, known=known, address=address, now=now):
        return
    rows = list(usable(id))
    if not rows:
        raise errors.FactorDisabled
    raise errors.MustWait(throttle.seconds_left(rows, known=known, address=address, now=now))


def _own(loaded: Loaded, answer: Answer, given: Given) -> Stored:
    """Give the passkey, if it is one of those that were asked for (7.2, steps 5 and 6)."""
    passkey = passkeys.find(answer.credential_id, given.party)
    if passkey is None or passkey.factor_id not in {row.id for row in loaded.factors}:
        raise errors.PasskeyNotOffered
    return passkey


def _write_used(  # noqa: PLR0913 - as `passkeys.write_used`
    loaded: Loaded, passkey: Stored, shown: Asserted, *, verifies: bool, by: By, now: datetime
) -> None:
    known = loaded.browser.known
    passkeys.write_used(passkey, shown, known_browser=known, verifies=verifies, by=by, now=now)
