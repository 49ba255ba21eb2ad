"""The box that finds everything: what somebody may open, all of it, and nothing else."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from doorward.accounts.models import Status
from doorward.customers.models import Brand
from doorward.customers.tabs import BUILT_IN, STAFF
from doorward.directory import people as directory_people
from doorward.permissions.staff_scope import Reach, of
from doorward.web.jump.places import PLACES
from doorward.web.jump.search import MOST
from tests.kit import browsers, codes, people

pytestmark = pytest.mark.django_db


def found(person, q=""):
    """Return the addresses that somebody is led to, with their words."""
    page = browsers.browser_of(person).get("/jump/", {"q": q}).content.decode()
    part = page[page.index('id="jumps"') :].split("</section>\n      </div>")[0]
    part = part.split('class="ends"')[0]
    return dict(re.findall(r'<a href="([^"]+)"[^>]*>.*?<bdi>(.*?)</bdi>', part))


@pytest.mark.parametrize("tabs", [(), ("home",), ("activity", "support"), BUILT_IN])
@pytest.mark.parametrize("staff", [False, True], ids=["customer", "provider"])
def test_a_place_is_shown_exactly_to_who_may_open_it(customer, tabs, staff):
    where = people.provider() if staff else customer
    rights = {*tabs, *(STAFF if staff and len(tabs) != 1 else ())}
    person = people.make_administrator(where, email="who@harbourbakery.example", tabs=rights)
    codes.enable_app(person)
    browser = browsers.browser_of(person)
    opens = set()
    for place in PLACES:
        answer = browser.get(place.url)
        assert answer.status_code in {200, 303, 403}, place.route
        if answer.status_code == 200 or answer.headers.get("Location", "").startswith("/prove/"):
            opens.add(place.url)
    assert {url for url in found(person) if url.startswith("/")} == opens


def test_pages_are_found_by_the_beginning_of_their_words_and_by_other_names(owner):
    assert found(owner, "adm").keys() >= {"/administrators/", "/administrators/add/"}
    assert reverse("profile") in found(owner, "time zone")
    assert "/administrators/add/" in found(owner, "ADD administrator")
    assert not found(owner, "administrator nothing-of-the-kind")


def test_colleagues_are_found_by_who_looks_after_them_alone(owner, colleague, outsider):
    address = f"/administrators/{colleague.id}/"
    assert found(owner, "osei samuel")[address] == "Samuel Osei"
    assert address in found(owner, "SAMUEL.OSEI@")
    assert address not in found(colleague, "samuel")
    assert address not in found(outsider, "samuel")


def test_who_was_removed_is_not_found(owner, colleague):
    colleague.status = Status.REMOVED
    colleague.save()
    assert not [url for url in found(owner, "samuel") if url.startswith("/administrators/")]


def test_of_many_the_list_has_the_rest(owner, customer):
    for number in range(MOST + 1):
        people.make_administrator(
            customer, email=f"b{number}@harbourbakery.example", name=f"Bea Busy{number}"
        )
    page = browsers.browser_of(owner).get("/jump/", {"q": "bea"}).content.decode()
    assert page.count("Bea Busy") == MOST
    assert 'href="/administrators/?q=bea"' in page


@pytest.mark.parametrize("right", ["customers", "brands"])
def test_customers_and_brands_are_found_by_staff_with_the_right(customer, right):
    staff = people.make_administrator(
        people.provider(), email="staff@provider.example", tabs={"home", right}
    )
    codes.enable_app(staff)
    brand = f"/brands/{customer.brand_id}/"
    assert (f"/customers/{customer.id}/" in found(staff, "harbour")) is (right == "customers")
    assert (brand in found(staff, customer.brand.name)) is (right == "brands")


@pytest.mark.parametrize("few", [0, 500], ids=["many", "few"])
def test_the_first_customers_of_all_brands_are_found_in_their_order(customer, few, monkeypatch):
    monkeypatch.setattr(directory_people, "FEW", few)
    brands = [Brand.objects.create(name=one, issuer=one) for one in "AB"]
    for number in range(MOST + 3):
        people.make_customer(f"Bakery {number}", brand=brands[number % 2])
    scope = of(Reach.BRANDS, [one.id for one in brands])
    person = people.make_administrator(
        people.provider(),
        email="who@provider.example",
        tabs=STAFF,
        scope=scope.reach.value,
        scope_ids=scope.text,
    )
    codes.enable_app(person)
    names = [name for url, name in found(person, "bakery").items() if url.startswith("/customers/")]
    assert [one for one in names if one.startswith("Bakery")] == [
        f"Bakery {n}" for n in range(MOST)
    ]


def test_the_right_key_in_a_customer_s_hands_finds_nothing(owner, customer, outsider):
    """A stored key of the provider's is no right at a customer."""
    owner.tabs = f"{owner.tabs} customers brands tabs"
    owner.save()
    assert not [url for url in found(owner, "cedar") if url.startswith(("/customers/", "/brands/"))]
    assert not [
        url for url in found(owner) if url.startswith(("/customers/", "/brands/", "/tabs/"))
    ]


@pytest.mark.parametrize("q", ["\0", "x" * 5000, "%", "'", "<script>", " ", "a\u202e", "_", "\\"])
def test_whatever_is_typed_is_answered(owner, q):
    answer = browsers.browser_of(owner).get("/jump/", {"q": q})
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode().replace("<script type", "")


def test_it_asks_few_questions(owner, colleague, django_assert_max_num_queries):
    browser = browsers.browser_of(owner)
    browser.get("/jump/")
    with django_assert_max_num_queries(3):
        browser.get("/jump/", {"q": "samuel"})


def test_a_stranger_signs_in_first(customer, client):
    assert client.get("/jump/").headers["Location"].startswith("/sign-in/")


def test_staff_find_customers_and_how_to_move_in_and_everybody_finds_exports(owner):
    nora = people.make_administrator(
        people.provider(), email="nora@provider.example", tabs={*BUILT_IN, *STAFF}
    )
    codes.enable_app(nora)
    assert reverse("imports") in found(nora, "import")
    assert reverse("imports") not in found(owner, "import")
    assert {reverse("account_evidence"), reverse("activity_export")} <= set(found(nora, "export"))
    hint = "a customer, or something"
    assert hint in browsers.browser_of(nora).get("/jump/").content.decode()
    assert hint not in browsers.browser_of(owner).get("/jump/").content.decode()
