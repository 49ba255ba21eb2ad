"""What a scope has, in rows, is what its rule says, whatever it is; and which scope looks after which."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db.models import Q

from doorward.customers import staff_scope
from doorward.customers.models import Brand, Customer, CustomerKind
from doorward.kernel.errors import NotFound
from doorward.permissions.staff_scope import Reach, Scope, of_columns
from tests.kit import people, staff

if TYPE_CHECKING:
    from uuid import UUID

pytestmark = pytest.mark.django_db


@pytest.fixture
def companies() -> list[Customer]:
    people.provider()
    brands = [staff.brand(f"Brand {number}") for number in range(3)]
    made = [staff.company(f"Firm {number}", brands[number % 3]) for number in range(7)]
    return [people.provider(), *made]


def any_scope(chance: random.Random) -> Scope:
    """Return a scope of whatever there is, and of what is not there."""
    reach = chance.choice(list(Reach))
    if reach is Reach.ALL:
        return Scope.EVERYTHING
    model = Brand if reach is Reach.BRANDS else Customer
    there: list[UUID] = [*model._default_manager.values_list("id", flat=True), uuid4()]
    return Scope(reach, frozenset(chance.sample(there, chance.randint(0, len(there)))))


@pytest.mark.parametrize("seed", range(40))
def test_rows_and_rule_say_the_same(companies, seed):
    scope = any_scope(random.Random(seed))
    seen = set(staff_scope.customers(scope).values_list("id", flat=True))
    for one in companies:
        is_provider = one.kind == CustomerKind.PROVIDER
        rule = scope.covers(one.id, brand_id=one.brand_id, is_provider=is_provider)
        assert (one.id in seen) is rule is staff_scope.has_customer(one.id, scope)
    brands = set(staff_scope.brands(scope).values_list("id", flat=True))
    for brand in Brand.objects.all():
        assert (brand.id in brands) is scope.covers_brand(brand.id)


@pytest.mark.parametrize("seed", range(20))
def test_a_list_has_all_of_a_scope_in_its_order_there_and_back(companies, seed):
    chance = random.Random(seed)
    scope, order = any_scope(chance), chance.choice([("name_sort", "id"), ("-since", "-id")])
    Customer.objects.filter(name__in=("Firm 1", "Firm 4")).update(
        status="suspended", since="2020-02-02"
    )
    for where in (Q(), Q(status="suspended"), Q(name_search__contains="firm")):
        brand_ids = set(Brand.objects.values_list("id", flat=True)) | {uuid4()}
        rows = staff_scope.listed(scope, order, brand_ids=brand_ids, where=where)
        wanted = list(staff_scope.customers(scope).filter(where).order_by(*order))
        assert list(rows) == wanted
        assert list(rows[1:3]) == wanted[1:3]
        assert list(rows.reverse()[:2]) == wanted[::-1][:2]
    one = companies[1].brand_id
    rows = staff_scope.listed(scope, order, brand_ids=[one], where=Q())
    if scope.reach is Reach.BRANDS:
        assert {row.brand_id for row in rows} == {one} & scope.ids


def test_as_many_brands_as_a_scope_can_have_are_merged(companies):
    brand_ids = [uuid4() for _ in range(staff_scope.MOST - 1)] + [companies[1].brand_id]
    scope = Scope(Reach.BRANDS, frozenset(brand_ids))
    rows = staff_scope.listed(scope, ("name_sort", "id"), brand_ids=brand_ids, where=Q())
    assert [one.brand_id for one in rows[:25]] == [companies[1].brand_id] * 3


@pytest.mark.parametrize("seed", range(40))
def test_a_scope_includes_another_exactly_where_it_has_all_of_its_customers(companies, seed):
    chance = random.Random(seed)
    one, other = any_scope(chance), any_scope(chance)
    seen = [set(staff_scope.customers(each).values_list("id")) for each in (one, other)]
    if staff_scope.includes(one, other):
        assert seen[1] <= seen[0]
    elif one.reach is other.reach is Reach.CUSTOMERS and other.ids <= {c.id for c in companies[1:]}:
        assert not seen[1] <= seen[0]


def test_the_columns_say_it_whole_and_a_word_that_is_not_known_opens_nothing(companies):
    for seed in range(10):
        scope = any_scope(random.Random(seed))
        assert of_columns(scope.reach.value, scope.text) == scope
    for word in ("", "everything", "ALL"):
        assert of_columns(word, "") == Scope.NOTHING
    assert not staff_scope.customers(Scope.NOTHING).exists()
    assert not staff_scope.brands(Scope.NOTHING).exists()


def test_what_is_outside_is_as_what_is_not_there(companies):
    scope = Scope(Reach.CUSTOMERS, frozenset({companies[1].id}))
    assert staff_scope.customer(companies[1].id, scope).name == companies[1].name
    for id_ in (companies[0].id, companies[2].id, uuid4()):
        with pytest.raises(NotFound):
            staff_scope.customer(id_, scope)
    with pytest.raises(NotFound):
        staff_scope.brand(companies[1].brand_id, scope)
