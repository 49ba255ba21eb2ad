"""How people stand with the second factor, in lists and numbers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from doorward.directory import people as directory_people
from doorward.directory.people import Factors
from doorward.directory.search_and_sort import Sort, Wanted
from doorward.directory.state import FactorFilter, Rule, State
from doorward.policy.fields import Kinds
from doorward.policy.rules import FactorKind
from doorward.policy.series import Scope
from doorward.rollout.models import TickRun
from tests.kit import codes
from tests.kit import people as kit_people

APP, PASSKEY = FactorKind.APP, FactorKind.PASSKEY
ANY, RESISTANT = Kinds.ANY, Kinds.PHISHING_RESISTANT


@pytest.mark.parametrize(
    ("usable", "locked", "required", "kinds", "state"),
    [
        ((), False, False, ANY, State.OFF),
        ((), False, True, ANY, State.MISSING),
        ((), True, False, ANY, State.LOCKED),
        ((), True, True, ANY, State.LOCKED),
        ((APP,), False, False, ANY, State.ON),
        ((APP,), True, True, ANY, State.ON),
        ((APP,), False, False, RESISTANT, State.ON),
        ((APP,), False, True, RESISTANT, State.MISSING),
        ((APP, PASSKEY), False, True, RESISTANT, State.ON),
    ],
)
def test_a_person_stands_in_one_of_four_ways(usable, locked, required, kinds, state):
    assert Factors(usable=usable, locked=locked).state(required=required, kinds=kinds) is state


def test_several_factors_of_a_person_are_one_sum(owner):
    codes.enable_app(owner)
    codes.enable_app(owner, name="Tablet")
    kit_people.disable_apps(owner, name="Tablet")
    assert directory_people.factors_of([owner.id]) == {
        owner.id: Factors(usable=(APP,), locked=True)
    }


def test_people_are_counted_once_however_many_factors_they_have(owner, colleague, outsider):
    for name in ("Pixel 9", "Tablet", "Desk"):
        codes.enable_app(owner, name=name)
    codes.enable_app(outsider)
    codes.enable_app(colleague)
    kit_people.disable_apps(colleague)
    assert directory_people.count(owner.customer_id) == directory_people.Counts(
        people=2, with_two_factors=1
    )
    rows = directory_people.list_people(
        owner.customer_id, Wanted(), rule=Rule(scope=Scope(), kinds=ANY)
    ).rows
    assert [row.id for row in rows] == [owner.id, colleague.id]


@pytest.mark.parametrize(
    "scope",
    [
        Scope(),
        Scope(everyone=True),
        Scope(tabs=frozenset({"activity"})),
        Scope(tabs=frozenset({"activity", "administrators"})),
        Scope(everyone=True, tabs=frozenset({"activity"})),
    ],
)
@pytest.mark.parametrize("kinds", list(Kinds))
def test_filters_say_the_same_as_the_lines(owner, colleague, scope, kinds):
    """The condition in the database and the state of a line are two writings of one rule."""
    people = [owner, colleague]
    for number, (app, locked) in enumerate([(0, 0), (1, 0), (1, 1), (2, 1)]):
        for ticked in (False, True):
            for tabs in (["home"], ["home", "activity"]):
                person = kit_people.make_administrator(
                    owner.customer,
                    email=f"p{number}{ticked}{len(tabs)}@x.example",
                    tabs=tabs,
                    require_2fa=ticked,
                )
                people.append(person)
                for one in range(app):
                    codes.enable_app(person, name=f"App {one}")
                if locked:
                    kit_people.disable_apps(person, name="App 0")
    rule = Rule(scope=scope, kinds=kinds)

    def found(factor):
        wanted = Wanted(factor=factor)
        return {
            row.id
            for row in directory_people.list_people(owner.customer_id, wanted, rule=rule).rows
        }

    rows = directory_people.list_people(owner.customer_id, Wanted(), rule=rule).rows
    assert len(rows) == len(people)
    assert {row.id for row in rows if row.required} == {
        one.id for one in people if one.require_2fa or scope.covers(one.tab_keys)
    }
    assert found(FactorFilter.REQUIRED) == {row.id for row in rows if row.required}
    assert found(FactorFilter.ON) == {row.id for row in rows if row.factors.usable}
    locked_rows = {row.id for row in rows if row.state is State.LOCKED}
    assert found(FactorFilter.LOCKED) == locked_rows
    missing = {row.id for row in rows if row.state is State.MISSING}
    required_and_locked = {row.id for row in rows if row.required} & locked_rows
    assert found(FactorFilter.REQUIRED_MISSING) == missing | required_and_locked
    ranked = directory_people.list_people(
        owner.customer_id, Wanted(sort=Sort.TWO_FACTORS), rule=rule
    ).rows
    unprotected = [row.id in missing | required_and_locked for row in ranked]
    assert unprotected == sorted(unprotected, reverse=True), "who must and has not comes first"


def test_the_last_sign_in_is_the_newest_of_all_browsers(owner):
    now = timezone.now()
    for days in (3, 1, 2):
        kit_people.was_signed_in(owner, now - timedelta(days=days))
    rows = directory_people.list_people(
        owner.customer_id, Wanted(), rule=Rule(scope=Scope(), kinds=ANY)
    ).rows
    assert rows[0].last_signed_in == now - timedelta(days=1)


@pytest.mark.django_db
@pytest.mark.parametrize("scope", [Scope(), Scope(tabs=frozenset({"account"}))], ids=str)
def test_a_list_says_whether_two_factors_were_required_of_many_there(owner, outsider, scope):
    rule, now = Rule(scope=scope, kinds=ANY), timezone.now()

    def runs():
        return [
            directory_people.list_people(one.customer_id, Wanted(), rule=rule).runs
            for one in (owner, outsider)
        ]

    assert runs() == [False, False]
    moments = {"begun_at": now, "asked_at": now, "changed_at": now}
    TickRun.objects.create(customer_id=owner.customer_id, asked_by=owner, **moments)
    assert runs() == [True, False]
