"""Exceptions: with a reason and an end, told to those with the tab, over by themselves; grace is never given again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.utils import timezone

from doorward.accounts import exceptions, invitations
from doorward.accounts.errors import (
    ExceptionDayInvalid,
    ExceptionNeedsReason,
    MinimumAllowsNoException,
    NoException,
    NothingToExcept,
    OwnException,
)
from doorward.accounts.events import CHANGE_REFUSED, EXCEPTION_ENDED, EXCEPTION_MADE
from doorward.accounts.models import PolicyException, Status
from doorward.accounts.required_of import policy_of
from doorward.audit.actor import CONSOLE
from doorward.kernel.errors import FieldsRefused, NotFound
from doorward.permissions.errors import NotAuthorised
from doorward.policy.fields import RequiredOf
from tests.accounts.changing import change, refuses_field
from tests.kit import people, policies
from tests.kit.racing import at_once

pytestmark = pytest.mark.django_db


def make(person, by, *, days=10, reason="A new phone is on its way", now=None):
    now = now or timezone.now()
    return exceptions.make(
        person.id,
        reason=reason,
        until=(now + timedelta(days=days)).date().isoformat(),
        customer_id=person.customer_id,
        actor=by if by is CONSOLE else people.actor(by),
        now=now,
    )


def required(person, *, now=None):
    policy = policy_of(people.again(person), now=now or timezone.now())
    return policy.required and not policy.in_grace(now or timezone.now())


@pytest.fixture
def asked(owner, colleague):
    """Somebody whom their customer's policy asks for two factors."""
    policies.require(owner.customer_id)
    assert required(colleague)
    return colleague


def test_for_a_while_the_policy_does_not_ask_and_then_it_does_by_itself(owner, asked):
    made = make(asked, owner)
    assert not required(asked)
    assert required(asked, now=made.ends_at)
    assert not required(asked, now=made.ends_at - timedelta(seconds=1))


def test_it_is_an_event_with_before_and_after_and_the_reason_goes_with_the_person(owner, asked):
    made = make(asked, owner)
    [event] = people.events(EXCEPTION_MADE)
    day = made.ends_at.date().isoformat()
    assert (event.actor_id, event.subject_id) == (owner.id, asked.id)
    assert (event.details["before"], event.details["after"]) == ([""], [day])
    assert event.typed == {"reason": "A new phone is on its way"}


def test_it_unticks_the_box_so_that_nothing_of_their_own_asks_meanwhile(owner, asked):
    change(asked, owner, require_2fa=True)
    make(asked, owner)
    assert not people.again(asked).require_2fa
    assert not required(asked)


@pytest.mark.parametrize("days", [-1, 0, 31, 400])
def test_it_ends_within_thirty_days(owner, asked, days):
    with refuses_field(ExceptionDayInvalid):
        make(asked, owner, days=days)
    assert required(asked)


@pytest.mark.parametrize("until", ["", "soon", "2026-02-30", "9999-12-31", "0001-01-01", "\0"])
def test_its_end_is_a_day(owner, asked, until):
    with refuses_field(ExceptionDayInvalid):
        exceptions.make(
            asked.id,
            reason="A new phone",
            until=until,
            customer_id=asked.customer_id,
            actor=people.actor(owner),
            now=timezone.now(),
        )


def test_it_says_why(owner, asked):
    with refuses_field(ExceptionNeedsReason):
        make(asked, owner, reason="  ")


def test_nobody_makes_one_for_themselves(owner, asked):
    with pytest.raises(OwnException):
        make(owner, owner)
    assert required(owner)
    [event] = people.events(CHANGE_REFUSED)
    assert event.details["reason"] == OwnException.code


def test_there_is_none_from_the_minimum_of_the_customer_or_of_the_brand(owner, asked):
    policies.require_by_minimum(owner.customer_id)
    with pytest.raises(MinimumAllowsNoException):
        make(asked, owner)
    policies.require_by_minimum(owner.customer_id, required=False)
    policies.require_by_brand(owner.customer.brand_id)
    with pytest.raises(MinimumAllowsNoException):
        make(asked, owner)


def test_a_minimum_that_comes_later_asks_all_the_same(owner, asked):
    make(asked, owner)
    policies.require_by_minimum(owner.customer_id)
    assert required(asked)


def test_a_tick_ends_it(owner, asked):
    make(asked, owner)
    change(asked, owner, require_2fa=True)
    assert people.again(asked).excepted_until is None
    assert [event.actor_id for event in people.events(EXCEPTION_ENDED)] == [owner.id]
    assert not exceptions.running(owner.customer_id, now=timezone.now())


def test_there_is_none_where_the_policy_asks_nothing(owner, colleague):
    with pytest.raises(NothingToExcept):
        make(colleague, owner)


def test_a_colleague_without_the_tab_and_an_outsider_make_and_end_none(owner, asked, outsider):
    for other in (asked, outsider):
        with pytest.raises(NotAuthorised):
            make(owner, other)
    with pytest.raises(NotFound):
        exceptions.end(
            asked.id,
            customer_id=outsider.customer_id,
            actor=people.actor(outsider),
            now=timezone.now(),
        )
    make(asked, owner)
    with pytest.raises(NotAuthorised):
        end(asked, asked)


def end(person, by):
    return exceptions.end(
        person.id,
        customer_id=person.customer_id,
        actor=people.actor(by),
        now=timezone.now(),
    )


def test_end_now_ends_it_once(owner, asked):
    make(asked, owner)
    end(asked, owner)
    assert required(asked)
    with pytest.raises(NoException):
        end(asked, owner)
    assert len(people.events(EXCEPTION_ENDED)) == 1


def test_another_one_takes_its_place_and_says_how_many_there_were(owner, asked):
    first = make(asked, owner, days=3)
    second = make(asked, owner, days=30)
    assert [one.id for one in exceptions.running(owner.customer_id, now=timezone.now())] == [
        second.id
    ]
    event = people.events(EXCEPTION_MADE)[-1]
    assert event.details["exceptions"] == 2
    assert event.details["before"] == [first.ends_at.date().isoformat()]


def test_the_worker_records_its_end_once_and_where_a_clock_goes_back_it_stays_over(owner, asked):
    made = make(asked, owner)
    assert exceptions.end_due(now=made.ends_at - timedelta(seconds=1)) == 0
    assert exceptions.end_due(now=made.ends_at) == 1
    assert exceptions.end_due(now=made.ends_at) == 0
    assert len(people.events(EXCEPTION_ENDED)) == 1
    assert required(asked)


def test_renewed_for_a_year_it_is_told_each_time_and_at_its_end_there_is_no_grace(owner, asked):
    now = timezone.now()
    made = make(asked, owner, days=30, now=now)
    for number in range(2, 14):
        now = made.ends_at - timedelta(days=2)
        made = make(asked, owner, days=30, now=now)
        assert made.ends_at <= now + exceptions.LONGEST
        event = people.events(EXCEPTION_MADE)[-1]
        assert event.details["exceptions"] == number
        assert not required(asked, now=made.ends_at - timedelta(seconds=1))
    now = made.ends_at - timedelta(days=2)
    # A later day for all, saved while it runs, gives them none.
    day = (now + timedelta(days=90)).date()
    with pytest.raises(FieldsRefused):
        policies.ask(owner.customer_id, since=now, from_day=day)
    policies.lift(owner.customer_id)
    policies.ask(
        owner.customer_id, since=now, required_of=RequiredOf.EVERYONE, from_day=day, newcomer_days=5
    )
    assert required(asked, now=made.ends_at)


def test_made_while_the_clock_was_ahead_it_is_over_when_the_clock_is_right_again(owner, asked):
    ahead = timezone.now() + timedelta(days=400)
    made = make(asked, owner, days=30, now=ahead)
    assert not required(asked, now=ahead)
    assert required(asked)
    assert exceptions.running(owner.customer_id, now=timezone.now()) == []
    assert exceptions.end_due(now=timezone.now()) == 1
    assert exceptions.end_due(now=timezone.now()) == 0
    # Nor does it count when that time comes.
    assert required(asked, now=made.ends_at - timedelta(days=1))


def test_a_clock_that_goes_back_a_little_ends_none(owner, asked):
    made = make(asked, owner, days=30)
    back = timezone.now() - timedelta(hours=12)
    assert not required(asked, now=back)
    assert exceptions.end_due(now=back) == 0
    assert made.ends_at > timezone.now()


def test_renewed_while_the_clock_is_back_it_ends_earlier_and_never_later(owner, asked):
    first = make(asked, owner, days=10)
    second = make(asked, owner, days=10, now=timezone.now() - timedelta(days=5))
    assert second.ends_at < first.ends_at
    assert required(asked, now=second.ends_at)


def test_somebody_removed_has_none(owner, asked):
    make(asked, owner)
    change(asked, owner, status=Status.REMOVED, confirmed=True)
    assert not PolicyException.objects.filter(ended_at__isnull=True).exists()
    with pytest.raises(NotFound):
        make(asked, owner)


def test_nor_somebody_whose_invitation_was_revoked(owner, asked):
    invited = people.invite(owner.customer)
    make(invited, owner)
    invitations.revoke(people.again(invited), actor=people.actor(owner), now=timezone.now())
    assert not PolicyException.objects.filter(ended_at__isnull=True).exists()


NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_whose_day_came_while_it_ran_is_asked_at_once_when_it_ends(owner, colleague):
    policies.require(owner.customer_id, since=NOON, from_day=(NOON + timedelta(days=5)).date())
    made = make(colleague, owner, now=NOON)
    assert not required(colleague, now=made.ends_at - timedelta(seconds=1))
    assert required(colleague, now=made.ends_at)


def test_nor_does_an_exception_open_a_grace_that_was_over(owner, colleague):
    """Asked at once by a tick; the policy would have given days."""
    change(colleague, owner, require_2fa=True)
    policies.require(owner.customer_id, since=NOON, from_day=(NOON + timedelta(days=60)).date())
    made = make(colleague, owner, now=NOON, days=3)
    assert not required(colleague, now=NOON)
    assert required(colleague, now=made.ends_at)


def test_nor_one_of_somebody_whose_tabs_are_asked_for(owner, colleague):
    day = (NOON + timedelta(days=1)).date()
    policies.ask(
        owner.customer_id,
        since=NOON,
        required_of=RequiredOf.TABS,
        tabs=frozenset({"home"}),
        from_day=day,
    )
    make(colleague, owner, now=NOON)
    # Their day came while it ran.
    change(colleague, owner, tabs=frozenset({"support"}))
    late = timezone.now()
    policies.require(owner.customer_id, since=late, from_day=(late + timedelta(days=90)).date())
    assert required(colleague, now=late + timedelta(days=11))


def test_all_that_is_wrong_is_said_at_once(owner, asked):
    with pytest.raises(FieldsRefused) as refused:
        make(asked, owner, reason="", days=0)
    assert refused.value.fields.keys() == {"reason", "until"}


@pytest.mark.django_db(transaction=True)
def test_two_at_once_leave_one(owner, asked):
    other = people.make_administrator(
        owner.customer, email="tomasz@harbourbakery.example", tabs={"home", "administrators"}
    )
    outcomes = at_once([partial(make, asked, by, days=7) for by in (owner, other)])
    assert all(isinstance(one, PolicyException) for one in outcomes), outcomes
    [runs] = exceptions.running(owner.customer_id, now=timezone.now())
    assert people.again(asked).excepted_until == runs.ends_at


@pytest.mark.django_db(transaction=True)
def test_two_workers_record_the_end_once(owner, asked):
    made = make(asked, owner)
    outcomes = at_once([partial(exceptions.end_due, now=made.ends_at)] * 3)
    assert len(people.events(EXCEPTION_ENDED)) == 1, outcomes
