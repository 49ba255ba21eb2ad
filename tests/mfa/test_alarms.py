"""Who is told that somebody guesses: the owner after three, with their colleagues after a hundred in thirty days."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.utils import timezone

from doorward.audit.events import Kind, Outcome
from doorward.audit.services import record
from doorward.core import attempts, errors
from doorward.mfa import proving, recovery
from tests import passkeys, support
from tests.mfa.test_proving import WRONG, begin, fail, prove
from tests.mfa.test_recovery import saved_codes, use
from tests.racing import at_once
from tests.softkey import SoftKey

if TYPE_CHECKING:
    from doorward.administrators.models import Administrator
    from doorward.mfa.facts import Loaded

pytestmark = pytest.mark.django_db


def told() -> int:
    return len(support.events(Kind.SECOND_STEP_GUESSED))


def alarmed() -> int:
    return len(support.events(Kind.GUESSING_ALARM))


def failed_before(person: Administrator, times: int, kind: Kind = Kind.SECOND_STEP_FAILED) -> None:
    """Write down wrong codes that were tried just now."""
    with transaction.atomic():
        for _ in range(times):
            record(
                kind,
                by=support.by(person),
                outcome=Outcome.FAILED,
                details={"reason": "wrong_code"},
            )


def prove_again_wrongly(person: Administrator) -> None:
    with pytest.raises(errors.WrongCode):
        proving.prove_again(
            loaded=begin(person), code=WRONG, by=support.by(person), now=timezone.now()
        )


# --- three after a right password -----------------------------------------------------------------


def test_the_third_wrong_code_tells_the_owner_and_the_next_ones_do_not(owner, clock):
    support.enable_app(owner)
    fail(begin(owner), owner, 2)
    assert told() == 0
    fail(begin(owner), owner, 1)
    assert told() == 1
    fail(begin(owner), owner, 2)
    for _ in range(6):
        clock.shift(timedelta(hours=2))
        fail(begin(owner), owner, 1)
    assert told() == 1
    assert support.events(Kind.SECOND_STEP_GUESSED)[0].subject_id == owner.id


def test_a_day_later_it_is_told_again(owner, clock):
    secret = support.enable_app(owner)
    for _ in range(2):
        fail(begin(owner), owner, attempts.TELL_AT)
        prove(begin(owner), support.code(secret), owner)
        clock.shift(timedelta(seconds=attempts.TELL_WINDOW))
    assert told() == 2


def test_three_in_more_than_a_day_are_not_told(owner, clock):
    support.enable_app(owner)
    for _ in range(4):
        fail(begin(owner), owner, 1)
        clock.shift(timedelta(hours=13))
    assert told() == 0


def test_recovery_codes_and_used_codes_are_second_factors_too(owner, clock):
    saved_codes(owner)
    app = support.enable_app(owner, name="Tablet")
    with pytest.raises(errors.RecoveryCodeWrong):
        use(begin(owner), "AAAA" * 6, owner)
    prove(begin(owner), support.code(app), owner)
    with pytest.raises(errors.CodeAlreadyUsed):
        prove(begin(owner), support.code(app), owner)
    assert told() == 0
    fail(begin(owner), owner, 1)
    assert told() == 1


def test_what_had_to_wait_and_a_fresh_proof_are_no_wrong_code_after_a_password(owner, clock):
    support.enable_app(owner)
    failed_before(owner, 1)
    for _ in range(attempts.FREE):
        prove_again_wrongly(owner)
    for _ in range(5):
        with pytest.raises(errors.MustWait):
            proving.prove_again(
                loaded=begin(owner), code=WRONG, by=support.by(owner), now=timezone.now()
            )
    assert told() == 0


def test_passkeys_are_second_factors_too_and_a_slow_owner_is_no_thief(owner, clock):
    key = passkeys.add(owner)
    late = passkeys.begin(owner)
    slow = key.get(passkeys.asked(late), passkeys.ORIGIN)
    clock.shift(timedelta(minutes=11))
    for _ in range(attempts.TELL_AT):
        with pytest.raises(errors.PasskeyChallengeInvalid):
            passkeys.send_second_step(late, slow)
    assert told() == 0
    for given in ({"signed": b"something else"}, {"origin": "https://evil.example"}):
        with pytest.raises((errors.PasskeySignatureWrong, errors.PasskeyWrongOrigin)):
            answer_passkey(passkeys.begin(owner), key, **given)
    assert told() == 0
    with pytest.raises(errors.PasskeyNotOffered):
        answer_passkey(passkeys.begin(owner), SoftKey())
    assert told() == 1


def answer_passkey(
    loaded: Loaded, key: SoftKey, *, origin: str = passkeys.ORIGIN, **given: Any
) -> None:
    passkeys.send_second_step(loaded, key.get(passkeys.asked(loaded), origin, **given))


# --- a hundred in thirty days ---------------------------------------------------------------------


def test_the_hundredth_in_thirty_days_is_an_alarm_once(owner, clock):
    support.enable_app(owner)
    failed_before(owner, attempts.ALARM_AT - 2, Kind.PROOF_FAILED)
    fail(begin(owner), owner, 1)
    assert alarmed() == 0
    clock.shift(timedelta(days=20))
    fail(begin(owner), owner, 1)
    assert alarmed() == 1
    fail(begin(owner), owner, 2)
    assert alarmed() == 1


def test_the_thirty_days_roll(owner, clock):
    support.enable_app(owner)
    failed_before(owner, attempts.ALARM_AT - 1)
    clock.shift(timedelta(days=30))
    fail(begin(owner), owner, 3)
    assert alarmed() == 0
    clock.shift(timedelta(days=10))
    failed_before(owner, attempts.ALARM_AT - 4)
    fail(begin(owner), owner, 1)
    assert alarmed() == 1


def test_what_was_right_in_between_changes_nothing(owner, clock):
    secret = support.enable_app(owner)
    failed_before(owner, attempts.ALARM_AT - 1)
    prove(begin(owner), support.code(secret), owner)
    fail(begin(owner), owner, 1)
    assert alarmed() == 1


def test_wrong_passwords_and_other_people_are_not_counted(owner, colleague, clock):
    support.enable_app(owner)
    failed_before(colleague, attempts.ALARM_AT)
    with transaction.atomic():
        for _ in range(attempts.ALARM_AT):
            record(
                Kind.PROOF_FAILED,
                by=support.by(owner),
                outcome=Outcome.FAILED,
                details={"reason": "wrong_credentials"},
            )
    fail(begin(owner), owner, 1)
    assert alarmed() == 0


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_tells_it():
    person = support.make_administrator(support.make_customer())
    support.enable_app(person)
    recovery.make(person, now=timezone.now())
    failed_before(person, attempts.ALARM_AT - 4)
    waiting = [begin(person, known=bool(one % 2)) for one in range(10)]
    found = at_once([partial(prove, one, WRONG, person) for one in waiting])
    assert all(isinstance(one, errors.WrongCode) for one in found), found
    assert (told(), alarmed()) == (1, 1)
