"""A customer's life at the provider: moved, suspended, closed, deleted for good; and what staff note down."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.audit.actor import CONSOLE
from doorward.customers import notes
from doorward.customers import services as customers
from doorward.customers.exports import record_customer_export
from doorward.customers.models import Brand, Customer
from doorward.customers.tabs import BUILT_IN, STAFF
from tests.kit import browsers, closing, passkeys, people

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Administrator:
    return people.make_administrator(
        people.provider(),
        email="nora@provider.example",
        name="Nora Whitfield",
        tabs=BUILT_IN + STAFF,
    )


@pytest.fixture
def browser(staff: Administrator) -> Client:
    return browsers.browser_of(staff)


def form(customer: Customer, **changes: str) -> dict[str, str]:
    found = customers.get(customer.id)
    as_it_is = {"name": found.name, "brand": str(found.brand_id), "status": found.status}
    return as_it_is | changes


def post(browser: Client, path: str, fields: dict[str, str]) -> tuple[int, str]:
    answer: Any = browser.post(path, fields)
    return answer.status_code, answer.content.decode()


def test_what_breaks_is_said_before_a_customer_is_moved(
    browser: Client, customer: Customer, owner: Administrator
) -> None:
    passkeys.add(owner)
    people.invite(customer)
    browsers.browser_signed_in_by_service(owner)
    other = Brand.objects.create(name="Brightwave", issuer="B", hosts=["b.example"])
    people.forget_caches()
    wanted, path = form(customer, brand=str(other.id)), f"/customers/{customer.id}/"
    status, page = post(browser, path, wanted)
    assert status == 422
    assert "Move Harbour Bakery to another brand?" in page
    assert "1 person has passkeys that were made at the old address." in page
    assert "1 of them has no other device" in page
    assert "1 session ends." in page
    assert "1 link in a mail leads to the old address" in page
    assert "no longer trusted" not in page
    assert customers.get(customer.id).brand_id == customer.brand_id


def test_closing_wants_the_name_and_says_what_comes_of_it(
    browser: Client, customer: Customer
) -> None:
    path = f"/customers/{customer.id}/"
    wanted = form(customer, status="closed")
    status, page = post(browser, path, wanted)
    assert (status, "Close Harbour Bakery?" in page, 'name="typed"' in page) == (422, True, True)
    status, page = post(browser, path, wanted | {"confirm": "on", "typed": "Harbour"})
    assert (status, 'id="typed-error"' in page, "Close Harbour Bakery?" in page) == (
        422,
        True,
        True,
    )
    assert post(browser, path, wanted | {"confirm": "on", "typed": "harbour bakery"})[0] == 303
    page = browser.get(path).content.decode()
    assert "30 days after that it can be deleted for good." in page
    assert "It was not exported since then." in page


def test_it_is_deleted_for_good_after_an_export_and_taken_back(
    browser: Client, customer: Customer
) -> None:
    path = f"/customers/{customer.id}/"
    assert "Only a closed customer can be deleted" in browser.get(f"{path}delete/").content.decode()
    assert post(browser, f"{path}delete/", {"typed": customer.name})[0] == 422
    closing.close(customer)
    status, page = post(browser, f"{path}delete/", {"typed": customer.name})
    assert (status, "Export everything that this customer owns first." in page) == (422, True)
    assert "doorward export customer &#39;Harbour Bakery&#39;" in page
    assert "30 days after it was closed" in page
    record_customer_export(customer.id, actor=CONSOLE, now=timezone.now())
    page = browser.get(f"{path}delete/").content.decode()
    assert "Everything that it owns was exported on" in page
    assert "doorward export" not in page
    assert "30 days after it was closed" in page
    status, page = post(browser, f"{path}delete/", {"typed": "no"})
    assert (status, 'id="typed-error"' in page) == (422, True)
    assert post(browser, f"{path}delete/", {"typed": customer.name})[0] == 303
    page = browser.get(path).content.decode()
    assert "It is deleted for good after" in page
    assert "Do not delete it" in page
    assert "This was asked for already." in browser.get(f"{path}delete/").content.decode()
    assert post(browser, f"{path}undelete/", {})[0] == 303
    assert customers.get(customer.id).delete_at is None
    assert "Nobody has asked" in (browser.post(f"{path}undelete/", follow=True)).content.decode()
    # The provider's history says whose it was; the account's own page of history shows both, too.
    assert "Harbour Bakery" in browser.get("/activity/").content.decode()
    page = browser.get(f"{path}history/").content.decode()
    assert "asked for the customer to be deleted for good." in page


def test_a_note_is_seen_by_staff_and_by_nobody_else(
    browser: Client, customer: Customer, owner: Administrator
) -> None:
    path = f"/customers/{customer.id}/"
    assert post(browser, f"{path}notes/", {"text": "  "})[0] == 422
    assert post(browser, f"{path}notes/", {"text": "Call <b>Quillfeather</b> first."})[0] == 303
    notes.add(customer.id, "By the operator.", actor=CONSOLE, now=timezone.now())
    page = browser.get(path).content.decode()
    assert "Call &lt;b&gt;Quillfeather&lt;/b&gt; first." in page
    assert "Nora Whitfield" in page
    assert page.count("Remove</button>") == 1
    own = browsers.browser_of(owner)
    seen = "".join(
        own.get(address).getvalue().decode()
        for address in ("/", "/account/", "/administrators/", "/activity/", "/activity/export.csv")
    )
    assert "Quillfeather" not in seen
    note = next(one for one in notes.newest(customer.id) if one.author)
    assert post(browser, f"{path}notes/{note.id}/remove/", {})[0] == 303
    again = browser.post(f"{path}notes/{note.id}/remove/", follow=True)
    assert again.redirect_chain == [(f"{path}#notes", 303)]
    assert "already removed" in again.content.decode()


def test_the_list_has_how_many_there_are_of_each_status_and_brand(
    browser: Client, customer: Customer
) -> None:
    lit = Brand.objects.create(name="Lit", issuer="Lit")
    for name, columns in (
        ("Alder", {"status": "suspended", "since": "2020-01-01"}),
        ("Birch", {"status": "suspended", "brand": lit}),
        ("Cedar", {"brand": lit, "since": "2021-01-01"}),
    ):
        people.make_customer(name, **columns)
    people.forget_caches()
    links = narrowed(browser, "/customers/")
    # The provider is one of them.
    assert links["All"] == ("5", "/customers/")
    assert links["Active"] == ("3", "/customers/?status=active")
    assert links["Suspended"] == ("2", "/customers/?status=suspended")
    assert links["Closed"][0] == "0"
    assert links["Lit"] == ("2", f"/customers/?brand={lit.id}")
    assert links["All brands"][0] == "5"
    # Each number is of what else is asked for, and leads to just these rows.
    links = narrowed(browser, f"/customers/?brand={lit.id}&sort=oldest")
    assert (links["All"][0], links["Suspended"][0], links["Lit"][0]) == ("2", "1", "2")
    assert links["Suspended"][1] == f"/customers/?status=suspended&brand={lit.id}&sort=oldest"
    page = browser.get(links["Suspended"][1]).content.decode()
    assert ("Birch" in page, "Alder" in page, "Cedar" in page) == (True, False, False)
    links = narrowed(browser, "/customers/?q=alder")
    assert (links["All"][0], links["Active"][0], "Lit" in links) == ("1", "0", False)
    page = browser.get("/customers/?sort=oldest").content.decode()
    assert page.index("Alder") < page.index("Cedar") < page.index("Birch")
    for odd in ("?brand=x", f"?brand={customer.id}", "?sort=x", "?brand=%00"):
        assert browser.get(f"/customers/{odd}").status_code == 200


def narrowed(browser: Client, path: str) -> dict[str, tuple[str, str]]:
    """Return the links that narrow the list: number and address, by text."""
    page = browser.get(path).content.decode()
    found = re.findall(
        r'<a class="button slim"\s+href="([^"]*)"[^>]*><bdi>([^<]*)</bdi> <span[^>]*>([^<]*)</span>',
        page,
    )
    return {text: (number, html.unescape(href)) for href, text, number in found}


def test_who_sees_one_brand_counts_that_one_alone(staff: Administrator, customer: Customer) -> None:
    lit = Brand.objects.create(name="Lit", issuer="Lit")
    people.make_customer("Cedar", brand=lit)
    people.forget_caches()
    own = Administrator.objects.of(staff.customer_id).filter(id=staff.id)
    own.update(scope="brands", scope_ids=lit.id.hex)
    browser = browsers.browser_of(people.again(staff))
    links = narrowed(browser, "/customers/")
    assert (links["All"][0], links["Active"][0]) == ("1", "1")
    page = browser.get(f"/customers/?brand={customer.brand_id}").content.decode()
    assert "Harbour" not in page
    assert customer.brand.name not in page.partition('id="results"')[2].partition("</main>")[0]
