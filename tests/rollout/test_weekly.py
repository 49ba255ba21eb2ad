"""The weekly mail of adoption: to who wants it and may read it, once a week, with numbers that lead to their people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from doorward.accounts.models import Administrator, Status
from doorward.customers.models import Customer, CustomerStatus
from doorward.directory import adoption_sums
from doorward.directory.models import EVERYBODY, AdoptionDay, AdoptionPoint
from doorward.notifications.letter import write
from doorward.notifications.links_and_codes import NoLongerWanted
from doorward.notifications.models import Delivery
from doorward.notifications.outbox import dispatch
from doorward.permissions.errors import NotAuthorised
from doorward.rollout import weekly
from doorward.rollout.events import ADOPTION_MAIL_CHANGED, ADOPTION_MAILED
from doorward.rollout.models import AdoptionMail
from tests.kit import browsers, codes, people
from tests.kit.racing import at_once

if TYPE_CHECKING:
    from doorward.notifications.mail import Mail

pytestmark = pytest.mark.django_db

# A Wednesday.
NOW = datetime(2027, 3, 3, 12, tzinfo=UTC)
MONDAY = datetime(2027, 3, 8, 6, tzinfo=UTC)


def choose(person: Administrator, *, wanted: bool = True, of_all: bool = False) -> None:
    whose = None if of_all else person.customer_id
    weekly.choose(wanted=wanted, customer_id=whose, actor=people.actor(person), now=NOW)


def mailed() -> list[str]:
    return [event.subject_email for event in people.events(ADOPTION_MAILED)]


def mail(at: datetime) -> Mail:
    """Return the mail of the newest event."""
    dispatch(now=at)
    return write(Delivery.objects.get(template="adoption_weekly"), now=at)


@pytest.fixture
def boss(db: None) -> Administrator:
    tabs = {"home", "customers"}
    return people.make_administrator(people.provider(), email="boss@northline.example", tabs=tabs)


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("after", "day"),
    [
        (NOW, MONDAY),
        (MONDAY - timedelta(seconds=1), MONDAY),
        (MONDAY, MONDAY + weekly.WEEK),
        (MONDAY + timedelta(days=6), MONDAY + weekly.WEEK),
    ],
)
def test_it_goes_on_mondays(after, day):
    assert weekly.next_after(after) == day


def test_once_a_week_to_who_wants_it(owner, colleague):
    choose(owner)
    choose(owner)
    assert len(people.events(ADOPTION_MAIL_CHANGED)) == 1
    assert weekly.send_due(now=MONDAY - timedelta(seconds=1)) == 0
    assert weekly.send_due(now=MONDAY) == 1
    assert weekly.send_due(now=MONDAY + timedelta(days=6)) == 0
    assert weekly.send_due(now=MONDAY + weekly.WEEK) == 1
    # What was missed is not made up for: one mail, not three.
    assert weekly.send_due(now=MONDAY + 4 * weekly.WEEK) == 1
    assert mailed() == [owner.email] * 3
    choose(owner, wanted=False)
    assert weekly.send_due(now=MONDAY + 9 * weekly.WEEK) == 0
    assert colleague.email not in mailed()


def test_a_clock_that_was_ahead_keeps_nobody_waiting(owner):
    choose(owner)
    assert weekly.send_due(now=MONDAY + 60 * weekly.WEEK) == 1
    assert weekly.send_due(now=MONDAY - timedelta(days=1)) == 0
    assert weekly.send_due(now=MONDAY) == 1
    assert weekly.send_due(now=MONDAY) == 0


def test_of_two_clocks_a_minute_apart_nobody_gets_two(owner):
    choose(owner)
    assert weekly.send_due(now=MONDAY) == 1
    assert weekly.send_due(now=MONDAY - timedelta(seconds=59)) == 0
    assert weekly.send_due(now=MONDAY) == 0


def test_killed_between_event_and_next_time_nobody_gets_two(owner, monkeypatch):
    choose(owner)

    def killed(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    for place in ("next_after", "record"):
        with monkeypatch.context() as patched:
            patched.setattr(weekly, place, killed)
            with pytest.raises(KeyboardInterrupt), transaction.atomic():
                weekly.send_due(now=MONDAY)
        assert not mailed()
    assert weekly.send_due(now=MONDAY) == 1
    assert weekly.send_due(now=MONDAY) == 0


@pytest.mark.parametrize("lost", [{"tabs": " home "}, {"status": Status.SUSPENDED}])
def test_who_loses_the_right_gets_none_and_is_not_asked_again(owner, lost):
    choose(owner)
    Administrator.objects.of(owner.customer_id).filter(id=owner.id).update(**lost)
    assert weekly.send_due(now=MONDAY) == 0
    assert not AdoptionMail.objects.exists()
    assert not mailed()


def test_nor_does_who_lost_it_or_ended_it_after_it_was_written_down(owner):
    choose(owner)
    weekly.send_due(now=MONDAY)
    Administrator.objects.of(owner.customer_id).filter(id=owner.id).update(tabs=" home ")
    with pytest.raises(NoLongerWanted):
        mail(MONDAY)
    Administrator.objects.of(owner.customer_id).filter(id=owner.id).update(tabs=owner.tabs)
    choose(owner, wanted=False)
    with pytest.raises(NoLongerWanted):
        mail(MONDAY)


def test_nobody_is_mailed_whose_company_is_suspended(owner):
    choose(owner)
    Customer.objects.filter(id=owner.customer_id).update(status=CustomerStatus.SUSPENDED)
    assert weekly.send_due(now=MONDAY) == 0


def test_who_may_not_read_the_numbers_does_not_choose_them(owner, colleague, boss):
    with pytest.raises(NotAuthorised):
        choose(colleague)
    for person in (owner, colleague):
        with pytest.raises(NotAuthorised):
            choose(person, of_all=True)
    with pytest.raises(NotAuthorised):
        choose(boss)
    choose(boss, of_all=True)
    assert AdoptionMail.objects.get().administrator_id == boss.id


def test_the_numbers_the_change_and_where_their_people_are(owner, colleague, outsider):
    codes.enable_app(colleague)
    adoption_sums.note([owner.customer_id])
    adoption_sums.fold(now=MONDAY - timedelta(days=1))
    AdoptionPoint.objects.create(
        customer_id=owner.customer_id,
        day=(MONDAY - timedelta(days=9)).date(),
        people=2,
        covered=0,
        people_by=2,
        covered_by=0,
    )
    choose(owner)
    weekly.send_due(now=MONDAY)
    sent = mail(MONDAY)
    text = " ".join(sent.body.split())
    assert owner.customer.name in sent.subject
    portal = "/administrators/?"
    assert f"{portal}factor=on>: 1 of 2 people (+1 since a week ago)" in text
    assert f"{portal}factor=bare>: 1" in text
    assert f"{portal}factor=one-device>: " in text
    assert "/account/adoption/>" in text
    assert outsider.customer.name not in text
    assert "security/lost" not in text


def test_the_providers_numbers_lead_to_their_customers(owner, boss):
    adoption_sums.note([owner.customer_id])
    adoption_sums.fold(now=MONDAY)
    AdoptionDay.objects.create(
        of=EVERYBODY,
        day=(MONDAY - timedelta(days=7)).date(),
        people=1,
        bare=1,
        app=0,
        passkey=0,
        one_device=0,
        not_seen=1,
    )
    Administrator.objects.everywhere().filter(id=boss.id).update(language="de")
    choose(boss, of_all=True)
    weekly.send_due(now=MONDAY)
    text = " ".join(mail(MONDAY).body.split())
    assert "0 von 1 Personen (so viele wie vor einer Woche)" in text
    assert "/customers/adoption/?show=bare>: 1" in text
    assert owner.customer.name not in text


def test_its_second_address_is_told_nothing_of_colleagues(owner):
    people_ = Administrator.objects.of(owner.customer_id).filter(id=owner.id)
    people_.update(second_email="ines@home.example")
    choose(owner)
    weekly.send_due(now=MONDAY)
    dispatch(now=MONDAY)
    assert [one.address for one in Delivery.objects.filter(template="adoption_weekly")] == [
        owner.email
    ]


def test_the_tick_is_on_both_pages(owner, boss, colleague):
    for person, page in ((owner, "/account/adoption/"), (boss, "/customers/adoption/")):
        client = browsers.browser_of(person)
        assert 'name="weekly"' in client.get(page).content.decode()
        assert client.post(f"{page}mail/", {"weekly": "on"})["Location"] == page
        assert "every Monday." in client.get(page).content.decode()
        assert AdoptionMail.objects.filter(administrator=person).count() == 1
        assert client.post(f"{page}mail/", {}).status_code == 303
        assert not AdoptionMail.objects.filter(administrator=person).exists()
        assert browsers.browser_of(colleague).post(f"{page}mail/", {}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_of_several_workers_one_sends_it(owner):
    choose(owner)
    results = at_once([lambda: weekly.send_due(now=MONDAY)] * 4)
    assert sum(one for one in results if isinstance(one, int)) == 1, results
    assert mailed() == [owner.email]
