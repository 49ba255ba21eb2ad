"""The last one who looks after a customer's people is taken away: also by two at the same moment."""

from __future__ import annotations

from functools import partial

import pytest

from doorward.administrators.models import (
    Administrator,
    Status,
)
from doorward.administrators.services import Change
from doorward.audit.origin import CONSOLE
from doorward.core import errors
from doorward.customers.tabs import ADMINISTRATORS
from tests import support
from tests.administrators.test_changing import WITH_RIGHT, refused
from tests.administrators.test_changing_at_once import change
from tests.racing import at_once

pytestmark = pytest.mark.django_db

at_once_too = pytest.mark.django_db(transaction=True)
RIGHT = frozenset({"home", ADMINISTRATORS})
WAYS = {
    "suspend": Change(status=Status.SUSPENDED, confirmed=True),
    "remove": Change(status=Status.REMOVED, confirmed=True),
    "strip": Change(tabs=frozenset({"home"})),
}


@pytest.fixture
def pair(owner):
    """Give two active people with the right, who are all that their customer has."""
    other = support.make_administrator(
        owner.customer, email="tomasz@harbourbakery.example", name="Tomasz Krol", tabs=RIGHT
    )
    return owner, other


def keepers(customer_id):
    people = Administrator.objects.of(customer_id).filter(status=Status.ACTIVE)
    return [person for person in people if ADMINISTRATORS in person.tab_keys]


@at_once_too
@pytest.mark.parametrize("first", WAYS)
@pytest.mark.parametrize("second", WAYS)
def test_two_who_take_the_right_from_each_other_leave_one(pair, first, second):
    one, two = pair
    outcomes = at_once(
        [
            partial(change, one, WAYS[first], support.by(two)),
            partial(change, two, WAYS[second], support.by(one)),
        ]
    )
    assert len(keepers(one.customer_id)) == 1, outcomes
    refusals = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert len(refusals) == 1
    assert isinstance(refusals[0], (errors.LastAdministrator, errors.StaleRequest))


@at_once_too
@pytest.mark.parametrize("way", WAYS)
def test_the_console_at_both_at_once_leaves_one(pair, way):
    outcomes = at_once([partial(change, person, WAYS[way], CONSOLE) for person in pair])
    assert len(keepers(pair[0].customer_id)) == 1
    refusals = [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)]
    assert refusals == [errors.LastAdministrator]


@at_once_too
def test_thirty_who_all_suspend_each_other_leave_one(customer):
    people = [
        support.make_administrator(
            customer, email=f"person{number}@harbourbakery.example", tabs=RIGHT
        )
        for number in range(30)
    ]
    calls = [
        partial(change, person, WAYS["suspend"], support.by(people[number - 1]))
        for number, person in enumerate(people)
    ]
    outcomes = at_once(calls)
    assert keepers(customer.id), outcomes
    known = (Administrator, errors.LastAdministrator, errors.StaleRequest)
    assert all(isinstance(outcome, known) for outcome in outcomes), outcomes


def test_the_last_one_keeps_the_right_even_from_the_console(owner, colleague):
    refused(errors.LastAdministrator, owner, tabs=frozenset({"home"}))


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.REMOVED])
def test_the_last_one_stays_active_even_from_the_console(owner, colleague, status):
    refused(errors.LastAdministrator, owner, status=status, confirmed=True)


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.INVITED])
def test_who_cannot_sign_in_does_not_count_as_one(owner, colleague, status):
    support.make_administrator(
        owner.customer, email="other@harbourbakery.example", tabs=WITH_RIGHT, status=status
    )
    refused(errors.LastAdministrator, owner, status=Status.SUSPENDED, confirmed=True)


def test_an_outsider_with_the_right_does_not_count_as_one(owner, outsider):
    refused(errors.LastAdministrator, owner, status=Status.SUSPENDED, confirmed=True)
