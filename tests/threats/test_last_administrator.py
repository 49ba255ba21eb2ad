"""The last one who looks after a customer's people is taken away: also by two at the same moment."""

from __future__ import annotations

from functools import partial

import pytest

from doorward.accounts.errors import LastAdministrator
from doorward.accounts.models import Administrator, Status
from doorward.accounts.services import Change
from doorward.audit.actor import CONSOLE
from doorward.customers.tabs import ADMINISTRATORS
from doorward.permissions.errors import NotAuthorised
from doorward.sessions.errors import StaleRequest
from tests.accounts.changing import WITH_RIGHT, refused
from tests.accounts.changing import change_to as change
from tests.kit import people as kit_people
from tests.kit.racing import at_once

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
    """Return two active people with the right, who are all that their customer has."""
    other = kit_people.make_administrator(
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
            partial(change, one, WAYS[first], kit_people.actor(two)),
            partial(change, two, WAYS[second], kit_people.actor(one)),
        ]
    )
    assert len(keepers(one.customer_id)) == 1, outcomes
    refusals = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert len(refusals) == 1
    assert isinstance(refusals[0], (LastAdministrator, NotAuthorised, StaleRequest))


@at_once_too
@pytest.mark.parametrize("way", WAYS)
def test_where_there_are_others_it_is_still_only_one_of_two(pair, way):
    """Both had the right when they asked: who is second is looked at again once the first is done."""
    one, two = pair
    kit_people.make_administrator(one.customer, email="third@harbourbakery.example", tabs=RIGHT)
    calls = [
        partial(change, one, WAYS[way], kit_people.actor(two)),
        partial(change, two, WAYS[way], kit_people.actor(one)),
    ]
    refusals = [outcome for outcome in at_once(calls) if isinstance(outcome, Exception)]
    assert len(refusals) == 1
    assert isinstance(refusals[0], (NotAuthorised, StaleRequest))


@at_once_too
@pytest.mark.parametrize("way", WAYS)
def test_the_console_at_both_at_once_leaves_one(pair, way):
    outcomes = at_once([partial(change, person, WAYS[way], CONSOLE) for person in pair])
    assert len(keepers(pair[0].customer_id)) == 1
    refusals = [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)]
    assert refusals == [LastAdministrator]


@at_once_too
def test_thirty_who_all_suspend_each_other_leave_one(customer):
    people = [
        kit_people.make_administrator(
            customer, email=f"person{number}@harbourbakery.example", tabs=RIGHT
        )
        for number in range(30)
    ]
    calls = [
        partial(change, person, WAYS["suspend"], kit_people.actor(people[number - 1]))
        for number, person in enumerate(people)
    ]
    outcomes = at_once(calls)
    assert keepers(customer.id), outcomes
    known = (Administrator, LastAdministrator, NotAuthorised, StaleRequest)
    assert all(isinstance(outcome, known) for outcome in outcomes), outcomes


def test_the_last_one_keeps_the_right_even_from_the_console(owner, colleague):
    refused(LastAdministrator, owner, tabs=frozenset({"home"}))


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.REMOVED])
def test_the_last_one_stays_active_even_from_the_console(owner, colleague, status):
    refused(LastAdministrator, owner, status=status, confirmed=True)


@pytest.mark.parametrize("status", [Status.SUSPENDED, Status.INVITED])
def test_who_cannot_sign_in_does_not_count_as_one(owner, colleague, status):
    kit_people.make_administrator(
        owner.customer, email="other@harbourbakery.example", tabs=WITH_RIGHT, status=status
    )
    refused(LastAdministrator, owner, status=Status.SUSPENDED, confirmed=True)


def test_an_outsider_with_the_right_does_not_count_as_one(owner, outsider):
    refused(LastAdministrator, owner, status=Status.SUSPENDED, confirmed=True)
