"""The clock doctor where a factor guards something: a wrong code in everything but what it explains."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.administrators import sessions
from doorward.audit.events import Kind, Outcome
from doorward.core import attempts, errors, totp
from doorward.mfa import clock as doctor
from doorward.mfa import facts, proving
from doorward.mfa.models import Factor
from tests import support
from tests.racing import at_once

if TYPE_CHECKING:
    import time_machine

    from doorward.administrators.models import Administrator
    from doorward.mfa.facts import Loaded

WRONG = "000000"


def begin(person: Administrator) -> Loaded:
    """Give the session of somebody whose password was right."""
    now = timezone.now()
    started = sessions.begin(person, by=support.by(person), now=now, password_at=now)
    loaded = facts.load(started.token)
    assert loaded is not None
    return loaded


def examine(person: Administrator, first: str, second: str) -> int:
    return doctor.examine(
        loaded=begin(person),
        first=first,
        second=second,
        kind=Kind.SECOND_STEP_FAILED,
        by=support.by(person),
        now=timezone.now(),
    )


def two(secret: bytes, offset: int) -> tuple[str, str]:
    return support.code(secret, offset=offset - 1), support.code(secret, offset=offset)


def prove(person: Administrator, code: str) -> None:
    proving.prove_second_step(
        loaded=begin(person), code=code, completes=False, by=support.by(person), now=timezone.now()
    )


@pytest.fixture
def secret(clock: time_machine.Traveller, owner: Administrator) -> bytes:
    return support.enable_app(owner)


@pytest.mark.parametrize(("offset", "seconds"), [(-20, -600), (-8, -240), (0, 0), (1, 0), (9, 270)])
def test_two_codes_in_a_row_say_how_far_the_clock_is_off(secret, owner, offset, seconds):
    assert examine(owner, *two(secret, offset)) == seconds
    (event,) = support.events(Kind.SECOND_STEP_FAILED)
    assert event.outcome == Outcome.FAILED
    assert event.details == {"reason": "wrong_code", "recovery": False, "clock": seconds}


def test_any_of_the_apps_may_be_the_one(secret, owner):
    other = support.enable_app(owner, name="Tablet")
    assert examine(owner, *two(other, 6)) == 180


@pytest.mark.parametrize("offset", [-25, 25])
def test_out_of_reach_nothing_is_said(secret, owner, offset):
    with pytest.raises(errors.ClockUnknown):
        examine(owner, *two(secret, offset))
    (event,) = support.events(Kind.SECOND_STEP_FAILED)
    assert event.details == {"reason": "wrong_code", "recovery": False}


def test_a_single_right_code_is_told_from_no_other(secret, owner):
    for first, second in ((WRONG, support.code(secret, offset=8)), two(secret, 8)[::-1]):
        with pytest.raises(errors.ClockUnknown):
            examine(owner, first, second)


@pytest.mark.parametrize("offset", [0, 8])
def test_each_is_counted_and_none_is_given_back(secret, owner, offset):
    for number in range(1, attempts.FREE + 1):
        examine(owner, *two(secret, offset))
        assert Factor.objects.get().failures_in_a_row == number
    with pytest.raises(errors.MustWait):
        examine(owner, *two(secret, offset))
    with pytest.raises(errors.MustWait):
        prove(owner, support.code(secret))


def test_fifty_disable_the_app_as_wrong_codes_do(secret, owner, clock):
    Factor.objects.update(failures_in_a_row=attempts.DISABLE_AT - 1)
    clock.shift(timedelta(seconds=attempts.LONGEST_WAIT))
    examine(owner, *two(secret, 8))
    assert Factor.objects.get().locked_at is not None
    with pytest.raises(errors.FactorDisabled):
        examine(owner, *two(secret, 8))
    assert len(support.events(Kind.FACTOR_LOCKED)) == 1


def test_three_tell_the_owner_as_wrong_codes_do(secret, owner):
    for _ in range(attempts.TELL_AT):
        examine(owner, *two(secret, 8))
    assert len(support.events(Kind.SECOND_STEP_GUESSED)) == 1


def test_nothing_is_burnt_and_nothing_burnt_comes_back(secret, owner, clock):
    used = support.code(secret)
    prove(owner, used)
    step = Factor.objects.get().last_step
    assert examine(owner, support.code(secret, offset=-1), used) == 0
    assert Factor.objects.get().last_step == step == totp.step_at(timezone.now())
    with pytest.raises(errors.CodeAlreadyUsed):
        prove(owner, used)
    clock.shift(timedelta(seconds=30))
    prove(owner, support.code(secret))


def test_a_code_that_was_recognised_is_accepted_no_sooner_than_its_time(secret, owner):
    first, second = two(secret, 8)
    examine(owner, first, second)
    for code in (first, second):
        with pytest.raises(errors.WrongCode):
            prove(owner, code)


@pytest.mark.parametrize("offset", [-20, -2, 2, 20])
def test_an_ordinary_wrong_code_says_nothing_of_the_clock(secret, owner, offset):
    for code in (support.code(secret, offset=offset), WRONG):
        with pytest.raises(errors.WrongCode) as refused:
            prove(owner, code)
        assert refused.value.data == {}
    assert all("clock" not in one.details for one in support.events(Kind.SECOND_STEP_FAILED))


@pytest.mark.django_db(transaction=True)
def test_at_once_no_more_than_the_free_ones_are_looked_at():
    person = support.make_administrator(support.make_customer())
    secret = support.enable_app(person)
    loaded, now = begin(person), timezone.now()
    first, second = (support.code(secret, now=now, offset=one) for one in (7, 8))

    def look() -> int:
        return doctor.examine(
            loaded=loaded,
            first=first,
            second=second,
            kind=Kind.SECOND_STEP_FAILED,
            by=support.by(person),
            now=now,
        )

    answers = at_once([look] * 8)
    assert answers.count(240) == attempts.FREE, answers
    assert sum(isinstance(one, errors.MustWait) for one in answers) == 8 - attempts.FREE, answers
