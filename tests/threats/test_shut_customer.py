"""What was handed out before a customer was suspended, closed, on its way to be deleted or deleted opens nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts import second_address
from doorward.accounts.models import Administrator, LinkPurpose
from doorward.customers import deletion
from doorward.customers.models import Customer, CustomerStatus
from doorward.recovery.models import RecoveryRequest, State
from doorward.sessions.models import Session
from tests.kit import browsers, closing, managing, people, recovering
from tests.threats.doomed import later, work_off
from tests.threats.trusting import trusting

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorward.managing.models import Managing

    Shut: TypeAlias = "Callable[[Customer], object]"


def begin_to_delete(customer: Customer) -> None:
    closing.close(customer)
    closing.ask_to_delete(customer)
    assert deletion.begin_due(now=later()) == 1


def delete(customer: Customer) -> None:
    closing.close(customer)
    closing.ask_to_delete(customer)
    work_off()
    assert not Customer.objects.filter(id=customer.id).exists()


STATES: dict[str, Shut] = {
    "suspended": partial(closing.set_status, status=CustomerStatus.SUSPENDED),
    "closed": closing.close,
    "being deleted": begin_to_delete,
    "deleted": delete,
}

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.parametrize("shut", STATES.values(), ids=STATES),
]


def is_out(browser: Client) -> bool:
    """Return whether a browser is in nowhere."""
    answer = browser.get("/security/")
    at_sign_in = answer.status_code == 303 and answer["Location"].startswith("/sign-in/")
    return at_sign_in and not Session.objects.filter(ended_at=None).exists()


def second_of(person: Administrator) -> str:
    rows = Administrator.objects.everywhere().filter(id=person.id)
    return "".join(rows.values_list("second_email", flat=True))


def test_a_trusted_browser_spares_nothing(owner: Administrator, shut: Shut) -> None:
    browser = trusting(owner)
    form = {"email": owner.email, "password": people.PASSWORD}
    shut(owner.customer)
    answer = browser.post("/sign-in/", form)
    assert answer.status_code == 422
    # The same is said to who is not known.
    assert "E-mail and password do not match." in answer.content.decode()
    assert is_out(browser)


def test_no_export_is_downloaded_any_more(owner: Administrator, shut: Shut) -> None:
    paths = ("/activity/export.csv", "/account/adoption.csv")
    browser = browsers.browser_of_with_factor(managing.old_owner(owner))
    for path in paths:
        answer = browser.get(path)
        # One at a time for a person: it is read to its end.
        assert (answer.status_code, bool(answer.getvalue())) == (200, True)
    shut(owner.customer)
    evidence = {"first_day": "2026-01-01", "last_day": "2026-01-02"}
    answers = [*map(browser.get, paths), browser.post("/account/evidence/", evidence)]
    assert {answer.status_code for answer in answers} == {303}
    assert all(answer["Location"].startswith("/sign-in/") for answer in answers)
    assert is_out(browser)


def test_no_second_address_is_confirmed(owner: Administrator, shut: Shut) -> None:
    actor = people.actor(owner)
    second_address.ask(owner.id, "ines@home.example", actor=actor, now=timezone.now())
    path = people.path_of(LinkPurpose.SECOND_ADDRESS, administrator=owner)
    shut(owner.customer)
    browser = Client()
    browser.get(path)
    assert browser.post("/second-address/confirm/").status_code == 422
    assert second_of(owner) == ""
    assert is_out(browser)


def test_an_objection_ends_help_and_lets_nobody_in(
    owner: Administrator, colleague: Administrator, shut: Shut
) -> None:
    for person in (owner, colleague):
        managing.old_owner(person)
    recovering.ask_as_support(colleague, recovering.make_staff())
    path = people.path_of(LinkPurpose.VETO, administrator=colleague)
    shut(owner.customer)
    browser = Client()
    browser.get(path)
    answer = browser.post("/veto/")
    # It ends things, so it waits for nobody; with the customer, what it ended is gone.
    left = list(RecoveryRequest.objects.values_list("state", flat=True))
    assert (answer.status_code, left) in [(303, [State.REFUSED]), (422, [])]
    assert bool(left) == Customer.objects.filter(id=owner.customer_id).exists()
    assert is_out(browser)


def manage(browser: Client, owner: Administrator) -> None:
    browser.post(f"/customers/{owner.customer_id}/manage/", {"reason": managing.REASON})
    browser.post(f"/customers/{owner.customer_id}/manage/begin/")


@pytest.mark.parametrize("until", ["agreed", "begun"])
def test_no_staff_is_in_its_portal_nor_comes_in(
    owner: Administrator, shut: Shut, until: str
) -> None:
    managing.old_owner(owner)
    browser = browsers.browser_of_with_factor(managing.make_manager())
    asked: Managing = managing.ask(browser, owner)
    managing.agree(browsers.browser_of_with_factor(owner), asked)
    if until == "begun":
        managing.begin(browser, owner)
        assert b"You are managing" in browser.get("/administrators/").content
    shut(owner.customer)
    assert b"You are managing" not in browser.get("/administrators/", follow=True).content
    manage(browser, owner)
    assert b"You are managing" not in browser.get("/administrators/", follow=True).content
    # They are themselves again, at the provider.
    assert owner.email.encode() not in browser.get("/administrators/", follow=True).content
