"""Adoption: what is kept of each customer is what counting says, whoever changes what, and over time."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from doorward.accounts import services
from doorward.accounts.account import locked
from doorward.accounts.models import Administrator, Standing, Status
from doorward.audit.actor import CONSOLE
from doorward.audit.record import record
from doorward.credentials import removal, suspension
from doorward.credentials.events import FACTOR_ADDED, FACTOR_LOCKED
from doorward.customers.models import Customer, CustomerStatus
from doorward.directory import adoption, adoption_sums, counts, people
from doorward.directory.adoption import Day, Totals
from doorward.directory.models import (
    EVERYBODY,
    Adoption,
    AdoptionDay,
    AdoptionDue,
    AdoptionPoint,
)
from doorward.directory.search_and_sort import Wanted
from doorward.directory.state import Attention, FactorFilter, Rule
from doorward.notifications import outbox
from doorward.permissions.staff_scope import Scope as StaffScope
from doorward.policy.fields import Kinds
from doorward.policy.series import Scope
from tests.kit import codes
from tests.kit import people as kit_people
from tests.kit.racing import at_once

EVERYTHING = StaffScope.EVERYTHING
ALL = adoption.within(EVERYTHING)
pytestmark = pytest.mark.django_db


def kept(customer):
    row = Adoption.objects.filter(customer_id=customer.id).values(*adoption.COLUMNS).first()
    return Totals(**row) if row else Totals()


def work(now=None):
    """Do what the worker does: look at what happened, and count where it did."""
    now = now or timezone.now()
    while outbox.dispatch(now=now):
        pass
    while adoption_sums.fold(now=now):
        pass


def counted(customer, now=None):
    """Count as the list of people does, filter by filter."""
    rule = Rule(Scope(), Kinds.ANY)

    def found(**narrowed):
        wanted = Wanted(now=now or timezone.now(), **narrowed)
        return people.list_people(customer.id, wanted, rule=rule).found

    return Totals(
        people=found(factor=FactorFilter.ON) + found(factor=FactorFilter.BARE),
        bare=found(factor=FactorFilter.BARE),
        app=found(factor=FactorFilter.APP),
        passkey=found(factor=FactorFilter.PASSKEY),
        one_device=found(factor=FactorFilter.ONE_DEVICE),
        not_seen=found(attention=Attention.NOT_SEEN),
    )


def add_app(person, name="Phone"):
    """Add an app, with the event of who adds one."""
    with transaction.atomic():
        codes.enable_app(person, name=name)
        record(FACTOR_ADDED, actor=kit_people.actor(person))


def line_of(scope, now):
    within = adoption.within(scope)
    return adoption.days(within, adoption.totals(within), now=now)


def status(person, to):
    change = services.Change(status=to, confirmed=True)
    services.change(
        person.id, change, customer_id=person.customer_id, actor=CONSOLE, now=timezone.now()
    )


def test_it_follows_whatever_happens_to_people(customer):
    one = kit_people.make_administrator(customer, email="a@x.example")
    other = kit_people.make_administrator(customer, email="b@x.example")
    kit_people.invite(customer)
    work()
    assert kept(customer) == counted(customer) == Totals(people=3, bare=3, not_seen=2)
    for happens in (
        lambda: add_app(one),
        lambda: add_app(one, name="Tablet"),
        lambda: add_app(other),
        lambda: removal.reset(kit_people.again(one), actor=CONSOLE, now=timezone.now()),
        lambda: status(kit_people.again(other), Status.SUSPENDED),
        lambda: status(kit_people.again(other), Status.ACTIVE),
        lambda: status(kit_people.again(one), Status.REMOVED),
    ):
        happens()
        work()
        assert kept(customer) == counted(customer)
    assert kept(customer) == Totals(people=2, bare=1, app=1, one_device=1, not_seen=1)


def test_another_customer_is_not_counted_again(customer, outsider):
    work()
    before = Adoption.objects.get(customer=outsider.customer_id)
    Administrator.objects.of(outsider.customer_id).update(standing=Standing.PASSKEY)
    add_app(kit_people.make_administrator(customer, email="a@x.example"))
    work()
    assert Adoption.objects.get(customer=outsider.customer_id).passkey == before.passkey
    # Once a day all are.
    assert adoption_sums.note_all(now=timezone.now()) == Customer.objects.count()
    work()
    assert Adoption.objects.get(customer=outsider.customer_id).passkey == 1


def test_signing_in_makes_nobody_due(owner):
    from tests.kit import browsers  # noqa: PLC0415

    work()
    browsers.browser_of(owner).get("/")
    while outbox.dispatch(now=timezone.now()):
        pass
    assert not AdoptionDue.objects.exists()


def test_of_a_closed_customer_nobody_is_counted(owner, customer):
    work()
    assert kept(customer).people == 1
    Customer.objects.filter(id=customer.id).update(status=CustomerStatus.CLOSED)
    adoption_sums.note([customer.id])
    work()
    assert kept(customer) == Totals()


def test_one_that_is_gone_is_no_trouble(db):
    from uuid import uuid4  # noqa: PLC0415

    adoption_sums.note([uuid4()])
    assert adoption_sums.fold(now=timezone.now()) == 1
    assert adoption_sums.fold(now=timezone.now()) == 0


def test_counting_again_what_is_the_same_writes_nothing(owner, django_assert_num_queries):
    work()
    point = AdoptionPoint.objects.get(customer=owner.customer_id)
    tomorrow = timezone.now() + timedelta(days=1)
    adoption_sums.note([owner.customer_id])
    adoption_sums.fold(now=tomorrow)
    assert AdoptionPoint.objects.get(customer=owner.customer_id) == point


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", range(3))
def test_whoever_changes_what_at_the_same_time_the_numbers_are_those_of_counting(customer, seed):
    everybody = [
        kit_people.make_administrator(customer, email=f"p{number}@x.example") for number in range(3)
    ]
    work()
    drawn = random.Random(seed)

    def change(person):
        def do():
            with transaction.atomic():
                locked(person.id)
                if drawn.random() < 0.5:
                    add_app(person, name=f"App {drawn.random()}")
                else:
                    suspension.suspend(person.id, now=timezone.now())
                    record(FACTOR_LOCKED, actor=kit_people.actor(person))

        return do

    at_once([*map(change, everybody), work, *map(change, everybody), work])
    work()
    assert kept(customer) == counted(customer)
    assert not AdoptionDue.objects.exists()


# --- over time ------------------------------------------------------------------------------------


def test_a_day_without_a_change_is_like_the_one_before(owner, customer):
    today = date(2026, 3, 10)
    for ago, all_, covered in ((400, 1, 0), (5, 4, 1), (2, 4, 3)):
        AdoptionPoint.objects.create(
            customer=customer,
            day=today - timedelta(days=ago),
            people=all_,
            covered=covered,
            people_by=0,
            covered_by=0,
        )
    now = timezone.now().replace(year=2026, month=3, day=10)
    line = adoption.days_of(customer.id, Totals(people=4, bare=0), now=now)
    assert len(line) == adoption.SHOWN_DAYS
    assert [one.covered for one in line[-6:]] == [1, 1, 1, 3, 3, 4]
    assert (line[0].people, line[-1]) == (1, Day(today, 4, 4))


def test_a_line_begins_where_it_is_known(owner, customer):
    now = timezone.now()
    assert adoption.days(ALL, Totals(), now=now) == []
    live = adoption.days_of(customer.id, Totals(people=1, bare=1), now=now)
    assert [(one.people, one.covered) for one in live] == [(1, 0)]
    work()
    assert [one.people for one in line_of(EVERYTHING, now)] == [1]


def test_the_day_of_all_together_is_written_down_once_and_kept_up_to_date(owner, customer):
    work()
    of_all = AdoptionDay.objects.filter(of=EVERYBODY)
    assert list(of_all.values_list("people", "bare")) == [(1, 1)]
    add_app(owner)
    work()
    assert list(of_all.values_list("people", "bare")) == [(1, 0)]
    assert adoption.totals(ALL) == kept(customer)


def test_what_is_old_is_forgotten_but_where_a_line_begins(owner, customer):
    now = timezone.now()
    for days in (500, 450, 410, 390, 1):
        AdoptionPoint.objects.create(
            customer=customer,
            day=now.date() - timedelta(days=days),
            people=1,
            covered=0,
            people_by=0,
            covered_by=0,
        )
    assert adoption_sums.forget(now=now) == 2
    left = AdoptionPoint.objects.order_by("day").values_list("day", flat=True)
    assert [(now.date() - day).days for day in left] == [410, 390, 1]


def test_groups_and_numbers_agree(owner, customer):
    work()
    assert sum(group.people for group in counts.groups(customer.id)) == kept(customer).people
