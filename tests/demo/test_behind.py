"""What the demonstration has behind its tabs: no tab of it leads to an address where nothing answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import resolve

from doorward.customers import cached
from doorward.customers.models import Tab
from doorward.demo.data.companies import TABS
from tests.kit import people
from tests.kit.browsers import browser_of, sign_in
from tests.kit.codes import enable_app

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db


@pytest.fixture
def tabs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DOORWARD", settings.DOORWARD.model_copy(update={"demo": True}))
    Tab.objects.bulk_create(Tab(**tab) for tab in TABS)
    cached.forget()


@pytest.fixture
def person(tabs: None, owner: Administrator) -> Administrator:
    return people.make_administrator(
        owner.customer, email="p@x.example", tabs=("home", "billing", "phone-system", "first-steps")
    )


def shown(browser: Any, key: str) -> Any:
    return browser.get(f"/demo/behind/{key}/")


def test_every_tab_leads_to_a_page_of_the_portal_and_has_german_words() -> None:
    for tab in TABS:
        assert resolve(str(tab["url"])).route, tab["key"]
        german: Any = tab["in_languages"]
        assert german["de"]["title"] not in {"", tab["title"]}
        assert german["de"]["description"]


def test_it_says_what_would_be_told(person: Administrator) -> None:
    enable_app(person)
    browser = sign_in(Client(), person)
    page = shown(browser, "billing").content.decode()
    for said in (person.email, person.full_name, person.customer.name, "two factors"):
        assert said in page
    link = shown(browser, "phone-system").content.decode()
    assert "is told nothing of you" in link
    assert person.email not in link.partition("<main")[2]


def test_who_has_no_right_to_the_tab_sees_nothing_of_it(person: Administrator) -> None:
    browser = browser_of(person)
    assert shown(browser, "reports").status_code == 404
    assert shown(browser, "nothing").status_code == 404
    assert shown(Client(), "billing")["Location"].startswith("/sign-in/")


def test_only_the_demonstration_has_it(
    person: Administrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = browser_of(person)
    assert shown(browser, "billing").status_code == 200
    monkeypatch.setattr(settings, "DOORWARD", settings.DOORWARD.model_copy(update={"demo": False}))
    assert shown(browser, "billing").status_code == 404
