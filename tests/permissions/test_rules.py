"""Who may do what: every action, asked by everybody."""

from __future__ import annotations

from uuid import uuid4

import pytest

from doorward.permissions.actions import ACTIVITY, ADMINISTRATORS, CUSTOMERS, About, Action
from doorward.permissions.rules import Holder, is_own, may

HOME, ELSEWHERE = uuid4(), uuid4()
OF_CUSTOMERS = [action for action in Action if action.needs.about is About.CUSTOMER]
OF_PROVIDER = [action for action in Action if action.needs.about is About.PROVIDER]
REST = [action for action in Action if action.needs.about in {About.SELF, About.CONSOLE}]
EVERY_TAB = frozenset(action.needs.tab for action in Action) - {""}


def holder(*tabs: str, staff: bool = False) -> Holder:
    return Holder(id=uuid4(), customer_id=HOME, is_staff=staff, tabs=frozenset(tabs))


def test_each_key_is_there_once():
    keys = [action.key for action in Action]
    assert len(set(keys)) == len(keys) == len(Action)


@pytest.mark.parametrize("action", OF_CUSTOMERS)
def test_of_ones_own_customer_the_right_is_enough_and_no_other_is(action):
    assert may(action, holder(*action.needs.tabs), HOME)
    for tab in action.needs.tabs:
        assert not may(action, holder(*EVERY_TAB - {tab}, staff=True), HOME)
    assert not may(action, None, HOME)


@pytest.mark.parametrize("action", OF_CUSTOMERS)
def test_of_another_customer_only_the_providers_people_and_only_on_its_behalf(action):
    assert not may(action, holder(*EVERY_TAB), ELSEWHERE)
    assert not may(action, holder(*EVERY_TAB - {CUSTOMERS}, staff=True), ELSEWHERE)
    assert may(action, holder(CUSTOMERS, staff=True), ELSEWHERE) is action.needs.behalf


@pytest.mark.parametrize("action", OF_PROVIDER)
def test_what_the_provider_keeps_is_its_peoples_with_the_right(action):
    assert may(action, holder(*action.needs.tabs, staff=True), None)
    assert not may(action, holder(*EVERY_TAB), None)
    assert not may(action, holder(*EVERY_TAB - {action.needs.tab}, staff=True), None)
    # Whose customer is named changes nothing.
    assert not may(action, holder(*EVERY_TAB), HOME)


@pytest.mark.parametrize("action", [Action.LOWER_PROTECTION, Action.EXPORT_HISTORY])
def test_what_is_everybodys_is_the_providers(action):
    assert may(action, holder(*action.needs.tabs, staff=True), None)
    assert not may(action, holder(ADMINISTRATORS, ACTIVITY), None)


@pytest.mark.parametrize("action", REST)
def test_no_right_gives_what_is_ones_own_or_the_consoles(action):
    for customer_id in (HOME, ELSEWHERE, None):
        assert not may(action, holder(*EVERY_TAB, staff=True), customer_id)


@pytest.mark.parametrize("action", Action)
def test_on_oneself_only_what_is_about_oneself(action):
    me = uuid4()
    assert is_own(action, me, me) is (action.needs.about is About.SELF)
    assert not is_own(action, me, uuid4())
    assert not is_own(action, me, None)
