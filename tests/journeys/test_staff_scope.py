"""Which customers a colleague sees, chosen on their page and at adding; who may not choose it reads why."""

from __future__ import annotations

import pytest

from doorward.accounts.models import Administrator
from doorward.customers.models import Customer
from doorward.permissions.staff_scope import Reach, Scope
from tests.kit import browsers, people, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def two():
    return staff.two()


@pytest.fixture
def boss(two):
    return staff.member("boss@provider.example")


@pytest.fixture
def nora(two):
    return staff.member("nora@provider.example")


def form_of(person, **scope):
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "phone": "",
        "email": person.email,
        "tabs": sorted(person.tab_keys),
        "status": "active",
        **scope,
    }


def test_it_is_chosen_on_the_persons_page(two, boss, nora):
    browser, path = browsers.browser_of(boss), f"/administrators/{nora.id}/"
    page = browser.get(path).content.decode()
    for name in ("scope", "scope_brands", "scope_customers"):
        assert f'name="{name}"' in page
    chosen = {"scope": "customers", "scope_customers": two.near.name}
    assert browser.post(path, form_of(nora, **chosen)).status_code == 303
    assert people.again(nora).staff_scope == two.scope(Reach.CUSTOMERS)
    assert two.near.name in browser.get(path).content.decode()
    brands = {"scope": "brands", "scope_brands": str(two.near_brand.id)}
    assert browser.post(path, form_of(nora, **brands)).status_code == 303
    assert people.again(nora).staff_scope == two.scope(Reach.BRANDS)
    assert browser.post(path, form_of(nora)).status_code == 303, "left out, it stays"
    assert people.again(nora).staff_scope == two.scope(Reach.BRANDS)
    history = browser.get(f"{path}history/").content.decode()
    assert "changed which customers" in history


def test_what_is_wrong_is_said_at_its_field(two, boss, nora):
    browser, path = browsers.browser_of(boss), f"/administrators/{nora.id}/"
    chosen = {"scope": "customers", "scope_customers": "Nobody Ltd"}
    answer = browser.post(path, form_of(nora, **chosen))
    assert answer.status_code == 422
    assert "There is no customer" in answer.content.decode()


def test_at_adding_too(two, boss):
    browser = browsers.browser_of(boss)
    assert 'name="scope"' in browser.get("/administrators/add/").content.decode()
    new: dict[str, str | list[str]] = {"language": "", "tabs": ["home", "customers"]}
    new |= {"email": "new@provider.example", "first_name": "New", "last_name": "", "phone": ""}
    new |= {"scope": "brands"}
    assert browser.post("/administrators/add/", new).status_code == 422
    new |= {"scope_brands": str(two.near_brand.id)}
    assert browser.post("/administrators/add/", new).status_code == 303
    made = (
        Administrator.objects.everywhere()
        .select_related("customer")
        .get(email="new@provider.example")
    )
    assert made.staff_scope == two.scope(Reach.BRANDS)


def test_who_sees_some_reads_of_a_colleague_what_is_in_their_own(two, boss, nora):
    scope = Scope(Reach.BRANDS, staff.ids(two.near_brand, two.far_brand))
    staff.narrowed(boss, scope)
    staff.narrowed(nora, two.scope(Reach.BRANDS))
    page = browsers.browser_of(nora).get(f"/administrators/{boss.id}/").content.decode()
    assert two.near_brand.name in page
    assert two.far_brand.name not in page
    assert 'name="scope_brands"' not in page
    own = browsers.browser_of(nora).get(f"/administrators/{nora.id}/").content.decode()
    assert "Ask a colleague." in own


def test_a_customers_people_have_no_such_field(two):
    page = browsers.browser_of(two.near_person).get("/administrators/add/").content.decode()
    assert 'name="scope"' not in page
    assert Customer.objects.count() > 2
