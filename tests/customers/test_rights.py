"""A right is read when it is used: what was taken a moment ago serves no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from doorward.accounts.models import Administrator, Status
from doorward.audit.actor import CONSOLE, WORKER, Actor, ClientInfo
from doorward.customers.models import Customer, CustomerStatus
from doorward.customers.rights import is_allowed
from doorward.permissions.actions import Action
from tests.kit import people

pytestmark = pytest.mark.django_db
WHAT = Action.CHANGE_PERSON


def allowed(person: Administrator) -> bool:
    return is_allowed(people.actor(person), WHAT, person.customer_id)


def test_who_has_it_may(owner, colleague):
    assert allowed(owner)
    assert not allowed(colleague)


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.REMOVED, Status.INVITED])
def test_a_person_who_is_not_active_may_nothing(owner, status):
    Administrator.objects.of(owner.customer_id).filter(id=owner.id).update(status=status)
    assert not allowed(owner)


@pytest.mark.parametrize("status", [CustomerStatus.SUSPENDED, CustomerStatus.CLOSED])
def test_nor_do_the_people_of_a_customer_that_is_not(owner, status):
    Customer.objects.filter(id=owner.customer_id).update(status=status)
    assert not allowed(owner)


def test_a_right_that_was_taken_is_none(owner):
    actor = people.actor(owner)
    Administrator.objects.of(owner.customer_id).filter(id=owner.id).update(tabs=" home ")
    assert not is_allowed(actor, WHAT, owner.customer_id)


@pytest.fixture
def staff(owner):
    """Somebody of the provider who may act for customers."""
    return people.make_administrator(
        people.provider(), email="s@northline.example", tabs={"home", "customers"}
    )


def test_who_acts_on_somebodys_behalf_needs_more_than_both_their_rights(owner, staff):
    actor = replace(people.actor(staff), on_behalf_of=owner.who())
    for action in Action:
        assert not is_allowed(actor, action, owner.customer_id, subject=owner.id), "nobody let in"


def test_nobody_signed_in_may_nothing_and_ours_may_everything(owner):
    assert not is_allowed(Actor(person=None, client=ClientInfo()), WHAT, owner.customer_id)
    assert is_allowed(CONSOLE, WHAT, owner.customer_id)
    assert is_allowed(WORKER, WHAT, owner.customer_id)
