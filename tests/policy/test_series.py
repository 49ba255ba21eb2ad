"""A series of versions: which holds, whom it asks from when, and that grace is never given again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorward.policy import grace, series
from doorward.policy.effective import Policies, effective
from doorward.policy.fields import DEFAULTS, LOOSEST, Kinds, RequiredOf, Values
from doorward.policy.grace import Member, was_due_at
from doorward.policy.series import Scope, Series, arrange, current, planned
from doorward.policy.waves import WAVES

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
EVERYONE = Values(required_of=RequiredOf.EVERYONE)
SOMEBODY = Member(tabs=frozenset({"home"}), share=99)


def days(count: float) -> datetime:
    return BEGIN + timedelta(days=count)


def day_of(versions: Series, member: Member, *, now: datetime) -> datetime | None:
    """Return from when one series alone asks somebody."""
    return grace.day_of(versions, member, now=now, due_at=was_due_at([versions], member, now=now))


def until(count: int) -> Values:
    return replace(EVERYONE, from_day=days(count).date())


def test_the_newest_whose_time_has_come_holds() -> None:
    versions = arrange([(1, days(0), until(9)), (2, days(5), EVERYONE), (3, days(3), DEFAULTS)])
    assert [one.number for one in versions] == [1, 3, 2]
    assert current(versions, now=days(-1)) == DEFAULTS
    assert current(versions, now=days(0)) == until(9)
    assert current(versions, now=days(4)) == DEFAULTS
    assert current(versions, now=days(5)) == EVERYONE
    assert [one.number for one in planned(versions, now=days(1))] == [3, 2]


def test_of_two_for_the_same_moment_the_later_one_holds() -> None:
    versions = arrange([(2, days(0), EVERYONE), (1, days(0), DEFAULTS)])
    assert current(versions, now=days(0)) == EVERYONE


def test_whoever_is_ready_is_held_by_what_is_planned() -> None:
    versions = arrange([(1, days(5), until(9))])
    assert day_of(versions, SOMEBODY, now=days(0)) == days(9)
    assert series.scope(versions, now=days(0)) == Scope(everyone=True)


@pytest.mark.parametrize(
    ("asked", "tabs", "covered"),
    [
        (EVERYONE, "home", True),
        (Values(required_of=RequiredOf.TABS, tabs=frozenset({"billing"})), "billing", True),
        (Values(required_of=RequiredOf.TABS, tabs=frozenset({"billing"})), "bill", False),
        (Values(required_of=RequiredOf.TABS, tabs=frozenset({"billing"})), "", False),
        (Values(required_of=RequiredOf.TICKED), "billing", False),
        (Values(required_of=RequiredOf.NOBODY), "billing", False),
    ],
)
def test_whom_it_asks(*, asked: Values, tabs: str, covered: bool) -> None:
    versions, member = arrange([(1, BEGIN, asked)]), Member(tabs=frozenset(tabs.split()))
    assert (day_of(versions, member, now=BEGIN) is not None) == covered
    assert series.scope(versions, now=BEGIN).covers(member.tabs) == covered


class TestGraceIsNeverGivenAgain:
    def test_by_lifting_it_and_asking_again(self) -> None:
        versions = arrange(
            [(1, days(0), until(5)), (2, days(6), DEFAULTS), (3, days(7), until(20))]
        )
        assert day_of(versions, SOMEBODY, now=days(6)) == days(7)
        assert day_of(versions, SOMEBODY, now=days(7)) == days(7)

    def test_by_a_later_day(self) -> None:
        versions = arrange([(1, days(0), until(5)), (2, days(6), until(20))])
        assert day_of(versions, SOMEBODY, now=days(6)) == days(6)

    def test_by_the_same_again(self) -> None:
        same = replace(until(5), idle_minutes=10)
        versions = arrange([(1, days(0), until(5)), (2, days(4), same)])
        assert day_of(versions, SOMEBODY, now=days(4)) == days(5)

    def test_by_the_same_in_waves(self) -> None:
        waves = replace(until(9), waves=True)
        again = replace(waves, kinds=Kinds.PHISHING_RESISTANT)
        versions = arrange([(1, days(0), waves), (2, days(2), again)])
        first = Member(share=0)
        assert day_of(versions, first, now=days(2)) == days(3)

    def test_by_another_circle_that_has_them_too(self) -> None:
        of_tab = Values(required_of=RequiredOf.TABS, tabs=frozenset({"home"}))
        versions = arrange([(1, days(0), of_tab), (2, days(1), until(20))])
        assert day_of(versions, SOMEBODY, now=days(1)) == days(1)
        assert day_of(versions, Member(tabs=frozenset({"other"})), now=days(1)) == days(20)

    def test_it_may_be_longer_while_it_runs(self) -> None:
        versions = arrange([(1, days(0), until(5)), (2, days(4), until(20))])
        assert day_of(versions, SOMEBODY, now=days(4)) == days(20)


class TestWaves:
    asked = replace(until(30), waves=True)

    def day(self, member: Member) -> datetime | None:
        return day_of(arrange([(1, days(0), self.asked)]), member, now=days(0))

    @pytest.mark.parametrize(
        ("share", "after"), [(0, 10), (4, 10), (5, 20), (24, 20), (25, 30), (99, 30)]
    )
    def test_each_at_an_equal_step(self, share: int, after: int) -> None:
        assert self.day(Member(share=share)) == days(after)

    def test_who_looks_after_others_is_in_the_first(self) -> None:
        assert self.day(Member(tabs=frozenset({"administrators"}), share=99)) == days(10)

    def test_every_share_is_in_one(self) -> None:
        found = [Member(share=share).wave for share in range(100)]
        assert [sum(one <= wave for one in found) for wave in (1, 2, 3)] == list(WAVES)


class TestNewcomers:
    asked = replace(until(5), newcomer_days=7)

    def day(self, joined: datetime | None, *, now: datetime) -> datetime | None:
        return day_of(arrange([(1, days(0), self.asked)]), Member(joined_at=joined), now=now)

    def test_they_have_their_own_days(self) -> None:
        assert self.day(days(20), now=days(20)) == days(27)

    def test_never_less_than_the_others(self) -> None:
        assert self.day(days(0.5), now=days(1)) == days(7.5)
        assert self.day(days(-1), now=days(1)) == days(5)
        assert self.day(None, now=days(1)) == days(5)

    def test_another_version_of_the_same_takes_none_away_and_gives_none(self) -> None:
        again = replace(self.asked, idle_minutes=10)
        versions = arrange([(1, days(0), self.asked), (2, days(22), again)])
        for now in (days(22), days(26)):
            assert day_of(versions, Member(joined_at=days(20)), now=now) == days(27)


VALUES = st.builds(
    Values,
    required_of=st.sampled_from(RequiredOf),
    tabs=st.frozensets(st.sampled_from(["home", "billing"])),
    from_day=st.none() | st.dates(date(2026, 3, 1), date(2026, 3, 20)),
    newcomer_days=st.integers(0, 5),
    waves=st.booleans(),
    idle_minutes=st.integers(5, 60),
)
STEPS = st.lists(st.tuples(st.integers(0, 20), VALUES), max_size=6)
MEMBERS = st.builds(
    Member,
    tabs=st.frozensets(st.sampled_from(["home", "billing", "administrators"])),
    share=st.integers(0, 99),
    joined_at=st.none() | st.integers(-5, 20).map(days),
)


@given(steps=STEPS, member=MEMBERS)
def test_whoever_was_due_stays_due_while_they_are_asked(
    steps: list[tuple[int, Values]], member: Member
) -> None:
    """Told day by day, as versions are saved: with all that is known then, and with what was dumped then."""
    saved: list[tuple[int, datetime, Values]] = []
    due = False
    for day in range(25):
        now = days(day)
        new = [values for at, values in steps if at == day]
        saved += [(len(saved) + number, now, values) for number, values in enumerate(new, 1)]
        versions = arrange(saved)
        kept = series.load(series.dump(versions, now=now))
        told = day_of(versions, member, now=now)
        assert day_of(kept, member, now=now) == told
        assert current(kept, now=now) == current(versions, now=now)
        assert not (due and told is not None and told > now)
        due = due or (told is not None and told <= now)


@given(steps=STEPS, member=MEMBERS, at=st.integers(0, 24))
def test_what_is_kept_with_the_customer_says_the_same(
    steps: list[tuple[int, Values]], member: Member, at: int
) -> None:
    versions = arrange((number, days(day), values) for number, (day, values) in enumerate(steps, 1))
    kept = series.load(series.dump(versions, now=days(at)))
    for day in range(at, 25):
        now = days(day)
        assert current(kept, now=now) == current(versions, now=now)
        assert series.scope(kept, now=now) == series.scope(versions, now=now)
        assert day_of(kept, member, now=now) == day_of(versions, member, now=now)


# --- across series --------------------------------------------------------------------------------


@pytest.mark.parametrize("other", ["minimum", "brand"])
@pytest.mark.parametrize("of_tabs", [False, True])
def test_what_the_provider_gives_up_is_not_given_time_for_again(
    other: str, *, of_tabs: bool
) -> None:
    asked = (
        replace(until(2), required_of=RequiredOf.TABS, tabs=frozenset({"home"}))
        if of_tabs
        else until(2)
    )
    lifted = arrange([(1, days(0), asked), (2, days(5), LOOSEST)])
    policies = Policies(customer=arrange([(1, days(0), until(30))]), **{other: lifted})

    def grace_until(at: float) -> datetime | None:
        return effective(SOMEBODY, policies, now=days(at)).grace_until

    assert grace_until(1) == days(2)
    assert grace_until(4) == days(2)
    assert grace_until(6) == days(2)
    # Somebody whom it did not ask has the time that the customer gives.
    if of_tabs:
        assert effective(Member(share=99), policies, now=days(6)).grace_until == days(30)


def test_what_ended_before_its_day_leaves_the_grace_as_it_is() -> None:
    lifted = arrange([(1, days(0), until(9)), (2, days(5), LOOSEST)])
    policies = Policies(customer=arrange([(1, days(0), until(30))]), minimum=lifted)
    assert effective(SOMEBODY, policies, now=days(6)).grace_until == days(30)


def test_a_version_that_is_over_before_the_others_day_brings_that_day_no_nearer() -> None:
    """The customer's begins on the fifth day, the minimum bites on the tenth and ends on the fifteenth."""
    minimum = arrange([(1, days(0), until(10)), (2, days(15), LOOSEST)])
    policies = Policies(customer=arrange([(1, days(5), until(20))]), minimum=minimum)
    for at, day in ((0, 10), (7, 10), (12, 10), (16, 10)):
        assert effective(SOMEBODY, policies, now=days(at)).grace_until == days(day)


def test_a_later_policy_of_the_customer_holds_at_once() -> None:
    minimum = arrange([(1, days(0), until(2)), (2, days(5), LOOSEST)])
    policies = Policies(customer=arrange([(1, days(7), until(30))]), minimum=minimum)
    assert effective(SOMEBODY, policies, now=days(6)).grace_until == days(7)
    assert not effective(SOMEBODY, policies, now=days(7)).in_grace(days(7))
