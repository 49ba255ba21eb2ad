"""The title of a page below somebody or something says whose it is, so that the browser's tabs and its history do."""

from __future__ import annotations

import re
from html import unescape

import pytest

from doorward.customers.tabs import BUILT_IN, OF_STAFF
from tests.kit import applications, codes, people, staff
from tests.kit.browsers import browser_of


def title_of(answer):
    assert answer.status_code == 200
    (title,) = re.findall(r"<title>(.*?)</title>", answer.content.decode(), re.DOTALL)
    return unescape(title)


@pytest.fixture
def provider_browser(db):
    nora = people.make_administrator(
        people.provider(),
        email="nora@northline.example",
        name="Nora Whit",
        tabs={*BUILT_IN, *OF_STAFF},
    )
    codes.enable_app(nora)
    return browser_of(nora)


@pytest.mark.parametrize("below", ["", "history/", "manage/", "help/", "caller-check/", "minimum/"])
def test_of_a_customer(provider_browser, owner, below):
    path = f"/customers/{owner.customer_id}/{below}"
    assert "Harbour Bakery" in title_of(provider_browser.get(path))


@pytest.mark.parametrize("below", ["", "application/", "site/"])
def test_of_a_tab(provider_browser, below):
    tab = applications.make_tab("switchboard")
    assert "Switchboard" in title_of(provider_browser.get(f"/tabs/{tab.id}/{below}"))


@pytest.mark.parametrize("below", ["", "logo/"])
def test_of_a_brand(provider_browser, below):
    brand = staff.brand("Nearby Telecom")
    assert "Nearby Telecom" in title_of(provider_browser.get(f"/brands/{brand.id}/{below}"))


@pytest.mark.parametrize("below", ["", "history/", "help/"])
def test_of_a_colleague(owner, colleague, below):
    for person in (owner, colleague):
        codes.enable_app(person)
    path = f"/administrators/{colleague.id}/{below}"
    assert colleague.full_name in title_of(browser_of(owner).get(path))
