"""Codes of an app: the window, the step up, what a right one gives back, what is written down."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.administrators import sessions
from doorward.audit.events import Kind
from doorward.core import attempts, errors
from doorward.mfa import facts, proving
from tests import support

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


def test_a_right_code_gives_the_tries_back(secret, owner, clock):
    fail(begin(owner), owner, attempts.FREE - 1)
    prove(begin(owner), support.code(secret), owner)
    clock.shift(timedelta(seconds=30))
    fail(begin(owner), owner, attempts.FREE - 1)


def test_each_failure_is_an_event(secret, owner):
    fail(begin(owner), owner, 2)
    found = support.events(Kind.SECOND_STEP_FAILED)
    assert [event.details["reason"] for event in found] == ["wrong_code"] * 2
    assert {event.subject_id for event in found} == {owner.id}
