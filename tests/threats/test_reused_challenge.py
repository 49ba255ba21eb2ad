"""An answer that was seen once, or was given for something else, is of no use: a challenge is good once."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from doorward.administrators.models import Session
from doorward.audit.events import Kind
from doorward.core import attempts, errors
from doorward.mfa import challenges
from doorward.mfa.challenges import Purpose
from doorward.mfa.models import AnsweredChallenge, Factor, Passkey
from tests import passkeys, support
from tests.passkeys import (
    BROWSER,
    ORIGIN,
    PARTY,
    asked,
    asked_alone,
    begin,
    reload,
    send_alone,
    send_second_step,
)  # fmt: skip
from tests.racing import at_once
from tests.softkey import SoftKey, b64, unb64

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("purpose", [Purpose.PROVE, Purpose.DISABLE, Purpose.SET_UP])
def test_a_challenge_of_another_purpose_is_refused(owner, purpose):
    key = passkeys.add(owner)
    loaded = begin(owner)
    bound_to = challenges.of_session(loaded.browser.session_id)
    challenge = challenges.make(purpose, bound_to=bound_to, party=PARTY, now=timezone.now())
    options = asked(loaded) | {"challenge": b64(challenge)}
    with pytest.raises(errors.PasskeyChallengeInvalid):
        send_second_step(loaded, key.get(options, ORIGIN))
    assert passkeys.reasons(Kind.SECOND_STEP_FAILED) == ["passkey_challenge_invalid"]


def test_a_challenge_lives_ten_minutes(owner, clock):
    key = passkeys.add(owner)
    in_time, late = (key.get(asked_alone(), ORIGIN) for _ in range(2))
    clock.shift(challenges.LIFETIME - timedelta(seconds=1))
    send_alone(in_time)
    clock.shift(timedelta(seconds=1))
    for answer in (in_time, late):
        with pytest.raises(errors.PasskeyChallengeInvalid):
            send_alone(answer)


def tidied(clock, *, minutes):
    """Let time go by, the worker with it; give how many answers it forgot."""
    forgotten = 0
    for _ in range(minutes):
        clock.shift(timedelta(minutes=1))
        forgotten += challenges.forget(now=timezone.now())
    return forgotten


def test_that_it_was_answered_is_forgotten_once_no_clock_brings_it_back(owner, clock):
    challenges.forget(now=timezone.now())
    key = passkeys.add(owner)
    send_alone(key.get(asked_alone(), ORIGIN))
    assert tidied(clock, minutes=15) == 0
    assert tidied(clock, minutes=15) == 1


@pytest.mark.parametrize("place", [0, 31, 32, 39, 40, -1])
def test_one_bit_of_it_makes_it_another(owner, place):
    key, loaded = passkeys.add(owner), begin(owner)
    changed = bytearray(unb64(asked(loaded)["challenge"]))
    changed[place] ^= 0x80
    with pytest.raises(errors.PasskeyChallengeInvalid):
        send_second_step(loaded, key.get({"challenge": b64(bytes(changed))}, ORIGIN))


@pytest.mark.parametrize("made_up", [b"", b"\x00" * 32, b"\xff" * 40, b"\xff" * 72, b"x" * 2000])
def test_nor_does_one_that_is_made_up_count(owner, made_up):
    key, loaded = passkeys.add(owner), begin(owner)
    with pytest.raises(errors.PasskeyChallengeInvalid):
        send_second_step(loaded, key.get({"challenge": b64(made_up)}, ORIGIN))


def test_one_of_another_session_is_refused(owner):
    key, loaded = passkeys.add(owner), begin(owner)
    with pytest.raises(errors.PasskeyChallengeInvalid):
        send_second_step(loaded, key.get(asked(begin(owner)), ORIGIN))


def test_one_of_another_browser_is_refused(owner):
    key, loaded = passkeys.add(owner), begin(owner)
    for options in (asked_alone("c" * 43), asked(loaded)):
        with pytest.raises(errors.PasskeyChallengeInvalid):
            send_alone(key.get(options, ORIGIN))


def test_an_answer_signs_in_once(owner):
    key = passkeys.add(owner)
    options = asked_alone()
    answer = key.get(options, ORIGIN)
    send_alone(answer)
    with pytest.raises(errors.PasskeyChallengeInvalid):
        send_alone(answer)


def test_a_registration_is_good_once_and_for_its_own_session(owner, clock):
    loaded, other = begin(owner), begin(owner)
    options = passkeys.asked_to_make(loaded)
    answer = SoftKey().create(options, ORIGIN)
    with pytest.raises(errors.PasskeyChallengeInvalid):
        passkeys.send_registration(other, answer)
    loaded = reload(passkeys.send_registration(loaded, answer))
    with pytest.raises(errors.PasskeyChallengeInvalid):
        passkeys.send_registration(loaded, answer)
    assert Factor.objects.count() == 1


def test_a_damaged_registration_burns_its_challenge(owner):
    loaded = begin(owner)
    options = passkeys.asked_to_make(loaded)
    key = SoftKey()
    with pytest.raises(errors.PasskeyEmbedded):
        passkeys.send_registration(loaded, key.create(options, ORIGIN, data={"crossOrigin": True}))
    with pytest.raises(errors.PasskeyChallengeInvalid):
        passkeys.send_registration(loaded, key.create(options, ORIGIN))
    assert not Factor.objects.exists()


def test_whoever_asks_without_end_leaves_nothing_behind(owner):
    key = passkeys.add(owner)
    loaded = begin(owner)
    made = {asked_alone(BROWSER)["challenge"] for _ in range(200)}
    made |= {asked(loaded)["challenge"] for _ in range(10)}
    assert len(made) == 210
    assert not AnsweredChallenge.objects.exists()
    send_alone(key.get(asked_alone(), ORIGIN))
    assert AnsweredChallenge.objects.count() == 1


def test_whoever_answers_wrongly_without_end_leaves_no_more_than_their_address_is_let_try(clock):
    support.make_customer()
    refused = []
    for _ in range(attempts.ADDRESS_LIMIT + 5):
        with pytest.raises(errors.Refusal) as one:
            send_alone(SoftKey(rp_id="localhost").get(asked_alone(), ORIGIN))
        refused.append(type(one.value))
    assert set(refused[-5:]) == {errors.MustWait}
    assert AnsweredChallenge.objects.count() == attempts.ADDRESS_LIMIT
    tidied(clock, minutes=31)
    assert not AnsweredChallenge.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_challenge_twenty_times_at_once_is_taken_once():
    person = support.make_administrator(support.make_customer())
    key = passkeys.add(person)
    options = asked_alone()
    answer = key.get(options, ORIGIN)
    outcomes = at_once([partial(send_alone, answer)] * 20)
    refused = [one for one in outcomes if isinstance(one, Exception)]
    assert len(refused) == 19
    assert {type(one) for one in refused} == {errors.PasskeyChallengeInvalid}
    assert Session.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_second_step_twenty_times_at_once_is_taken_once():
    person = support.make_administrator(support.make_customer())
    key = passkeys.add(person)
    loaded = begin(person)
    answer = key.get(asked(loaded), ORIGIN)
    outcomes = at_once([partial(send_second_step, loaded, answer)] * 20)
    taken = [one for one in outcomes if not isinstance(one, Exception)]
    assert len(taken) == 1


@pytest.mark.django_db(transaction=True)
def test_one_registration_twenty_times_at_once_makes_one_passkey():
    person = support.make_administrator(support.make_customer())
    loaded = begin(person)
    options = passkeys.asked_to_make(loaded)
    answer = SoftKey().create(options, ORIGIN)
    at_once([partial(passkeys.send_registration, loaded, answer)] * 20)
    assert Passkey.objects.count() == Factor.objects.count() == 1
