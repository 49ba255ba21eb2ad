"""Codes of an app: accepted once, counted before they are looked at, disabled after fifty."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.administrators import sessions
from doorward.audit.events import Kind
from doorward.core import attempts, errors
from doorward.mfa import facts, proving
from doorward.mfa.models import Factor
from doorward.safe import throttle
from doorward.safe.models import Attempt
from tests import support
from tests.racing import at_once

if TYPE_CHECKING:
    import time_machine

    from doorward.administrators.models import Administrator
    from doorward.administrators.sessions import Started
    from doorward.mfa.facts import Loaded

WRONG = "000000"


def begin(person: Administrator, *, known: bool = False) -> Loaded:
    """Give the session of somebody whose password was right."""
    now = timezone.now()
    started = sessions.begin(
        person, by=support.by(person), now=now, password_at=now, known_browser=known
    )
    return reload(started)


def reload(started: Started) -> Loaded:
    loaded = facts.load(started.token)
    assert loaded is not None
    return loaded


def prove(loaded: Loaded, code: str, person: Administrator) -> Started:
    return proving.prove_second_step(
        loaded=loaded, code=code, completes=False, by=support.by(person), now=timezone.now()
    )


def fail(loaded: Loaded, person: Administrator, times: int) -> None:
    for _ in range(times):
        with pytest.raises(errors.WrongCode):
            prove(loaded, WRONG, person)


@pytest.fixture
def secret(clock: time_machine.Traveller, owner: Administrator) -> bytes:
    secret = support.enable_app(owner)
    assert all(support.code(secret, offset=one) != WRONG for one in (-1, 0, 1))
    return secret


def test_right_code_steps_the_session_up_under_a_new_identifier(secret, owner):
    loaded = begin(owner)
    started = prove(loaded, support.code(secret), owner)
    after = reload(started)
    assert after.facts.session is not None
    assert after.facts.session.factor_at == timezone.now()
    assert after.browser.token_hash != loaded.browser.token_hash


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_a_step_each_side_is_accepted(secret, owner, offset):
    prove(begin(owner), support.code(secret, offset=offset), owner)


@pytest.mark.parametrize("offset", [-2, 2])
def test_two_steps_away_is_refused(secret, owner, offset):
    with pytest.raises(errors.WrongCode):
        prove(begin(owner), support.code(secret, offset=offset), owner)


def test_five_are_free_then_waits_double_over_all_sessions(secret, owner, clock):
    fail(begin(owner), owner, attempts.FREE)
    for seconds in (30, 60, 120):
        with pytest.raises(errors.MustWait) as refused:
            prove(begin(owner), support.code(secret), owner)
        assert refused.value.seconds == seconds
        clock.shift(timedelta(seconds=seconds))
        fail(begin(owner), owner, 1)


def test_a_try_that_had_to_wait_is_not_looked_at(secret, owner, clock):
    fail(begin(owner), owner, attempts.FREE)
    with pytest.raises(errors.MustWait):
        prove(begin(owner), support.code(secret), owner)
    clock.shift(timedelta(seconds=30))
    prove(begin(owner), support.code(secret), owner)


def test_a_right_code_gives_the_tries_back(secret, owner, clock):
    fail(begin(owner), owner, attempts.FREE - 1)
    prove(begin(owner), support.code(secret), owner)
    clock.shift(timedelta(seconds=30))
    fail(begin(owner), owner, attempts.FREE - 1)


def test_a_thief_in_an_unknown_browser_does_not_keep_the_owner_waiting(secret, owner):
    fail(begin(owner), owner, attempts.FREE)
    with pytest.raises(errors.MustWait):
        prove(begin(owner), support.code(secret), owner)
    prove(begin(owner, known=True), support.code(secret), owner)


def test_fifty_in_a_row_disable_the_app_until_it_is_set_up_anew(secret, owner, clock):
    for _ in range(attempts.DISABLE_AT):
        clock.shift(timedelta(seconds=attempts.LONGEST_WAIT))
        fail(begin(owner), owner, 1)
    clock.shift(timedelta(seconds=attempts.LONGEST_WAIT))
    with pytest.raises(errors.FactorDisabled):
        prove(begin(owner, known=True), support.code(secret), owner)
    assert len(support.events(Kind.FACTOR_LOCKED)) == 1
    assert Factor.objects.get().locked_at is not None


def test_fifty_are_counted_over_known_and_unknown_browsers_and_others_go_on(secret, owner, clock):
    Factor.objects.update(failures_in_a_row=attempts.DISABLE_AT - 2)
    other = support.enable_app(owner, name="Tablet")
    fail(begin(owner), owner, 1)
    fail(begin(owner, known=True), owner, 1)
    locked = {one.name: one.locked_at is not None for one in Factor.objects.all()}
    assert locked == {"Pixel 9": True, "Tablet": False}
    with pytest.raises(errors.WrongCode):
        prove(begin(owner, known=True), support.code(secret), owner)
    prove(begin(owner, known=True), support.code(other), owner)


def test_an_app_whose_last_try_was_counted_by_who_then_died_is_disabled_all_the_same(secret, owner):
    Factor.objects.update(failures_in_a_row=attempts.DISABLE_AT)
    with pytest.raises(errors.FactorDisabled):
        prove(begin(owner), support.code(secret), owner)
    assert Factor.objects.get().locked_at is not None
    assert len(support.events(Kind.FACTOR_LOCKED)) == 1


def test_a_session_that_is_through_is_counted_as_a_known_browser(secret, owner):
    fail(begin(owner), owner, attempts.FREE)
    loaded = begin(owner)
    through = replace(loaded, browser=replace(loaded.browser, signed_in_at=timezone.now()))
    prove(through, support.code(secret), owner)


def test_wrong_codes_count_for_their_address_and_an_address_that_waits_is_not_looked_at(
    secret, owner
):
    here = throttle.address_key(support.by(owner).origin.address)
    fail(begin(owner), owner, 1)
    assert Attempt.objects.get(key=here.hash).failures == 1
    for _ in range(attempts.ADDRESS_LIMIT):
        throttle.count_failure("192.0.2.10", now=timezone.now())
    with pytest.raises(errors.MustWait) as refused:
        prove(begin(owner), support.code(secret), owner)
    assert refused.value.seconds == attempts.ADDRESS_WINDOW
    assert Factor.objects.get().failures_in_a_row == 1


def test_of_two_apps_only_the_one_that_was_guessed_at_is_counted(secret, owner, clock):
    other = support.enable_app(owner, name="Tablet")
    for _ in range(attempts.DISABLE_AT + 5):
        clock.shift(timedelta(seconds=30))
        prove(begin(owner), support.code(secret), owner)
    assert list(Factor.objects.values_list("failures_in_a_row", flat=True)) == [0, 0]
    clock.shift(timedelta(seconds=30))
    prove(begin(owner), support.code(other), owner)


def test_each_failure_is_an_event(secret, owner):
    fail(begin(owner), owner, 2)
    found = support.events(Kind.SECOND_STEP_FAILED)
    assert [event.details["reason"] for event in found] == ["wrong_code"] * 2
    assert {event.subject_id for event in found} == {owner.id}


@pytest.mark.django_db(transaction=True)
def test_no_more_than_the_free_tries_are_looked_at_however_many_come_at_once():
    person = support.make_administrator(support.make_customer())
    support.enable_app(person)
    loaded = begin(person)
    found = at_once([lambda: prove(loaded, WRONG, person)] * 20)
    looked_at = sum(isinstance(one, errors.WrongCode) for one in found)
    assert looked_at == attempts.FREE, found
    assert sum(isinstance(one, errors.MustWait) for one in found) == 20 - attempts.FREE
