"""An answer that was seen once, or was given for something else, is of no use: a challenge is good once."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from doorward.credentials.errors import PasskeyChallengeInvalid, PasskeyEmbedded
from doorward.credentials.events import SECOND_STEP_FAILED
from doorward.credentials.models import AnsweredChallenge, Factor, Passkey
from doorward.credentials.passkeys import challenges
from doorward.credentials.passkeys.challenges import Purpose
from doorward.kernel.errors import MustWait, Refusal
from doorward.kernel.ratelimit import rules
from doorward.sessions.models import Session
from tests.kit import passkeys, people
from tests.kit.passkeys import (  # fmt: skip
    BROWSER,
    ORIGIN,
    PARTY,
    asked,
    asked_alone,
    begin,
    reload,
    send_alone,
    send_second_step,
)
from tests.kit.racing import at_once
from tests.kit.softkey import SoftKey, b64, unb64

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("purpose", [Purpose.REAUTHENTICATE, Purpose.DISABLE, Purpose.SET_UP])
def test_a_challenge_of_another_purpose_is_refused(owner, purpose):
    key = passkeys.add(owner)
    auth = begin(owner)
    bound_to = challenges.of_session(auth.browser.session_id)
    challenge = challenges.make(purpose, bound_to=bound_to, party=PARTY, now=timezone.now())
    options = asked(auth) | {"challenge": b64(challenge)}
    with pytest.raises(PasskeyChallengeInvalid):
        send_second_step(auth, key.get(options, ORIGIN))
    assert passkeys.reasons(SECOND_STEP_FAILED) == ["passkey_challenge_invalid"]


def test_a_challenge_lives_ten_minutes(owner, clock):
    key = passkeys.add(owner)
    in_time, late = (key.get(asked_alone(), ORIGIN) for _ in range(2))
    clock.shift(challenges.LIFETIME - timedelta(seconds=1))
    send_alone(in_time)
    clock.shift(timedelta(seconds=1))
    for answer in (in_time, late):
        with pytest.raises(PasskeyChallengeInvalid):
            send_alone(answer)


def tidied(clock, *, minutes):
    """Let time go by, the worker with it; return how many answers it forgot."""
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
    key, auth = passkeys.add(owner), begin(owner)
    changed = bytearray(unb64(asked(auth)["challenge"]))
    changed[place] ^= 0x80
    with pytest.raises(PasskeyChallengeInvalid):
        send_second_step(auth, key.get({"challenge": b64(bytes(changed))}, ORIGIN))


@pytest.mark.parametrize("made_up", [b"", b"\x00" * 32, b"\xff" * 40, b"\xff" * 72, b"x" * 2000])
def test_nor_does_one_that_is_made_up_count(owner, made_up):
    key, auth = passkeys.add(owner), begin(owner)
    with pytest.raises(PasskeyChallengeInvalid):
        send_second_step(auth, key.get({"challenge": b64(made_up)}, ORIGIN))


def test_one_of_another_session_is_refused(owner):
    key, auth = passkeys.add(owner), begin(owner)
    with pytest.raises(PasskeyChallengeInvalid):
        send_second_step(auth, key.get(asked(begin(owner)), ORIGIN))


def test_one_of_another_browser_is_refused(owner):
    key, auth = passkeys.add(owner), begin(owner)
    for options in (asked_alone("c" * 43), asked(auth)):
        with pytest.raises(PasskeyChallengeInvalid):
            send_alone(key.get(options, ORIGIN))


def test_an_answer_signs_in_once(owner):
    key = passkeys.add(owner)
    options = asked_alone()
    answer = key.get(options, ORIGIN)
    send_alone(answer)
    with pytest.raises(PasskeyChallengeInvalid):
        send_alone(answer)


def test_a_registration_is_good_once_and_for_its_own_session(owner, clock):
    auth, other = begin(owner), begin(owner)
    options = passkeys.asked_to_make(auth)
    answer = SoftKey().create(options, ORIGIN)
    with pytest.raises(PasskeyChallengeInvalid):
        passkeys.send_registration(other, answer)
    auth = reload(passkeys.send_registration(auth, answer))
    with pytest.raises(PasskeyChallengeInvalid):
        passkeys.send_registration(auth, answer)
    assert Factor.objects.count() == 1


def test_a_damaged_registration_burns_its_challenge(owner):
    auth = begin(owner)
    options = passkeys.asked_to_make(auth)
    key = SoftKey()
    with pytest.raises(PasskeyEmbedded):
        passkeys.send_registration(auth, key.create(options, ORIGIN, data={"crossOrigin": True}))
    with pytest.raises(PasskeyChallengeInvalid):
        passkeys.send_registration(auth, key.create(options, ORIGIN))
    assert not Factor.objects.exists()


def test_whoever_asks_without_end_leaves_nothing_behind(owner):
    key = passkeys.add(owner)
    auth = begin(owner)
    made = {asked_alone(BROWSER)["challenge"] for _ in range(200)}
    made |= {asked(auth)["challenge"] for _ in range(10)}
    assert len(made) == 210
    assert not AnsweredChallenge.objects.exists()
    send_alone(key.get(asked_alone(), ORIGIN))
    assert AnsweredChallenge.objects.count() == 1


def test_whoever_answers_wrongly_without_end_leaves_no_more_than_their_address_is_let_try(clock):
    people.make_customer()
    refused = []
    for _ in range(rules.ADDRESS_LIMIT + 5):
        with pytest.raises(Refusal) as one:
            send_alone(SoftKey(rp_id="localhost").get(asked_alone(), ORIGIN))
        refused.append(type(one.value))
    assert set(refused[-5:]) == {MustWait}
    assert AnsweredChallenge.objects.count() == rules.ADDRESS_LIMIT
    tidied(clock, minutes=31)
    assert not AnsweredChallenge.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_challenge_twenty_times_at_once_is_taken_once():
    person = people.make_administrator(people.make_customer())
    key = passkeys.add(person)
    options = asked_alone()
    answer = key.get(options, ORIGIN)
    outcomes = at_once([partial(send_alone, answer)] * 20)
    refused = [one for one in outcomes if isinstance(one, Exception)]
    assert len(refused) == 19
    assert {type(one) for one in refused} == {PasskeyChallengeInvalid}
    assert Session.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_second_step_twenty_times_at_once_is_taken_once():
    person = people.make_administrator(people.make_customer())
    key = passkeys.add(person)
    auth = begin(person)
    answer = key.get(asked(auth), ORIGIN)
    outcomes = at_once([partial(send_second_step, auth, answer)] * 20)
    taken = [one for one in outcomes if not isinstance(one, Exception)]
    assert len(taken) == 1


@pytest.mark.django_db(transaction=True)
def test_one_registration_twenty_times_at_once_makes_one_passkey():
    person = people.make_administrator(people.make_customer())
    auth = begin(person)
    options = passkeys.asked_to_make(auth)
    answer = SoftKey().create(options, ORIGIN)
    at_once([partial(passkeys.send_registration, auth, answer)] * 20)
    assert Passkey.objects.count() == Factor.objects.count() == 1
