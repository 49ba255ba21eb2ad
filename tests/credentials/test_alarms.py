"""Who is told that somebody guesses: the owner after three, with their colleagues after a hundred in thirty days."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.utils import timezone

from doorward.audit.events import EventType, Outcome
from doorward.audit.record import record
from doorward.credentials.errors import (
    CodeAlreadyUsed,
    PasskeyChallengeInvalid,
    PasskeyNotOffered,
    PasskeySignatureWrong,
    PasskeyWrongOrigin,
    RecoveryCodeWrong,
    WrongCode,
)
from doorward.credentials.events import (
    GUESSING_ALARM,
    PROOF_FAILED,
    SECOND_STEP_FAILED,
    SECOND_STEP_GUESSED,
)
from doorward.credentials.recovery_codes import codes
from doorward.credentials.totp import verify
from doorward.kernel.errors import MustWait
from doorward.kernel.ratelimit import rules
from tests.kit import codes as kit_codes
from tests.kit import passkeys, people
from tests.kit.factors import WRONG, fail, saved_codes, use, verify_code
from tests.kit.passkeys import begin
from tests.kit.racing import at_once
from tests.kit.softkey import SoftKey

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator
    from doorward.sessions.context import AuthContext

pytestmark = pytest.mark.django_db


def told() -> int:
    return len(people.events(SECOND_STEP_GUESSED))


def alarmed() -> int:
    return len(people.events(GUESSING_ALARM))


def failed_before(
    person: Administrator, times: int, event_type: EventType = SECOND_STEP_FAILED
) -> None:
    """Write down wrong codes that were tried just now."""
    with transaction.atomic():
        for _ in range(times):
            record(
                event_type,
                actor=people.actor(person),
                outcome=Outcome.FAILED,
                details={"reason": "wrong_code"},
            )


def prove_again_wrongly(person: Administrator) -> None:
    with pytest.raises(WrongCode):
        verify.reauthenticate(
            auth=begin(person), code=WRONG, actor=people.actor(person), now=timezone.now()
        )


# --- three after a right password -----------------------------------------------------------------


def test_the_third_wrong_code_tells_the_owner_and_the_next_ones_do_not(owner, clock):
    kit_codes.enable_app(owner)
    fail(begin(owner), owner, 2)
    assert told() == 0
    fail(begin(owner), owner, 1)
    assert told() == 1
    fail(begin(owner), owner, 2)
    for _ in range(6):
        clock.shift(timedelta(hours=2))
        fail(begin(owner), owner, 1)
    assert told() == 1
    assert people.events(SECOND_STEP_GUESSED)[0].subject_id == owner.id


def test_a_day_later_it_is_told_again(owner, clock):
    secret = kit_codes.enable_app(owner)
    for _ in range(2):
        fail(begin(owner), owner, rules.TELL_AT)
        verify_code(begin(owner), kit_codes.code(secret), owner)
        clock.shift(timedelta(seconds=rules.TELL_WINDOW))
    assert told() == 2


def test_three_in_more_than_a_day_are_not_told(owner, clock):
    kit_codes.enable_app(owner)
    for _ in range(4):
        fail(begin(owner), owner, 1)
        clock.shift(timedelta(hours=13))
    assert told() == 0


def test_recovery_codes_and_used_codes_are_second_factors_too(owner, clock):
    saved_codes(owner)
    app = kit_codes.enable_app(owner, name="Tablet")
    with pytest.raises(RecoveryCodeWrong):
        use(begin(owner), "AAAA" * 6, owner)
    verify_code(begin(owner), kit_codes.code(app), owner)
    with pytest.raises(CodeAlreadyUsed):
        verify_code(begin(owner), kit_codes.code(app), owner)
    assert told() == 0
    fail(begin(owner), owner, 1)
    assert told() == 1


def test_what_had_to_wait_and_a_fresh_proof_are_no_wrong_code_after_a_password(owner, clock):
    kit_codes.enable_app(owner)
    failed_before(owner, 1)
    for _ in range(rules.FREE):
        prove_again_wrongly(owner)
    for _ in range(5):
        with pytest.raises(MustWait):
            verify.reauthenticate(
                auth=begin(owner), code=WRONG, actor=people.actor(owner), now=timezone.now()
            )
    assert told() == 0


def test_passkeys_are_second_factors_too_and_a_slow_owner_is_no_thief(owner, clock):
    key = passkeys.add(owner)
    late = passkeys.begin(owner)
    slow = key.get(passkeys.asked(late), passkeys.ORIGIN)
    clock.shift(timedelta(minutes=11))
    for _ in range(rules.TELL_AT):
        with pytest.raises(PasskeyChallengeInvalid):
            passkeys.send_second_step(late, slow)
    assert told() == 0
    for given in ({"signed": b"something else"}, {"origin": "https://evil.example"}):
        with pytest.raises((PasskeySignatureWrong, PasskeyWrongOrigin)):
            answer_passkey(passkeys.begin(owner), key, **given)
    assert told() == 0
    with pytest.raises(PasskeyNotOffered):
        answer_passkey(passkeys.begin(owner), SoftKey())
    assert told() == 1


def answer_passkey(
    auth: AuthContext, key: SoftKey, *, origin: str = passkeys.ORIGIN, **given: Any
) -> None:
    passkeys.send_second_step(auth, key.get(passkeys.asked(auth), origin, **given))


# --- a hundred in thirty days ---------------------------------------------------------------------


def test_the_hundredth_in_thirty_days_is_an_alarm_once(owner, clock):
    kit_codes.enable_app(owner)
    failed_before(owner, rules.ALARM_AT - 2, PROOF_FAILED)
    fail(begin(owner), owner, 1)
    assert alarmed() == 0
    clock.shift(timedelta(days=20))
    fail(begin(owner), owner, 1)
    assert alarmed() == 1
    fail(begin(owner), owner, 2)
    assert alarmed() == 1


def test_the_thirty_days_roll(owner, clock):
    kit_codes.enable_app(owner)
    failed_before(owner, rules.ALARM_AT - 1)
    clock.shift(timedelta(days=30))
    fail(begin(owner), owner, 3)
    assert alarmed() == 0
    clock.shift(timedelta(days=10))
    failed_before(owner, rules.ALARM_AT - 4)
    fail(begin(owner), owner, 1)
    assert alarmed() == 1


def test_what_was_right_in_between_changes_nothing(owner, clock):
    secret = kit_codes.enable_app(owner)
    failed_before(owner, rules.ALARM_AT - 1)
    verify_code(begin(owner), kit_codes.code(secret), owner)
    fail(begin(owner), owner, 1)
    assert alarmed() == 1


def test_wrong_passwords_and_other_people_are_not_counted(owner, colleague, clock):
    kit_codes.enable_app(owner)
    failed_before(colleague, rules.ALARM_AT)
    with transaction.atomic():
        for _ in range(rules.ALARM_AT):
            record(
                PROOF_FAILED,
                actor=people.actor(owner),
                outcome=Outcome.FAILED,
                details={"reason": "wrong_credentials"},
            )
    fail(begin(owner), owner, 1)
    assert alarmed() == 0


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_tells_it():
    person = people.make_administrator(people.make_customer())
    kit_codes.enable_app(person)
    codes.make(person, now=timezone.now())
    failed_before(person, rules.ALARM_AT - 4)
    waiting = [begin(person, known_browser=bool(one % 2)) for one in range(10)]
    found = at_once([partial(verify_code, one, WRONG, person) for one in waiting])
    assert all(isinstance(one, WrongCode) for one in found), found
    assert (told(), alarmed()) == (1, 1)
