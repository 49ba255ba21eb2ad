"""Whoever helps somebody sees the number on file as it is dialled."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from doorward.customers.tabs import BUILT_IN, STAFF
from tests.kit import browsers, codes, people

if TYPE_CHECKING:
    import time_machine

    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def lost(colleague: Administrator) -> None:
    colleague.phone = "+442079460910"
    colleague.save(update_fields=["phone"])
    codes.enable_app(colleague)


def test_a_colleague_sees_the_number_in_groups(
    owner: Administrator, colleague: Administrator
) -> None:
    codes.enable_app(owner)
    browser = browsers.browser_of_with_factor(owner)
    page = browser.get(f"/administrators/{colleague.id}/help/").content.decode()
    assert "Number on file: +44 20 7946 0910." in page


def test_support_sees_the_number_in_groups(
    colleague: Administrator, clock: time_machine.Traveller
) -> None:
    clock.shift(-timedelta(days=2))
    provider = people.provider()
    staff = people.make_administrator(provider, email="nora@p.example", tabs=BUILT_IN + STAFF)
    codes.enable_app(staff)
    clock.shift(timedelta(days=2))
    browser = browsers.browser_of_with_factor(staff)
    page = browser.get(f"/customers/{colleague.customer_id}/help/{colleague.id}/").content.decode()
    assert "Number on file: +44 20 7946 0910." in page
