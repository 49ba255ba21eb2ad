"""What every adapter asks: the one decision, with its reason; and that it is made on what was really verified."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.audit.reason import Reason
from doorward.gate.evaluate import evaluate
from doorward.gate.requirement import Need, Step
from doorward.policy.fields import Kinds
from doorward.sessions.events import SIGNED_IN
from doorward.sessions.reauthentication import OWN_SECURITY
from tests.kit import codes, factors, passkeys, people, policies

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db


def test_a_stranger_is_to_sign_in_and_is_told_nothing() -> None:
    verdict = evaluate(None, Need.THROUGH, now=timezone.now())
    assert (verdict.step, verdict.why, verdict.admitted) == (Step.SIGN_IN, None, False)


def test_a_step_has_its_reason_and_admits_nobody(owner: Administrator) -> None:
    codes.enable_app(owner)
    auth = passkeys.begin(owner)
    verdict = evaluate(auth, Need.THROUGH, now=timezone.now())
    assert verdict.step is Step.VERIFY_FACTOR
    assert verdict.why is not None
    assert verdict.why.reason is Reason.TURNED_ON
    assert verdict.why.new_browser
    assert not verdict.through
    assert not verdict.admitted


def test_who_is_through_may_lack_a_right_or_a_proof(owner: Administrator) -> None:
    codes.enable_app(owner)
    auth, now = passkeys.begin(owner), timezone.now()
    within = auth.verified(auth.factors[0], now=now)
    assert evaluate(within, Need.THROUGH, now=now).through
    no_right = evaluate(within, Need.right("no such tab"), now=now)
    assert (no_right.step, no_right.why, no_right.admitted) == (Step.NO_RIGHT, None, True)
    later = now + timedelta(seconds=OWN_SECURITY.seconds + 1)
    again = evaluate(within, Need.proof(OWN_SECURITY), now=later)
    assert (again.step, again.admitted) == (Step.REAUTHENTICATE, True)
    assert again.why is not None
    assert again.why.reason is Reason.CONFIRMED


@pytest.mark.parametrize("kind", ["app", "passkey"])
def test_what_is_decided_on_is_what_the_next_request_reads(owner: Administrator, kind: str) -> None:
    codes.enable_app(owner)
    key = passkeys.add(owner)
    auth = passkeys.begin(owner)
    if kind == "app":
        after = passkeys.reload(factors.verify_code(auth, codes.next_code(owner), owner))
    else:
        after = passkeys.reload(passkeys.verify_second_step(auth, key))
    at = after.facts.session.factor_at if after.facts.session else None
    assert at is not None
    factor = next(row for row in auth.factors if row.kind == kind)
    browser = replace(
        after.browser, token_hash=auth.browser.token_hash, signed_in_at=auth.browser.signed_in_at
    )
    assert replace(after, browser=browser) == auth.verified(factor, now=at)
    assert after.browser.signed_in_at == at


def test_the_sign_in_is_recorded_where_the_very_factor_that_was_proved_is_enough(
    owner: Administrator,
) -> None:
    codes.enable_app(owner)
    passkeys.add(owner)
    policies.require(owner.customer_id, kinds=Kinds.PHISHING_RESISTANT)
    factors.verify_code(passkeys.begin(owner), codes.next_code(owner), owner)
    assert not people.events(SIGNED_IN)
