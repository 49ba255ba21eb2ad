"""Managing that was over stays over: what it took comes back, and it does not without another yes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.customers.models import Customer
from doorward.managing.events import MANAGING_ENDED
from doorward.managing.models import Managing, State, Why
from doorward.policy.fields import SupportAccess
from tests.kit import browsers, managing, people, policies

if TYPE_CHECKING:
    from django.test import Client


pytestmark = pytest.mark.django_db

STAFF = {
    "scope": {"scope": "customers", "scope_ids": ""},
    "right": {"tabs": " home customers "},
}
BEHALF = {
    "tab": {"tabs": " home "},
    "person": {"status": "suspended"},
}
CAUSES = [*STAFF, *BEHALF, "customer", "policy", "time"]


@pytest.fixture
def owner(owner: Administrator) -> Administrator:
    return managing.old_owner(owner)


@pytest.fixture
def staff(owner: Administrator) -> Administrator:
    return managing.make_manager()


def take(cause: str, owner: Administrator, staff: Administrator) -> None:
    """Take away what managing takes."""
    everybody = Administrator.objects.everywhere()
    if cause == "customer":
        Customer.objects.filter(id=owner.customer_id).update(status="suspended")
    elif cause == "policy":
        policies.ask(owner.customer_id, support_access=SupportAccess.NEVER)
    elif cause == "time":
        Managing.objects.update(until=timezone.now() - timedelta(seconds=1))
    elif cause in STAFF:
        everybody.filter(id=staff.id).update(**STAFF[cause])
    else:
        everybody.filter(id=owner.id).update(**BEHALF[cause])


def give_back(cause: str, owner: Administrator, staff: Administrator) -> None:
    everybody = Administrator.objects.everywhere()
    if cause == "customer":
        Customer.objects.filter(id=owner.customer_id).update(status="active")
    elif cause == "policy":
        policies.ask(owner.customer_id, support_access=SupportAccess.ASK)
    elif cause == "time":
        Managing.objects.update(until=timezone.now() + timedelta(minutes=20))
    else:
        for one in (staff, owner):
            fields = {name: getattr(one, name) for name in ("tabs", "status", "scope", "scope_ids")}
            everybody.filter(id=one.id).update(**fields)


def is_over(client: Client) -> bool:
    answer = client.get("/administrators/")
    return (answer.status_code, answer.get("Location")) == (303, "/managing/over/")


@pytest.mark.parametrize("cause", CAUSES)
def test_what_comes_back_brings_nobody_back(owner, staff, cause):
    client = managing.let_in(staff, owner)
    take(cause, owner, staff)
    assert is_over(client)
    give_back(cause, owner, staff)
    assert is_over(client)
    found = Managing.objects.get()
    assert (found.state, found.ended_by_id) == (State.ENDED, None)
    assert found.why == (Why.TIME if cause == "time" else Why.NO_LONGER)
    assert len(people.events(MANAGING_ENDED, customer_id=owner.customer_id)) == 1
    assert client.post("/managing/leave/").status_code == 303
    client.post(f"/customers/{owner.customer_id}/manage/begin/")
    assert "You are managing" not in client.get("/administrators/").content.decode()


def test_the_page_that_says_so_makes_it_so(owner, staff):
    client = managing.let_in(staff, owner)
    take("scope", owner, staff)
    assert client.get("/managing/over/").status_code == 200
    give_back("scope", owner, staff)
    assert is_over(client)


def test_what_the_customer_was_told_is_over_stays_over(owner, staff):
    client = managing.let_in(staff, owner)
    theirs = browsers.browser_of_with_factor(owner)
    take("scope", owner, staff)
    live = theirs.get(f"/managing/{Managing.objects.get().id}/").content.decode()
    assert "End now" not in live
    give_back("scope", owner, staff)
    assert is_over(client)


def test_who_is_deleted_takes_it_along(owner, staff):
    client = managing.let_in(staff, owner)
    Managing.objects.update(behalf=None)
    assert is_over(client)
    assert is_over(client)
    assert Managing.objects.get().state == State.ENDED
    assert len(people.events(MANAGING_ENDED, customer_id=owner.customer_id)) == 1
