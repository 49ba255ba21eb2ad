"""The clock doctor where a factor guards something: a wrong code in everything but what it explains."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.audit.events import Outcome
from doorward.credentials.errors import ClockUnknown, CodeAlreadyUsed, FactorDisabled, WrongCode
from doorward.credentials.events import FACTOR_LOCKED, SECOND_STEP_FAILED, SECOND_STEP_GUESSED
from doorward.credentials.models import Factor
from doorward.credentials.totp import clock_doctor as doctor
from doorward.credentials.totp import rules as totp_rules
from doorward.gate import loading
from doorward.kernel.errors import MustWait
from doorward.kernel.ratelimit import rules
from doorward.sessions import issuing
from doorward.signin import second_step
from tests.kit import codes, people
from tests.kit.racing import at_once

if TYPE_CHECKING:
    import time_machine

    from doorward.accounts.models import Administrator
    from doorward.sessions.context import AuthContext

WRONG = "000000"


def begin(person: Administrator) -> AuthContext:
    """Return the session of somebody whose password was right."""
    now = timezone.now()
    started = issuing.begin(person, actor=people.actor(person), now=now, password_at=now)
    auth = loading.load(started.token, now=now)
    assert auth is not None
    return auth


def examine(person: Administrator, first: str, second: str) -> int:
    return doctor.examine(
        auth=begin(person),
        first=first,
        second=second,
        event_type=SECOND_STEP_FAILED,
        actor=people.actor(person),
        now=timezone.now(),
    )


def two(secret: bytes, offset: int) -> tuple[str, str]:
    return codes.code(secret, offset=offset - 1), codes.code(secret, offset=offset)


def verify_code(person: Administrator, code: str) -> None:
    second_step.verify_code(
        auth=begin(person),
        code=code,
        actor=people.actor(person),
        now=timezone.now(),
    )


@pytest.fixture
def secret(clock: time_machine.Traveller, owner: Administrator) -> bytes:
    return codes.enable_app(owner)


@pytest.mark.parametrize(("offset", "seconds"), [(-20, -600), (-8, -240), (0, 0), (1, 0), (9, 270)])
def test_two_codes_in_a_row_say_how_far_the_clock_is_off(secret, owner, offset, seconds):
    assert examine(owner, *two(secret, offset)) == seconds
    (event,) = people.events(SECOND_STEP_FAILED)
    assert event.outcome == Outcome.FAILED
    assert event.details == {"reason": "wrong_code", "recovery": False, "clock": seconds}


def test_any_of_the_apps_may_be_the_one(secret, owner):
    other = codes.enable_app(owner, name="Tablet")
    assert examine(owner, *two(other, 6)) == 180


@pytest.mark.parametrize("offset", [-25, 25])
def test_out_of_reach_nothing_is_said(secret, owner, offset):
    with pytest.raises(ClockUnknown):
        examine(owner, *two(secret, offset))
    (event,) = people.events(SECOND_STEP_FAILED)
    assert event.details == {"reason": "wrong_code", "recovery": False}


def test_a_single_right_code_is_told_from_no_other(secret, owner):
    for first, second in ((WRONG, codes.code(secret, offset=8)), two(secret, 8)[::-1]):
        with pytest.raises(ClockUnknown):
            examine(owner, first, second)


@pytest.mark.parametrize("offset", [0, 8])
def test_each_is_counted_and_none_is_given_back(secret, owner, offset):
    for number in range(1, rules.FREE + 1):
        examine(owner, *two(secret, offset))
        assert Factor.objects.get().failures_in_a_row == number
    with pytest.raises(MustWait):
        examine(owner, *two(secret, offset))
    with pytest.raises(MustWait):
        verify_code(owner, codes.code(secret))


def test_fifty_disable_the_app_as_wrong_codes_do(secret, owner, clock):
    Factor.objects.update(failures_in_a_row=rules.DISABLE_AT - 1)
    clock.shift(timedelta(seconds=rules.LONGEST_WAIT))
    examine(owner, *two(secret, 8))
    assert Factor.objects.get().locked_at is not None
    with pytest.raises(FactorDisabled):
        examine(owner, *two(secret, 8))
    assert len(people.events(FACTOR_LOCKED)) == 1


def test_three_tell_the_owner_as_wrong_codes_do(secret, owner):
    for _ in range(rules.TELL_AT):
        examine(owner, *two(secret, 8))
    assert len(people.events(SECOND_STEP_GUESSED)) == 1


def test_nothing_is_burnt_and_nothing_burnt_comes_back(secret, owner, clock):
    used = codes.code(secret)
    verify_code(owner, used)
    step = Factor.objects.get().last_step
    assert examine(owner, codes.code(secret, offset=-1), used) == 0
    assert Factor.objects.get().last_step == step == totp_rules.step_at(timezone.now())
    with pytest.raises(CodeAlreadyUsed):
        verify_code(owner, used)
    clock.shift(timedelta(seconds=30))
    verify_code(owner, codes.code(secret))


def test_a_code_that_was_recognised_is_accepted_no_sooner_than_its_time(secret, owner):
    first, second = two(secret, 8)
    examine(owner, first, second)
    for code in (first, second):
        with pytest.raises(WrongCode):
            verify_code(owner, code)


@pytest.mark.parametrize("offset", [-20, -2, 2, 20])
def test_an_ordinary_wrong_code_says_nothing_of_the_clock(secret, owner, offset):
    for code in (codes.code(secret, offset=offset), WRONG):
        with pytest.raises(WrongCode) as refused:
            verify_code(owner, code)
        assert refused.value.data == {}
    assert all("clock" not in one.details for one in people.events(SECOND_STEP_FAILED))


@pytest.mark.django_db(transaction=True)
def test_at_once_no_more_than_the_free_ones_are_looked_at():
    person = people.make_administrator(people.make_customer())
    secret = codes.enable_app(person)
    auth, now = begin(person), timezone.now()
    first, second = (codes.code(secret, now=now, offset=one) for one in (7, 8))

    def look() -> int:
        return doctor.examine(
            auth=auth,
            first=first,
            second=second,
            event_type=SECOND_STEP_FAILED,
            actor=people.actor(person),
            now=now,
        )

    answers = at_once([look] * 8)
    assert answers.count(240) == rules.FREE, answers
    assert sum(isinstance(one, MustWait) for one in answers) == 8 - rules.FREE, answers
