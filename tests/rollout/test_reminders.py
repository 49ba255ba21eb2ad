"""Reminders: of one's own day, when it is set and as it nears; each once, and no more once it is set up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import transaction

from doorward.accounts.models import Administrator, Status
from doorward.audit.actor import CONSOLE
from doorward.audit.models import Event
from doorward.audit.record import record
from doorward.credentials.trusted_browsers import policy_change
from doorward.notifications import outbox
from doorward.notifications.letter import write
from doorward.notifications.links_and_codes import NoLongerWanted
from doorward.notifications.messages import Message
from doorward.notifications.models import Delivery
from doorward.policy import versions
from doorward.policy.fields import Kinds
from doorward.rollout import reminders
from doorward.rollout.events import REMINDED
from doorward.rollout.models import Reminder, ReminderSweep
from doorward.rollout.reminders import Kind, kind_due
from tests.kit import codes, passkeys, people, policies
from tests.kit.racing import at_once

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)


def days(count: float) -> datetime:
    return NOW + timedelta(days=count)


@pytest.fixture
def asked(owner, colleague):
    """Somebody whom a policy asks from a day twenty days on; the owner is ready."""
    codes.enable_app(owner)
    policies.require(owner.customer_id, since=NOW, from_day=days(20).date())
    return colleague


def told(person) -> list[str]:
    rows = Reminder.objects.filter(administrator=person).order_by("id")
    assert rows.count() == len(people.events(REMINDED, subject_id=person.id))
    return list(rows.values_list("kind", flat=True))


def rounds(*at: float) -> int:
    """Let the worker go through everybody at each of these days."""
    return sum(reminders.remind_due(now=days(one)) for one in at)


@pytest.mark.parametrize(
    ("left", "kind"),
    [
        (timedelta(days=300), Kind.SAVED),
        (timedelta(days=7, seconds=1), Kind.SAVED),
        (timedelta(days=7), Kind.WEEK),
        (timedelta(days=3, seconds=1), Kind.WEEK),
        (timedelta(days=3), Kind.THREE_DAYS),
        (timedelta(days=1, seconds=1), Kind.THREE_DAYS),
        (timedelta(days=1), Kind.DAY),
        (timedelta(seconds=1), Kind.DAY),
        (timedelta(), None),
        (timedelta(days=-1), None),
    ],
)
@pytest.mark.one_database
def test_which_it_is_time_for(left, kind):
    assert kind_due(NOW + left, now=NOW) is kind


def test_at_saving_and_seven_three_and_one_day_before_ones_own_day(asked):
    assert rounds(0) == 1
    assert rounds(*(day / 4 for day in range(1, 90))) == 3
    assert told(asked) == ["saved", "week", "three_days", "day"]


def test_who_is_ready_is_not_reminded_and_who_gets_ready_no_more(owner, asked):
    assert rounds(0, 1) == 1
    codes.enable_app(asked)
    assert rounds(13, 17, 19) == 0
    assert told(owner) == []


def test_nor_who_is_not_there_or_has_an_exception_or_is_due_already(asked):
    rows = Administrator.objects.of(asked.customer_id).filter(id=asked.id)
    for columns in (
        {"status": Status.INVITED},
        {"status": Status.SUSPENDED},
        {"status": Status.ACTIVE, "excepted_until": days(30)},
        {"excepted_until": None, "require_2fa": True},
    ):
        rows.update(**columns)
        ReminderSweep.objects.all().delete()
        assert rounds(0) == 0, columns


def test_a_round_that_comes_late_makes_up_for_nothing(asked):
    assert rounds(18) == 1
    assert told(asked) == ["three_days"]


def test_an_app_is_not_enough_where_only_passkeys_will_be(owner, asked):
    passkeys.add(owner)
    values = replace(policies.of(owner.customer_id, now=NOW), kinds=Kinds.PHISHING_RESISTANT)
    policy_change.save(
        versions.policy_of_customer(owner.customer_id),
        versions.Wanted(values=values, starts_at=days(10)),
        actor=CONSOLE,
        now=NOW,
    )
    codes.enable_app(asked)
    assert rounds(2) == 1


def test_waves_and_newcomers_have_days_of_their_own(owner, colleague):
    codes.enable_app(owner)
    policies.require(
        owner.customer_id, since=NOW, from_day=days(30).date(), waves=True, newcomer_days=9
    )
    rows = Administrator.objects.of(owner.customer_id)
    rows.filter(id=colleague.id).update(wave_share=10, joined_at=days(-5))
    late = people.make_administrator(owner.customer, email="late@harbourbakery.example")
    rows.filter(id=late.id).update(wave_share=3, joined_at=days(9))
    assert rounds(9.5) == 2
    ends = dict(Reminder.objects.values_list("administrator_id", "day"))
    assert ends[late.id] == days(18)
    assert ends[colleague.id] < days(21)


def test_another_day_is_reminded_of_anew(asked):
    assert rounds(0) == 1
    policies.require(asked.customer_id, since=days(1), from_day=days(10).date())
    assert rounds(1.1) == 1
    assert len(set(Reminder.objects.values_list("day", flat=True))) == 2


def test_a_version_that_is_saved_is_told_of_within_the_minute(asked):
    assert rounds(0) == 1
    policies.require(asked.customer_id, since=days(0.02), from_day=days(30).date())
    assert rounds(0.01) == 0
    assert rounds(0.021) == 1
    assert rounds(0.022) == 0


def test_it_is_looked_at_once_an_hour_and_at_once_where_a_clock_was_ahead(asked):
    assert rounds(0) == 1
    Reminder.objects.all().delete()
    assert rounds(0.03) == 0
    assert rounds(0.05) == 1
    Reminder.objects.all().delete()
    ReminderSweep.objects.update(begun_at=days(50))
    assert rounds(0.1) == 1


def test_what_is_interrupted_goes_on_where_it_was(owner, asked, monkeypatch):
    monkeypatch.setattr(reminders, "PAGE", 2)
    monkeypatch.setattr(reminders, "AT_ONCE", 2)
    for number in range(5):
        people.make_administrator(owner.customer, email=f"p{number}@harbourbakery.example")
    written = record

    def killed(*args, **rest):
        written(*args, **rest)
        raise SystemExit

    monkeypatch.setattr(reminders, "record", killed)
    with pytest.raises(SystemExit), transaction.atomic():
        rounds(0)
    monkeypatch.setattr(reminders, "record", written)
    assert Reminder.objects.count() == 0
    sent = [rounds(0) for _ in range(6)]
    assert sum(sent) == 6
    assert max(sent) <= 3
    assert len(set(Event.objects.filter(type=REMINDED).values_list("subject_id"))) == 6


def test_the_message_is_not_sent_once_it_is_set_up(asked):
    assert rounds(0) == 1
    outbox.dispatch(now=days(0))
    delivery = Delivery.objects.get(template=Message.SET_UP_REMINDER)
    assert write(delivery, now=days(0)).subject == "Please set up two-factor sign-in"
    codes.enable_app(asked)
    with pytest.raises(NoLongerWanted):
        write(delivery, now=days(0))


def test_what_is_remembered_is_forgotten_after_the_day(asked):
    assert rounds(0) == 1
    assert reminders.forget(now=days(49)) == 0
    assert reminders.forget(now=days(51)) == 1


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_remind_nobody_twice(asked):
    outcomes = at_once([partial(reminders.remind_due, now=NOW)] * 4)
    assert sum(one for one in outcomes if isinstance(one, int)) == 1, outcomes
    assert told(asked) == ["saved"]
