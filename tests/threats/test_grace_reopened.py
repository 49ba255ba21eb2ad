"""A time of grace runs once: nothing that a customer's administrators do opens it again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from doorward.accounts.models import Administrator
from doorward.accounts.required_of import policy_of
from doorward.audit.actor import CONSOLE
from doorward.credentials.passkeys import other_host
from doorward.customers.models import Brand, CustomerStatus
from doorward.customers.services import CustomerChange
from doorward.policy import versions
from tests.accounts.changing import change
from tests.kit import browsers, codes, people, policies
from tests.threats.changes import POLICY

pytestmark = pytest.mark.django_db

# In the middle of a day: the days of a policy begin at midnight.
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HALF_A_DAY = timedelta(hours=12)


@pytest.fixture
def save(clock, owner):
    """Save the policy as somebody with a factor, so that it does not stop them; return the status.

    `day`: how many days after `NOON`'s it is required from; None: at once. `starts`: which day the version holds
    from; None: at once.
    """
    clock.move_to(NOON)
    codes.enable_app(owner)

    def save(
        *, required: bool = True, day: int | None = 7, starts: int | None = None, **more: str
    ) -> int:
        fields = POLICY | {"newcomer_days": "0", "from": date(day), "starts": date(starts)} | more
        mine = versions.policy_of_customer(owner.customer_id)
        fields["seen"] = str(mine.versions().count())
        if not required:
            fields["required_of"] = "ticked"
        answer = browsers.browser_of(owner).post("/account/", fields)
        assert answer.headers.get("Location", "/account/") == "/account/"
        return answer.status_code

    return save


def date(day: int | None) -> str:
    return "" if day is None else (NOON + timedelta(days=day)).date().isoformat()


def leads_to(person) -> str:
    """Return where somebody without a factor is led after their password."""
    browser = browsers.browser_of(person)
    return browser.get("/profile/").headers.get("Location", "through")


OFFERED, FORCED = "/sign-in/set-up/", "/sign-in/mailbox/"


def test_off_and_on_again_does_not_begin_it_anew(save, colleague, clock):
    assert save(day=7) == 303
    clock.shift(timedelta(days=6))
    assert save(required=False) == 303
    assert leads_to(colleague) == "through"
    assert save(day=7) == 303
    assert leads_to(colleague) == OFFERED
    clock.shift(HALF_A_DAY)
    assert leads_to(colleague) == FORCED
    assert save(required=False) == 303
    assert leads_to(colleague) == "through"
    assert save(day=7) == 303
    assert leads_to(colleague) == FORCED


def test_nor_does_a_later_day_once_it_is_over(save, colleague, clock):
    assert save(day=7) == 303
    clock.shift(timedelta(days=6) + HALF_A_DAY)
    assert save(day=8) == 422
    assert save(day=90) == 422
    assert leads_to(colleague) == FORCED
    clock.shift(timedelta(seconds=1))
    assert save(required=False) == 303
    # It may be said, and gives nothing: whose day had come is asked at once.
    assert save(day=90) == 303
    assert leads_to(colleague) == FORCED
    assert save(day=91) == 303
    assert leads_to(colleague) == FORCED


@pytest.mark.parametrize(
    "more",
    [{"newcomer_days": "90"}, {"waves": "on"}, {"required_of": "tabs", "tabs": "home"}],
    ids=["newcomer days", "waves", "tabs"],
)
def test_nor_does_anything_else_that_gives_time(save, colleague, clock, more):
    assert save(day=7) == 303
    clock.shift(timedelta(days=7))
    assert save(day=90, **more) == 422
    assert leads_to(colleague) == FORCED
    assert save(required=False) == 303
    assert save(day=90, **more) == 303
    assert leads_to(colleague) == FORCED


def test_nor_do_newcomer_days_that_come_after_it(save, colleague, clock):
    """Who was asked already is no newcomer, however many days newcomers are given."""
    assert save(day=7) == 303
    clock.shift(timedelta(days=7))
    type(colleague).objects.of(colleague.customer_id).update(joined_at=NOON + timedelta(days=1))
    assert leads_to(colleague) == FORCED
    clock.shift(timedelta(seconds=1))
    assert save(day=7, newcomer_days="90") == 303
    assert leads_to(colleague) == FORCED


def test_nor_does_a_version_that_is_planned(save, colleague, clock):
    assert save(day=7) == 303
    clock.shift(timedelta(days=7))
    assert save(required=False, starts=8) == 303
    assert leads_to(colleague) == FORCED
    assert save(day=30, starts=9) == 422
    assert save(day=None, starts=9) == 303
    assert leads_to(colleague) == FORCED
    clock.shift(timedelta(days=2))
    assert leads_to(colleague) == FORCED


def test_nor_an_earlier_day_and_then_a_later_one(save, colleague, clock):
    assert save(day=30) == 303
    clock.shift(timedelta(days=2))
    assert save(day=1) == 303
    assert leads_to(colleague) == FORCED
    assert save(day=30) == 422
    assert leads_to(colleague) == FORCED


def test_while_it_runs_it_may_be_longer(save, colleague, clock):
    assert save(day=7) == 303
    clock.shift(timedelta(days=6))
    assert save(day=9) == 303
    clock.shift(timedelta(days=2, hours=11))
    assert leads_to(colleague) == OFFERED
    clock.shift(timedelta(hours=1))
    assert leads_to(colleague) == FORCED


def test_nor_a_tick_that_comes_and_goes(save, owner, colleague, clock):
    assert save(day=1) == 303
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


def test_a_tab_that_is_taken_away_gives_nobody_time_again(save, owner, colleague, clock):
    """Due as a user of a tab; then everybody is asked from a later day, and the tab is taken away."""
    rows = Administrator.objects.of(owner.customer_id).filter(id=colleague.id)
    rows.update(tabs=" activity home ")
    assert save(day=None, required_of="tabs", tabs="activity") == 303
    clock.shift(HALF_A_DAY.total_seconds())
    assert leads_to(colleague) == FORCED
    assert save(day=30) == 303
    assert leads_to(colleague) == FORCED
    change(colleague, owner, tabs=frozenset({"home"}))
    assert leads_to(colleague) == FORCED


@pytest.mark.parametrize("of", ["customer", "brand"])
def test_nor_a_minimum_that_is_lifted(save, colleague, clock, of):
    assert save(day=7) == 303
    if of == "customer":
        policies.require_by_minimum(colleague.customer_id)
    else:
        policies.require_by_brand(colleague.customer.brand_id)
    assert leads_to(colleague) == FORCED
    clock.shift(timedelta(hours=1))
    if of == "customer":
        policies.require_by_minimum(colleague.customer_id, required=False)
    else:
        policies.require_by_brand(colleague.customer.brand_id, required=False)
    assert leads_to(colleague) == FORCED


def test_nor_another_brand_without_the_minimum_that_made_it_due(save, colleague, clock):
    assert save(day=7) == 303
    policies.require_by_brand(colleague.customer.brand_id)
    other = Brand.objects.create(name="Lit", issuer="Lit")
    assert leads_to(colleague) == FORCED
    wanted = CustomerChange(
        name=colleague.customer.name,
        brand_id=other.id,
        status=CustomerStatus.ACTIVE,
        confirmed=True,
    )
    other_host.change_customer(
        colleague.customer_id, wanted, actor=CONSOLE, now=NOON + timedelta(hours=1)
    )
    late = people.make_administrator(colleague.customer, email="late@harbourbakery.example")
    late_in_the_day = NOON + timedelta(hours=2)
    assert not policy_of(people.again(colleague), now=late_in_the_day).in_grace(late_in_the_day)
    assert policy_of(people.again(late), now=NOON).in_grace(NOON)
