"""The right to one of the provider's tabs is no way to all of them."""

from __future__ import annotations

import pytest

from doorward.accounts.models import Administrator
from doorward.customers.tabs import ADMINISTRATORS, CUSTOMERS
from tests.kit import browsers, people

pytestmark = pytest.mark.django_db

FIELDS = {"email": "me.too@provider.example", "first_name": "Me", "last_name": "Too"}


def staff(tabs):
    return people.make_administrator(
        people.provider(), email="theo@provider.example", name="Theo Baum", tabs=tabs
    )


def test_the_customers_tab_makes_no_colleague_with_every_right(customer):
    theo = staff({"home", CUSTOMERS})
    browser = browsers.browser_of(theo)
    answer = browser.post(f"/customers/{theo.customer_id}/invite/", FIELDS)
    assert answer.status_code == 403
    assert not Administrator.objects.everywhere().filter(email=FIELDS["email"]).exists()
    assert browser.post(f"/customers/{customer.id}/invite/", FIELDS).status_code == 303


def test_with_the_administrators_tab_it_is_allowed():
    theo = staff({"home", CUSTOMERS, ADMINISTRATORS})
    answer = browsers.browser_of(theo).post(f"/customers/{theo.customer_id}/invite/", FIELDS)
    assert answer.status_code == 303
