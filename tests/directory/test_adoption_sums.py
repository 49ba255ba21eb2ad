"""Adoption of many customers: the sums of all and of each brand are what adding up says, and pages cost the same."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from doorward.accounts.models import Administrator, Standing
from doorward.customers.models import Brand, Customer, CustomerStatus
from doorward.directory import adoption, adoption_pages, adoption_sums
from doorward.directory.adoption import COLUMNS, Totals, within
from doorward.directory.adoption_pages import Cursor, Place
from doorward.directory.models import EVERYBODY, Adoption, AdoptionDay, AdoptionPoint, AdoptionSum
from doorward.permissions.staff_scope import Reach, Scope, of
from tests.kit import people
from tests.kit.racing import at_once

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.django_db
ALL = Scope.EVERYTHING
STANDS = (Standing.NONE, Standing.APP, Standing.PASSKEY_BACKED, Standing.LOCKED)


@pytest.fixture
def brands(db):
    people.provider()
    other = Brand.objects.create(name="Other", issuer="Other")
    return [Brand.objects.get(is_default=True), other]


def company(number, brand):
    made = people.make_customer(f"Company {number}", brand=brand)
    for which in range(2):
        people.make_administrator(made, email=f"p{which}@c{number}.example")
    return made


def work(now=None):
    while adoption_sums.fold(now=now or timezone.now()):
        pass


def added_up(brands):
    """Count everybody, customer by customer, and add up."""
    sums: dict[UUID, Counter[str]] = {one: Counter() for one in (EVERYBODY, *ids_of(brands))}
    customers = {one.id: one for one in Customer.objects.all()}
    for customer_id, found in adoption.count(customers, now=timezone.now()).items():
        numbers = Counter({name: getattr(found, name) for name in COLUMNS})
        sums[EVERYBODY].update(numbers)
        if customers[customer_id].kind == "customer":
            sums[customers[customer_id].brand_id].update(numbers)
    return {whose: {name: numbers[name] for name in COLUMNS} for whose, numbers in sums.items()}


def ids_of(rows):
    return [one.id for one in rows]


def kept(model=AdoptionSum, **narrowed):
    rows = model.objects.filter(**narrowed).values("of", *COLUMNS)
    return {row.pop("of"): row for row in rows}


def scopes(brands, companies):
    return [
        ALL,
        of(Reach.BRANDS, [brands[0].id]),
        of(Reach.BRANDS, [one.id for one in brands]),
        of(Reach.CUSTOMERS, [one.id for one in companies[::2]]),
    ]


@pytest.mark.parametrize("seed", range(2))
def test_whatever_changes_the_sums_are_those_of_adding_up(brands, seed):
    drawn = random.Random(seed)
    companies = [company(number, brands[number % 2]) for number in range(4)]

    def stands(one):
        some = Administrator.objects.of(one.id).order_by("?").values_list("id", flat=True)[:1]
        Administrator.objects.of(one.id).filter(id__in=list(some)).update(
            standing=drawn.choice(STANDS)
        )

    def moves(one):
        Customer.objects.filter(id=one.id).update(brand=drawn.choice(brands))

    def closes(one):
        status = drawn.choice([CustomerStatus.ACTIVE, CustomerStatus.CLOSED])
        Customer.objects.filter(id=one.id).update(status=status)

    def goes(one):
        companies.remove(one)
        with transaction.atomic():
            adoption_sums.drop(one.id)
            Administrator.objects.of(one.id).delete()
            Customer.objects.filter(id=one.id).delete()
        companies.append(company(drawn.random(), drawn.choice(brands)))
        adoption_sums.note([companies[-1].id])

    now = timezone.now() - timedelta(days=12)
    adoption_sums.note_all(now=now)
    for _day in range(12):
        for _step in range(4):
            one = drawn.choice(companies)
            drawn.choice([stands, stands, moves, closes, goes])(one)
            adoption_sums.note([one.id])
            work(now)
        assert {**dict.fromkeys(kept()), **added_up(brands)} == kept()
        newest = AdoptionDay.objects.order_by("-day").values_list("day", flat=True)[0]
        assert kept(AdoptionDay, day=newest) == kept()
        assert adoption_sums.settle(now=now) == 0
        now += timedelta(days=1)


def test_a_line_of_some_by_name_is_that_of_adding_up_each_day(brands):
    drawn, companies = random.Random(3), [company(number, brands[0]) for number in range(4)]
    mine, began = [companies[0], companies[2]], timezone.now() - timedelta(days=100)
    scope, told = of(Reach.CUSTOMERS, [one.id for one in mine]), []
    for day in range(0, 101, 5):
        one = drawn.choice(companies)
        Administrator.objects.of(one.id).update(standing=drawn.choice(STANDS))
        adoption_sums.note_all(now=began)
        work(began + timedelta(days=day))
        found = adoption.totals(within(scope))
        assert found == Totals(**_sum(mine))
        told.append((found.people, found.covered))
    line = adoption.days(
        within(scope), adoption.totals(within(scope)), now=began + timedelta(days=100)
    )
    assert len(line) == adoption.SHOWN_DAYS
    assert [(one.people, one.covered) for one in line[::-5]] == told[:-19:-1]
    by = AdoptionPoint.objects.filter(customer=mine[0]).values_list("covered_by", flat=True)
    assert sum(by) == Adoption.objects.get(customer=mine[0]).people - (
        Adoption.objects.get(customer=mine[0]).bare
    )


def _sum(companies):
    found = adoption.count([one.id for one in companies], now=timezone.now()).values()
    return {name: sum(getattr(one, name) for one in found) for name in COLUMNS}


def test_a_line_of_a_brand_is_of_the_customers_that_it_had(brands):
    one, other = company(1, brands[0]), company(2, brands[1])
    now = timezone.now()
    yesterday = now - timedelta(days=1)
    adoption_sums.note_all(now=yesterday)
    work(yesterday)
    Customer.objects.filter(id=one.id).update(brand=brands[1])
    adoption_sums.note([one.id, other.id])
    work(now)
    for brand, line in ((brands[0], [2, 0]), (brands[1], [2, 4])):
        scope = of(Reach.BRANDS, [brand.id])
        days = adoption.days(within(scope), adoption.totals(within(scope)), now=now)
        assert [one.people for one in days] == line
    both = of(Reach.BRANDS, [one.id for one in brands])
    days = adoption.days(within(both), adoption.totals(within(both)), now=now)
    assert [one.people for one in days] == [4, 4]


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_counted_at_once_nothing_is_added_twice_and_nothing_is_lost(brands, monkeypatch):
    monkeypatch.setattr(adoption_sums, "AT_ONCE", 1)
    companies = [company(number, brands[number % 2]) for number in range(6)]
    adoption_sums.note_all(now=timezone.now())

    def change(one):
        def do():
            Administrator.objects.of(one.id).update(standing=Standing.APP)
            Customer.objects.filter(id=one.id).update(brand=brands[one == companies[0]])
            adoption_sums.note([one.id])
            work()

        return do

    def settle():
        adoption_sums.settle(now=timezone.now())

    def drop():
        adoption_sums.drop(companies[5].id)

    at_once([work, *map(change, companies[:5]), settle, work, settle, drop])
    adoption_sums.note([companies[5].id])
    work()
    assert kept() == added_up(brands)


def test_what_somebody_changed_by_hand_is_put_right(brands):
    company(1, brands[0])
    adoption_sums.note_all(now=timezone.now())
    work()
    before = kept()
    AdoptionSum.objects.filter(of=brands[0].id).update(people=77)
    Adoption.objects.filter(customer__kind="customer").update(bare=1, app=1)
    assert adoption_sums.settle(now=timezone.now()) == 2
    assert kept() != before
    assert adoption_sums.settle(now=timezone.now()) == 0
    adoption_sums.note_all(now=timezone.now())
    work()
    assert kept() == before


# --- pages ----------------------------------------------------------------------------------------


@pytest.fixture
def many(brands):
    """Return customers with drawn numbers, many of them the same."""
    drawn, made = random.Random(5), []
    for number in range(24):
        one = people.make_customer(f"Company {number}", brand=brands[number % 3 == 0])
        numbers = {name: drawn.randrange(4) for name in COLUMNS}
        Adoption.objects.create(customer=one, brand_id=one.brand_id, **numbers)
        made.append(one)
    return made


def test_each_page_goes_on_where_the_one_before_ended_there_and_back(brands, many):
    for scope in scopes(brands, many):
        rows = Adoption.objects.all()
        mine = [one for one in rows if scope.is_all or _covers(scope, one)]
        wanted = sorted(
            (one for one in mine if one.one_device), key=lambda one: (-one.one_device, one.pk)
        )
        seen: list[Adoption] = []
        at = None
        while True:
            page = adoption_pages.page("one_device", within(scope), at=at, size=4)
            seen += page.rows
            if page.next is None:
                break
            at = page.next
        assert [one.pk for one in seen] == [one.pk for one in wanted]
        back = list(page.rows)
        while page.previous is not None:
            page = adoption_pages.page("one_device", within(scope), at=page.previous, size=4)
            back = [*page.rows, *back]
        assert [one.pk for one in back] == [one.pk for one in wanted]


def _covers(scope, one):
    customer = one.customer
    return scope.covers(customer.id, brand_id=customer.brand_id, is_provider=False)


def test_the_last_page_is_there_at_once_and_where_nothing_is_left_the_first(brands, many):
    rows = adoption_pages.page("bare", within(ALL), at=None, size=100).rows
    end = Cursor(Place(0, many[0].id), back=True)
    assert adoption_pages.page("bare", within(ALL), at=end, size=3).rows == rows[-3:]
    beyond = Cursor(Place(0, many[0].id))
    assert adoption_pages.page("bare", within(ALL), at=beyond, size=3).rows == rows[:3]


def test_who_left_a_brand_is_not_shown_there_before_it_is_counted(brands, many):
    mine = of(Reach.BRANDS, [brands[0].id])
    gone = adoption_pages.page("bare", within(mine), at=None, size=3).rows[0].customer_id
    Customer.objects.filter(id=gone).update(brand=brands[1])
    shown = adoption_pages.page("bare", within(mine), at=None, size=30).rows
    assert gone not in [one.customer_id for one in shown]
    assert len(shown) > 2


def test_every_page_of_every_scope_is_a_range_of_an_index(brands, many):
    among_others()
    some = Cursor(Place(2, many[4].id))
    back = Cursor(some.place, back=True)
    for scope in scopes(brands, many)[:3]:
        for at in (None, some, back):
            lines = plans(lambda: adoption_pages.page("bare", within(scope), at=at, size=4))  # noqa: B023
            found = "brand_by_bare" if not scope.is_all else "adoption_by_bare"
            assert any(found in line for line in lines), lines
            # Of all customers of a brand none but these is looked at.
            assert not [one for one in lines if "customer_of_" in one]
            wrong = ("SCAN directory_adoption", "TEMP B-TREE", "Seq Scan on directory", "Sort")
            allowed = "SCAN directory_adoption USING COVERING INDEX adoption_by_bare"
            bad = [one for one in lines if any(word in one for word in wrong)]
            assert [one for one in bad if one != allowed] == []


def among_others():
    """Add customers of other brands, and have them counted: among a few rows every index is as good as another."""
    others = [Brand.objects.create(name=f"B{number}", issuer=f"B{number}") for number in range(10)]
    companies = [
        Customer(
            **Customer.name_columns(f"Elsewhere {number}"),
            brand=others[number % 10],
            since=timezone.now(),
        )
        for number in range(1000)
    ]
    Customer.objects.bulk_create(companies)
    Adoption.objects.bulk_create(
        Adoption(customer=one, brand_id=one.brand_id, **dict.fromkeys(COLUMNS, number % 7))
        for number, one in enumerate(companies)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def test_customers_by_name_are_found_by_their_ids(brands, many):
    among_others()
    scope = scopes(brands, many)[3]
    work()
    theirs = within(scope)
    for look in (
        lambda: within(scope),
        lambda: adoption.days(theirs, Totals(), now=timezone.now()),
        lambda: adoption_pages.page("bare", theirs, at=None, size=4),
    ):
        lines = plans(look)
        assert not [one for one in lines if one.startswith("SCAN ") or "Seq Scan" in one]
        assert not [one for one in lines if "customer_of_kind" in one]


def test_customers_by_name_are_read_once_for_sums_and_every_page(
    brands, many, django_assert_num_queries
):
    scope = scopes(brands, many)[3]
    theirs = within(scope)
    with django_assert_num_queries(0):
        assert adoption.totals(theirs).people == sum(one.people for one in theirs.named)
    for at in (None, Cursor(Place(2, many[4].id)), Cursor(Place(0, many[0].id), back=True)):
        with django_assert_num_queries(1):  # those that are shown, with their names
            adoption_pages.page("bare", theirs, at=at, size=4)


def test_the_provider_is_nobody_s_by_name(brands, many):
    provider = people.provider()
    numbers = dict.fromkeys(COLUMNS, 3)
    Adoption.objects.update_or_create(customer=provider, defaults=numbers | {"brand_id": None})
    theirs = within(of(Reach.CUSTOMERS, [provider.id, many[0].id]))
    assert [one.customer_id for one in theirs.named] == [many[0].id]
    AdoptionPoint.objects.create(
        customer=provider, day=timezone.now(), people=3, covered=0, people_by=3, covered_by=0
    )
    days = adoption.days(theirs, adoption.totals(theirs), now=timezone.now())
    assert [one.people for one in days] == [theirs.named[0].people]


def plans(look):
    """Return how the database answers what is asked; PostgreSQL is told that reading a whole table is dear."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        with CaptureQueriesContext(connection) as asked:
            look()
        how = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
        lines = []
        for one in asked.captured_queries:
            cursor.execute(how + one["sql"])
            lines += [str(row[-1]) for row in cursor.fetchall()]
    return lines
