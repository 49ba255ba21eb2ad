"""An exception is used for more: to get by without one's device, for oneself, from a stale page, for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from doorward.accounts.models import PolicyException
from tests.kit import browsers, codes, people, policies

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(owner, colleague):
    codes.enable_app(owner)
    policies.require(owner.customer_id)
    return colleague


def address(person):
    return f"/administrators/{person.id}/exception/"


def form(days=3, **fields):
    day = (timezone.now() + timedelta(days=days)).date().isoformat()
    return {"reason": "A new phone is on its way", "until": day} | fields


def leads_to(browser):
    return browser.get("/profile/").headers.get("Location", "through")


def test_who_has_a_device_is_asked_for_it_all_the_same(owner, asked):
    codes.enable_app(asked)
    assert browsers.browser_of(owner).post(address(asked), form()).status_code == 303
    assert leads_to(browsers.browser_signed_in_by_service(asked)) == "/sign-in/code/"


def test_who_has_none_gets_through_until_it_ends_in_a_session_that_is_open_too(owner, asked, clock):
    mine = browsers.browser_of(owner)
    assert mine.post(address(asked), form()).status_code == 303
    browser = browsers.browser_of(asked)
    assert leads_to(browser) == "through"
    page = mine.get("/account/").content.decode()
    assert "A new phone is on its way" in page
    assert str(asked.id) in page
    answer = mine.post(f"{address(asked)}end/", {"back": "account"})
    assert (answer.status_code, answer["Location"]) == (303, "/account/")
    assert leads_to(browser).startswith("/sign-in/")


def test_nobody_makes_one_for_themselves(owner, asked):
    answer = browsers.browser_of(owner).post(address(owner), form())
    assert answer.status_code == 422
    # Said, and said once.
    assert answer.content.decode().count('role="alert"') == 1
    assert "note warn" not in answer.content.decode()
    assert not PolicyException.objects.exists()


def test_a_form_of_the_person_without_the_tick_makes_none(owner, asked):
    fields = {
        "email": asked.email,
        "first_name": asked.first_name,
        "last_name": asked.last_name,
        "phone": "",
        "tabs": ["home"],
        "status": "active",
    }
    assert (
        browsers.browser_of(owner).post(f"/administrators/{asked.id}/", fields).status_code == 303
    )
    assert not PolicyException.objects.exists()
    assert leads_to(browsers.browser_of(asked)).startswith("/sign-in/")


def test_who_has_no_right_to_it_is_refused_and_an_outsider_finds_nobody(owner, asked, outsider):
    person = people.make_administrator(owner.customer, email="tomasz@harbourbakery.example")
    codes.enable_app(person)
    policies.require(outsider.customer_id)
    codes.enable_app(outsider)
    for path in (address(asked), f"{address(asked)}end/"):
        assert browsers.browser_of(person).post(path, form()).status_code == 403
        assert browsers.browser_of(outsider).post(path, form()).status_code == 404
    assert browsers.browser_of(outsider).get(address(asked)).status_code == 404
    assert not PolicyException.objects.exists()


@pytest.mark.parametrize("fields", [{}, {"reason": "x"}, {"until": "2026-01-01"}])
def test_a_form_with_a_field_missing_is_none_of_ours(owner, asked, fields):
    assert browsers.browser_of(owner).post(address(asked), fields).status_code == 422


def test_it_is_not_made_longer_in_small_steps_without_being_said_so(owner, asked):
    mine = browsers.browser_of(owner)
    for days in (30, 30):
        assert mine.post(address(asked), form(days=days)).status_code == 303
    assert mine.post(address(asked), form(days=31)).status_code == 422
    assert 'id="repeated"' in mine.get(address(asked)).content.decode()
