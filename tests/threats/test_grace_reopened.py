"""A time of grace runs once: nothing that a customer's administrators do opens it again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.kit import browsers, codes
from tests.threats.changes import POLICY

pytestmark = pytest.mark.django_db


@pytest.fixture
def save(owner):
    """Save the policy as somebody with a factor, so that it does not stop them; return the status."""
    codes.enable_app(owner)

    def save(*, required: bool = True, days: int = 7) -> int:
        fields = POLICY | {"grace_days": str(days)}
        if not required:
            del fields["require_2fa"]
        answer = browsers.browser_of(owner).post("/account/", fields)
        assert answer.headers.get("Location", "/account/") == "/account/"
        return answer.status_code

    return save


def leads_to(person) -> str:
    """Return where somebody without a factor is led after their password."""
    browser = browsers.browser_of(person)
    return browser.get("/profile/").headers.get("Location", "through")


OFFERED, FORCED = "/sign-in/set-up/", "/sign-in/mailbox/"


def test_off_and_on_again_does_not_begin_it_anew(save, colleague, clock):
    assert save() == 303
    clock.shift(timedelta(days=6))
    assert save(required=False) == 303
    assert leads_to(colleague) == "through"
    assert save() == 303
    assert leads_to(colleague) == OFFERED
    clock.shift(timedelta(days=1))
    assert leads_to(colleague) == FORCED
    assert save(required=False) == 303
    assert save() == 303
    assert leads_to(colleague) == FORCED


def test_nor_do_more_days_once_it_is_over(save, colleague, clock):
    assert save(days=7) == 303
    clock.shift(timedelta(days=7))
    assert save(days=8) == 422
    assert save(days=90) == 422
    assert save(required=False, days=90) == 422
    assert save(required=False) == 303
    assert save(required=False, days=90) == 422
    assert save() == 303
    assert leads_to(colleague) == FORCED


def test_nor_fewer_and_then_more(save, colleague, clock):
    assert save(days=30) == 303
    clock.shift(timedelta(days=2))
    assert save(days=1) == 303
    assert leads_to(colleague) == FORCED
    assert save(days=30) == 422
    assert leads_to(colleague) == FORCED


def test_while_it_runs_it_may_be_longer_counted_from_its_beginning(save, colleague, clock):
    assert save(days=7) == 303
    clock.shift(timedelta(days=6))
    assert save(days=9) == 303
    clock.shift(timedelta(days=2, hours=23))
    assert leads_to(colleague) == OFFERED
    clock.shift(timedelta(hours=1))
    assert leads_to(colleague) == FORCED


def test_nor_a_tick_that_comes_and_goes(save, owner, colleague, clock):
    assert save(days=1) == 303
    clock.shift(timedelta(days=1))
    browser = browsers.browser_of(owner)
    fields = {
        "email": colleague.email,
        "first_name": "Sam",
        "last_name": "Okafor",
        "phone": "",
        "tabs": "home",
        "status": "active",
    }
    page = f"/administrators/{colleague.id}/"
    assert browser.post(page, fields | {"require_2fa": "on"})["Location"] == page
    assert browser.post(page, fields)["Location"] == page
    assert leads_to(colleague) == FORCED
