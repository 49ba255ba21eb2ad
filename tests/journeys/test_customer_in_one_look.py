"""A customer's page at the provider says in one look how far it is, who looks after it and what happened lately."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.accounts.models import Status
from doorward.customers import services as customers
from doorward.customers.models import CustomerStatus
from doorward.customers.services import CustomerChange
from doorward.customers.tabs import ADMINISTRATORS, BUILT_IN, STAFF
from doorward.policy.loading import policies_of
from doorward.web.provider import account_history, who_looks_after
from tests.kit import browsers, codes, passkeys, people

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.test import Client

    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db


def of_staff(tabs: Iterable[str] = BUILT_IN + STAFF) -> Administrator:
    return people.make_administrator(
        people.provider(), email="nora@provider.example", name="Nora Whitfield", tabs=tuple(tabs)
    )


def part(browser: Client, customer_id: object, id_: str) -> str:
    """Return the part of a customer's page that has an id."""
    page = browser.get(f"/customers/{customer_id}/").content.decode()
    found = re.search(rf'<section class="card" id="{id_}".*?</section>', page, re.DOTALL)
    assert found, page
    return found[0]


def numbers(adoption: str) -> list[int]:
    return [int(one) for one in re.findall(r'<td class="num">(\d+)</td>', adoption)]


def test_how_many_are_covered_is_drawn_and_leads_nowhere_where_people_are_not_looked_at(
    owner, colleague
):
    third = people.make_administrator(owner.customer, email="third@x.example")
    people.make_administrator(owner.customer, email="gone@x.example", status=Status.REMOVED)
    codes.enable_app(owner)
    passkeys.add(owner)
    codes.enable_app(colleague)
    codes.enable_app(third)
    people.disable_apps(third)
    adoption = part(browsers.browser_of(of_staff()), owner.customer_id, "adoption")
    title = re.search(r"<h2.*?>(.*?)</h2>", adoption, re.DOTALL)
    assert title
    assert title[1].split() == ["2", "of", "3", "people", "with", "two", "factors"]
    # A passkey, an app, nothing that works.
    assert numbers(adoption) == [1, 1, 1]
    assert re.findall('href="(.*?)"', adoption) == ["/customers/adoption/"]


@pytest.mark.parametrize("looks_at_people", [True, False])
def test_the_providers_own_people_are_a_click_away_for_who_may_look_at_them(looks_at_people):
    me = of_staff(BUILT_IN + STAFF if looks_at_people else STAFF)
    browser = browsers.browser_of(me)
    adoption = part(browser, me.customer_id, "adoption")
    links = re.findall('href="(/administrators/.*?)"', adoption)
    if not looks_at_people:
        assert links == []
        return
    rows = [
        browser.get(link).content.decode().count('data-label="Two-factor sign-in"')
        for link in links
    ]
    assert len(links) == 3
    assert rows == numbers(adoption) == [0, 0, 1]


def test_of_nobody_nothing_is_drawn_as_covered(db):
    empty = people.make_customer("Empty")
    adoption = part(browsers.browser_of(of_staff()), empty.id, "adoption")
    assert numbers(adoption) == [0, 0, 0]
    assert re.findall('class="full" width="(.*?)"', adoption) == ["0"] * 3


def keepers_of(owner: Administrator) -> dict[str, list[str]]:
    customer, now = customers.get(owner.customer_id), timezone.now()
    found = who_looks_after.keepers(customer, policies_of(customer), now=now)
    return {one.email: [tag.text for tag in one.factors] for one in found}


def test_who_looks_after_a_customer_is_told_with_the_kind_of_their_factors(owner):
    make = people.make_administrator
    both = make(owner.customer, email="both@x.example", tabs=[ADMINISTRATORS], require_2fa=True)
    lost = make(owner.customer, email="lost@x.example", tabs=[ADMINISTRATORS])
    asked = make(owner.customer, email="asked@x.example", tabs=[ADMINISTRATORS], require_2fa=True)
    make(owner.customer, email="else@x.example", tabs=["home"])
    codes.enable_app(both)
    passkeys.add(both)
    codes.enable_app(lost)
    people.disable_apps(lost)
    assert keepers_of(owner) == {
        owner.email: ["Off"],
        both.email: ["On · app, passkey", "Required"],
        lost.email: ["Device disabled"],
        asked.email: ["Required, not set up"],
    }


def test_a_device_that_is_suspended_is_no_kind_that_somebody_has(owner):
    codes.enable_app(owner)
    passkeys.add(owner)
    people.disable_apps(owner, name="Pixel 9")
    assert keepers_of(owner)[owner.email] == ["On · passkey"]


def test_more_people_than_are_shown_are_said_to_be_there(owner):
    browser = browsers.browser_of(of_staff())
    said = "More people have this tab, too."
    for number in range(who_looks_after.SHOWN):
        page = browser.get(f"/customers/{owner.customer_id}/").content.decode()
        assert said not in page, number
        email = f"k{number}@x.example"
        people.make_administrator(owner.customer, email=email, tabs=[ADMINISTRATORS])
    page = browser.get(f"/customers/{owner.customer_id}/").content.decode()
    assert said in page
    assert page.count('class="person"') == who_looks_after.SHOWN


def test_the_last_five_events_of_the_account_are_those_with_which_its_history_begins(owner):
    staff = of_staff()
    browser, actor = browsers.browser_of(staff), browsers.acting_in_a_session(staff)
    path = f"/customers/{owner.customer_id}/"
    brand = owner.customer.brand_id
    for number in range(account_history.LATEST + 1):
        wanted = CustomerChange(
            name=f"Harbour {number}", brand_id=brand, status=CustomerStatus.ACTIVE
        )
        customers.change(owner.customer_id, wanted, actor=actor, now=timezone.now())
    # What its people do is theirs to see.
    invited = people.invite(owner.customer)
    lately = part(browser, owner.customer_id, "lately")
    whole = browser.get(f"{path}history/").content.decode()
    lines = re.findall(r"<li><span class=\"dot.*?</li>", lately, re.DOTALL)
    first = re.findall(r"<li><span class=\"dot.*?</li>", whole, re.DOTALL)
    assert len(lines) == account_history.LATEST
    assert texts(lines) == texts(first)[: account_history.LATEST]
    assert "Harbour 5" in lines[0]
    assert f'href="{path}history/"' in lately
    assert invited.full_name not in lately


def texts(lines: list[str]) -> list[str]:
    return [" ".join(re.sub("<.*?>", " ", one).split()) for one in lines]
