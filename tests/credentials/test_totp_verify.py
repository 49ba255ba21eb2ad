"""Codes of an app: the window, the step up, what a right one gives back, what is written down."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.credentials.errors import WrongCode
from doorward.credentials.events import SECOND_STEP_FAILED
from doorward.kernel.ratelimit import rules
from tests.kit import codes, people
from tests.kit.factors import WRONG, fail, verify_code
from tests.kit.passkeys import begin, reload

if TYPE_CHECKING:
    import time_machine

    from doorward.accounts.models import Administrator


@pytest.fixture
def secret(clock: time_machine.Traveller, owner: Administrator) -> bytes:
    secret = codes.enable_app(owner)
    assert all(codes.code(secret, offset=one) != WRONG for one in (-1, 0, 1))
    return secret


def test_right_code_steps_the_session_up_under_a_new_identifier(secret, owner):
    auth = begin(owner)
    started = verify_code(auth, codes.code(secret), owner)
    after = reload(started)
    assert after.facts.session is not None
    assert after.facts.session.factor_at == timezone.now()
    assert after.browser.token_hash != auth.browser.token_hash


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_a_step_each_side_is_accepted(secret, owner, offset):
    verify_code(begin(owner), codes.code(secret, offset=offset), owner)


@pytest.mark.parametrize("offset", [-2, 2])
def test_two_steps_away_is_refused(secret, owner, offset):
    with pytest.raises(WrongCode):
        verify_code(begin(owner), codes.code(secret, offset=offset), owner)


def test_a_right_code_gives_the_tries_back(secret, owner, clock):
    fail(begin(owner), owner, rules.FREE - 1)
    verify_code(begin(owner), codes.code(secret), owner)
    clock.shift(timedelta(seconds=30))
    fail(begin(owner), owner, rules.FREE - 1)


def test_each_failure_is_an_event(secret, owner):
    fail(begin(owner), owner, 2)
    found = people.events(SECOND_STEP_FAILED)
    assert [event.details["reason"] for event in found] == ["wrong_code"] * 2
    assert {event.subject_id for event in found} == {owner.id}
