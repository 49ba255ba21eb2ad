"""The policy: every combination of tick, customer's choice and minimums."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from doorward.policy.rules import CustomerPolicy, Kinds, Minimum, Policy, RequiredBy, effective

BEGIN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
YES_NO = (False, True)


def combinations():
    for tick, policy, days, begin, of_customer, of_brand in product(
        YES_NO, YES_NO, (-1, 0, 14), (None, BEGIN), YES_NO, YES_NO
    ):
        customer = CustomerPolicy(required=policy, grace_days=days, grace_from=begin)
        minimums = (
            Minimum(by=RequiredBy.MINIMUM_BRAND, required=of_brand),
            Minimum(by=RequiredBy.MINIMUM_CUSTOMER, required=of_customer),
        )
        yield tick, customer, minimums


@pytest.mark.parametrize(("tick", "customer", "minimums"), list(combinations()))
def test_the_strictest_wins(tick, customer, minimums):
    policy = effective(tick=tick, customer=customer, minimums=minimums)
    brand, own = (minimum.required for minimum in minimums)

    assert policy.required == (tick or customer.required or own or brand)
    assert set(policy.required_by) == {
        reason
        for reason, asks in (
            (RequiredBy.TICK, tick),
            (RequiredBy.POLICY, customer.required),
            (RequiredBy.MINIMUM_CUSTOMER, own),
            (RequiredBy.MINIMUM_BRAND, brand),
        )
        if asks
    }
    assert len(policy.required_by) == len(set(policy.required_by))
    assert policy.held == (customer.required or own or brand)

    only_policy = customer.required and not (tick or own or brand)
    has_grace = only_policy and customer.grace_days > 0 and customer.grace_from is not None
    assert policy.grace_until == (BEGIN + timedelta(days=14) if has_grace else None)


def test_without_a_minimum():
    assert effective(tick=False, customer=CustomerPolicy()) == Policy(
        required=False,
        required_by=(),
        grace_until=None,
        kinds=Kinds.ANY,
        trust_days=0,
        session_seconds=12 * 3600,
        idle_seconds=30 * 60,
    )


@pytest.mark.parametrize(
    ("now", "running"),
    [
        (BEGIN, True),
        (BEGIN + timedelta(days=14) - timedelta(microseconds=1), True),
        (BEGIN + timedelta(days=14), False),
        (BEGIN + timedelta(days=15), False),
    ],
)
def test_grace_ends_at_its_very_moment(now, running):
    customer = CustomerPolicy(required=True, grace_days=14, grace_from=BEGIN)
    assert effective(tick=False, customer=customer).in_grace(now) is running
    assert effective(tick=True, customer=customer).in_grace(now) is False


def test_a_tick_or_a_floor_ends_a_grace_that_runs():
    customer = CustomerPolicy(required=True, grace_days=14, grace_from=BEGIN)
    for by in (RequiredBy.MINIMUM_BRAND, RequiredBy.MINIMUM_CUSTOMER):
        assert (
            effective(
                tick=False, customer=customer, minimums=[Minimum(by=by, required=True)]
            ).grace_until
            is None
        )


@pytest.mark.parametrize(
    ("hours", "minutes", "longer", "session", "idle"),
    [
        (12, 30, False, 12 * 3600, 1800),
        (24, 60, False, 24 * 3600, 3600),
        (25, 61, False, 24 * 3600, 3600),
        (720, 600, False, 24 * 3600, 3600),
        (25, 61, True, 25 * 3600, 61 * 60),
        (1, 120, True, 3600, 3600),
        (0, 0, False, 3600, 300),
        (-5, -5, True, 3600, 300),
        (8, 4, False, 8 * 3600, 300),
    ],
)
def test_sessions_stay_within_the_bounds_of_the_standard(hours, minutes, longer, session, idle):
    customer = CustomerPolicy(session_hours=hours, idle_minutes=minutes)
    policy = effective(tick=False, customer=customer, longer_sessions=longer)
    assert (policy.session_seconds, policy.idle_seconds) == (session, idle)


@pytest.mark.parametrize("kinds", Kinds)
@pytest.mark.parametrize(("days", "trusted"), [(-1, 0), (0, 0), (14, 14)])
def test_kinds_and_trust_are_the_customers(kinds, days, trusted):
    policy = effective(tick=False, customer=CustomerPolicy(kinds=kinds, trust_days=days))
    assert (policy.kinds, policy.trust_days) == (kinds, trusted)
