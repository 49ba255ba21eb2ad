"""The policy that holds for somebody: of tick, customer's policy and minimums the strictest of each field."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.kernel.errors import FieldsRefused
from doorward.policy.effective import Policies, effective
from doorward.policy.fields import LOOSEST, Kinds, RequiredOf, Values, read
from doorward.policy.grace import Member, Timing, day_of
from doorward.policy.rules import RequiredBy
from doorward.policy.series import Scope, Series, arrange

BEGIN = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
DAY = date(2026, 3, 15)
DUE = datetime(2026, 3, 15, tzinfo=UTC)
EVERYONE = Values(required_of=RequiredOf.EVERYONE)
MINIMUM = replace(LOOSEST, required_of=RequiredOf.EVERYONE)
YES_NO = (False, True)


def one(values: Values, at: datetime = BEGIN) -> Series:
    return arrange([(1, at, values)])


def combinations() -> list[tuple[bool, bool, date | None, bool, bool]]:
    return list(product(YES_NO, YES_NO, (None, DAY), YES_NO, YES_NO))


@pytest.mark.parametrize(("tick", "policy", "day", "of_customer", "of_brand"), combinations())
def test_the_strictest_wins(
    *, tick: bool, policy: bool, day: date | None, of_customer: bool, of_brand: bool
) -> None:
    policies = Policies(
        customer=one(replace(EVERYONE, from_day=day)) if policy else (),
        minimum=one(MINIMUM) if of_customer else (),
        brand=one(MINIMUM) if of_brand else (),
    )
    holding = effective(Member(ticked=tick), policies, now=BEGIN)

    asks = {
        RequiredBy.TICK: tick,
        RequiredBy.POLICY: policy,
        RequiredBy.MINIMUM_CUSTOMER: of_customer,
        RequiredBy.MINIMUM_BRAND: of_brand,
    }
    assert holding.required == any(asks.values())
    assert holding.required_by == tuple(by for by in RequiredBy if asks[by])
    assert holding.held == (policy or of_customer or of_brand)
    assert holding.scope == Scope(everyone=holding.held)
    alone = policy and day is not None and not (tick or of_customer or of_brand)
    assert holding.in_grace(BEGIN) == alone


def test_without_any_version() -> None:
    holding = effective(Member(), Policies(), now=BEGIN)
    assert not holding.required
    assert holding.required_by == ()
    assert holding.grace_until is None
    assert (holding.kinds, holding.trust_days) == (Kinds.ANY, 0)
    assert (holding.session_seconds, holding.idle_seconds) == (12 * 3600, 30 * 60)


@pytest.mark.parametrize(
    ("now", "running"),
    [
        (BEGIN, True),
        (DUE - timedelta(microseconds=1), True),
        (DUE, False),
        (DUE + timedelta(days=1), False),
    ],
)
def test_grace_ends_at_its_very_moment(*, now: datetime, running: bool) -> None:
    policies = Policies(customer=one(replace(EVERYONE, from_day=DAY)))
    assert effective(Member(), policies, now=now).in_grace(now) is running
    assert effective(Member(ticked=True), policies, now=now).in_grace(now) is False


def test_of_two_days_the_earlier_one_holds() -> None:
    later = replace(MINIMUM, from_day=DAY + timedelta(days=7))
    policies = Policies(customer=one(replace(EVERYONE, from_day=DAY)), brand=one(later))
    assert effective(Member(), policies, now=BEGIN).grace_until == DUE
    earlier = replace(MINIMUM, from_day=DAY - timedelta(days=7))
    policies = Policies(customer=one(replace(EVERYONE, from_day=DAY)), brand=one(earlier))
    assert effective(Member(), policies, now=BEGIN).grace_until == DUE - timedelta(days=7)


@pytest.mark.parametrize(
    ("field", "strict", "loose"),
    [
        ("kinds", Kinds.PHISHING_RESISTANT, Kinds.ANY),
        ("trust_days", 0, 14),
        ("session_hours", 4, 20),
        ("idle_minutes", 10, 45),
    ],
)
@pytest.mark.parametrize("strict_one", ["customer", "minimum", "brand"])
def test_of_every_field_the_strictest_holds(
    field: str, strict: Any, loose: Any, strict_one: str
) -> None:
    loosest = replace(LOOSEST, **{field: loose})
    of = {name: one(loosest) for name in ("customer", "minimum", "brand")}
    of[strict_one] = one(replace(loosest, **{field: strict}))
    assert getattr(Policies(**of).values(now=BEGIN), field) == strict


def test_a_minimum_that_asks_for_nothing_changes_nothing() -> None:
    customer = one(Values(session_hours=24, idle_minutes=60, trust_days=30))
    alone, beside = Policies(customer=customer), Policies(customer=customer, brand=one(LOOSEST))
    assert effective(Member(), alone, now=BEGIN) == effective(Member(), beside, now=BEGIN)


def test_nobody_is_idle_for_longer_than_a_session_lasts() -> None:
    policies = Policies(customer=one(Values(session_hours=1, idle_minutes=60)))
    holding = effective(Member(), policies, now=BEGIN)
    assert holding.idle_seconds == holding.session_seconds == 3600


@pytest.mark.parametrize(
    ("hours", "minutes"), [(0, 30), (25, 30), (720, 30), (12, 4), (12, 61), (-5, -5)]
)
def test_sessions_stay_within_the_bounds_of_the_standard(hours: int, minutes: int) -> None:
    """NIST SP 800-63B-4, 2.2.3: 24 h in all, 1 h idle; and no slip shuts everybody out."""
    with pytest.raises(FieldsRefused):
        read({"session_hours": hours, "idle_minutes": minutes})
    longest = effective(Member(), Policies(customer=one(LOOSEST)), now=BEGIN)
    assert (longest.session_seconds, longest.idle_seconds) == (24 * 3600, 3600)


MOMENTS = st.integers(0, 40).map(lambda days: BEGIN + timedelta(days=days))
VERSIONS = st.builds(
    Values,
    required_of=st.sampled_from([RequiredOf.NOBODY, RequiredOf.TABS, RequiredOf.EVERYONE]),
    tabs=st.just(frozenset({"home"})),
    from_day=st.none() | st.just(DAY),
    newcomer_days=st.sampled_from([0, 3, 30]),
    waves=st.booleans(),
)


@given(
    several=st.lists(st.tuples(MOMENTS, VERSIONS), max_size=3),
    share=st.integers(0, 99),
    joined_at=st.none() | MOMENTS,
    now=MOMENTS,
)
def test_who_are_alike_in_what_matters_are_asked_on_the_same_day(
    several: list[tuple[datetime, Values]],
    share: int,
    joined_at: datetime | None,
    now: datetime,
) -> None:
    series = arrange((number, at, values) for number, (at, values) in enumerate(several, 1))
    timing = Timing.of([series])
    person = Member(tabs=frozenset({"home"}), share=share, joined_at=joined_at)
    like = replace(person, share=timing.share(share), joined_at=timing.joined(joined_at))
    assert day_of(series, like, now=now) == day_of(series, person, now=now)
