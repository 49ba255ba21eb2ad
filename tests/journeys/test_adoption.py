"""Adoption: the customer's own, and that of all customers for the provider's people. Each number leads to its rows."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts import staff_scope
from doorward.accounts.models import Administrator, Standing
from doorward.audit.events import ADOPTION_EXPORTED, PEOPLE_EXPORTED
from doorward.customers.models import Customer
from doorward.directory import adoption_sums
from doorward.directory.models import SHOWN
from doorward.permissions.staff_scope import Reach, of
from tests.kit import browsers, people

pytestmark = pytest.mark.django_db

OWN, ALL = "/account/adoption/", "/customers/adoption/"


def stand(person, standing):
    rows = Administrator.objects.of(person.customer_id).filter(id=person.id)
    rows.update(standing=standing, last_signed_in_at=timezone.now())


def fold():
    adoption_sums.note_all(now=timezone.now())
    adoption_sums.fold(now=timezone.now())


@pytest.fixture
def crowd(owner, colleague, outsider):
    stands = (Standing.APP, Standing.APP_BACKED, Standing.PASSKEY_BACKED, Standing.LOCKED)
    for number, standing in enumerate(stands):
        one = people.make_administrator(
            owner.customer, email=f"p{number}@x.example", name=f"P{number} X"
        )
        stand(one, standing)
    fold()
    return owner


@pytest.fixture
def nora(customer):
    tabs = people.ALL_TABS | {"customers"}
    return people.make_administrator(people.provider(), email="nora@p.example", tabs=tabs)


def table_of(person, path):
    answer: Any = browsers.browser_of(person).get(path)
    return b"".join(answer.streaming_content)


def bars(page):
    """Return the numbers of all bars by where they lead."""
    found = re.findall(
        r'<th scope="row">\s*<a href="([^"]+)">.*?</th>\s*<td class="num">([\d,]+)</td>',
        page.content.decode(),
        re.DOTALL,
    )
    return {
        address.replace("&amp;", "&"): int(number.replace(",", "")) for address, number in found
    }


def test_every_number_leads_to_exactly_these_people(crowd):
    browser = browsers.browser_of(crowd)
    browser.get("/")
    numbers = bars(browser.get(OWN))
    assert set(numbers.values()) >= {1, 2, 3}
    for address, number in numbers.items():
        shown = browser.get(address).content.decode()
        counted = re.search(r"data-count>([^<]*)<", shown)
        assert counted
        assert counted.group(1).endswith(f" {number}") or (number, counted.group(1)) == (
            0,
            "Nobody found",
        )


def test_only_who_looks_after_people_sees_them_in_numbers(crowd, colleague, outsider):
    assert browsers.browser_of(colleague).get(OWN).status_code == 403
    assert Client().get(OWN)["Location"].startswith("/sign-in/")
    assert "0 of 1" in " ".join(
        re.sub(r"<[^>]*>", "", browsers.browser_of(outsider).get(OWN).content.decode()).split()
    )


@pytest.mark.parametrize("path", [ALL, "/customers/adoption.csv"])
def test_only_the_provider_sees_all_customers(crowd, nora, path):
    assert browsers.browser_of(nora).get(path).status_code == 200
    assert browsers.browser_of(crowd).get(path).status_code == 403


def test_customers_with_most_to_do_stand_first_and_each_number_sums_up(crowd, outsider, nora):
    fold()
    browser = browsers.browser_of(nora)
    page = browser.get(ALL)
    numbers = bars(page)
    assert list(numbers)[-3:-1] or numbers
    of_customers = {address: n for address, n in numbers.items() if address.count("-") == 4}
    assert list(of_customers.values()) == sorted(of_customers.values(), reverse=True)
    assert sum(of_customers.values()) == numbers[ALL]
    for show in SHOWN[1:]:
        total = numbers[f"{ALL}?show={show}"]
        shown = bars(browser.get(f"{ALL}?show={show}"))
        assert sum(n for address, n in shown.items() if address.count("-") == 4) == total


def test_what_is_none_of_ours_in_the_address_is_as_if_it_were_not_there(nora):
    browser = browsers.browser_of(nora)
    for query in (
        "?show=password",
        "?page=2",
        "?after=x",
        "?after=1.x",
        "?before=-1.0",
        f"?after={9**20}.{nora.id}",
    ):
        assert browser.get(ALL + query).status_code == 200


def test_the_page_of_all_counts_nobody(crowd, nora, django_assert_max_num_queries):
    browser = browsers.browser_of(nora)
    browser.get(ALL)
    with django_assert_max_num_queries(6):
        browser.get(ALL)


def test_taking_it_along_wants_to_know_who_asks_and_is_an_event(crowd, nora):
    table = table_of(crowd, "/account/adoption.csv")
    lines = table.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + 6
    assert lines[0] == "Name,E-mail,Status,Required,Second factor,Last sign-in"
    assert people.events(PEOPLE_EXPORTED)[0].actor_id == crowd.id
    table = table_of(nora, "/customers/adoption.csv")
    lines = table.decode("utf-8-sig").splitlines()
    assert len(lines) == 1 + Customer.objects.count()
    assert people.events(ADOPTION_EXPORTED)[0].actor_id == nora.id
    for person, path in ((crowd, "/account/adoption.csv"), (nora, "/customers/adoption.csv")):
        browser = browsers.browser_of(person)
        browsers.age_proofs(person)
        assert browser.get(path)["Location"].startswith("/prove/")


def test_a_table_goes_on_past_its_first_page(crowd, monkeypatch):
    from doorward.directory import people as directory_people  # noqa: PLC0415

    monkeypatch.setattr(directory_people, "_ROWS_AT_ONCE", 2)
    table = table_of(crowd, "/account/adoption.csv")
    assert len(table.decode().splitlines()) == 1 + 6


def test_the_customers_tab_alone_opens_it(crowd, nora):
    rows = Administrator.objects.of(nora.customer_id).filter(id=nora.id)
    rows.update(tabs=" home ")
    assert browsers.browser_of(nora).get(ALL).status_code == 403


def own_numbers(browser):
    page = browser.get(ALL).content.decode()
    return re.findall(r'<a href="(/administrators/[^"]*)">(\d+)</a>', page)


def test_of_the_own_company_each_number_leads_to_exactly_these_people(nora):
    us = people.provider()
    with_passkey = people.make_administrator(us, email="p@p.example")
    stand(with_passkey, Standing.PASSKEY_BACKED)
    person = people.make_administrator(us, email="a@p.example", tabs={"customers"})
    stand(person, Standing.APP)
    people.make_administrator(us, email="left@p.example", status="suspended")
    people.invite(us, email="new@p.example")
    browser, other = browsers.browser_of(nora), browsers.browser_of(person)
    browser.get("/")
    fold()
    assert own_numbers(other) == [], "who does not look after people opens no list of them"
    seen = own_numbers(browser)
    assert len(seen) == len(SHOWN) + 1
    for address, number in seen:
        counted = re.search(r"data-count>([^<]*)<", browser.get(address).content.decode())
        assert counted
        assert counted.group(1).endswith(f" {number}") or number == "0", address


def test_who_sees_some_customers_is_not_told_of_all(nora):
    assert "at all customers" in browsers.browser_of(nora).get(ALL).content.decode()
    scope = staff_scope.columns(of(Reach.BRANDS, [people.provider().brand_id]))
    Administrator.objects.of(nora.customer_id).filter(id=nora.id).update(**scope)
    page = browsers.browser_of(nora).get(ALL).content.decode()
    assert "at the customers that you see" in page
    assert "at all customers" not in page
