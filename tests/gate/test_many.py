"""Everybody's facts at once are what the gate reads of each of them, in as many queries however many they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator, PasswordDue, Status
from doorward.credentials.models import Factor
from doorward.credentials.recovery_codes import codes as recovery_codes
from doorward.credentials.totp.enrol import write_factor
from doorward.customers.models import Customer
from doorward.gate import many
from doorward.gate.loading import load
from doorward.policy.fields import Kinds, RequiredOf
from doorward.sessions import issuing
from tests.kit import codes, passkeys, people, policies

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from doorward.gate.many import Alike
    from doorward.sessions.facts import Facts

pytestmark = pytest.mark.django_db


def alone(person: Administrator) -> Facts:
    """Return what the gate reads of somebody in a session, without what is the session's."""
    now = timezone.now()
    auth = load(
        issuing.begin(person, actor=people.actor(person), now=now, password_at=now).token, now=now
    )
    assert auth is not None
    return replace(auth.facts, session=None)


def various(owner: Administrator) -> list[Administrator]:
    """Make people who differ in everything that the facts tell."""
    plain, app, both, disabled, short, suspended, invited = (
        people.make_administrator(owner.customer, email=f"p{number}@harbourbakery.example")
        for number in range(7)
    )
    codes.enable_app(app)
    recovery_codes.make(app, now=timezone.now())
    codes.enable_app(both)
    passkeys.add(both)
    codes.enable_app(disabled)
    Factor.objects.filter(administrator=disabled).update(locked_at=timezone.now())
    rows = Administrator.objects.of(owner.customer_id)
    rows.filter(id=both.id).update(require_2fa=True, tabs="")
    rows.filter(id=disabled.id).update(security_version=9, password_due=PasswordDue.BREACHED)
    rows.filter(id=short.id).update(password_long=False)
    rows.filter(id=suspended.id).update(status=Status.SUSPENDED)
    rows.filter(id=invited.id).update(status=Status.INVITED)
    return [owner, plain, app, both, disabled, short, suspended, invited]


def everybodys(person: Administrator) -> dict[UUID, Alike]:
    return dict(many.read(Customer.objects.filter(id=person.customer_id)))


def facts(alike: Alike, *, now: datetime) -> Facts:
    return nameless(alike.facts(alike.policies(), now=now))


def nameless(found: Facts) -> Facts:
    """Return facts without what tells people apart who are the same for the decision."""
    factors = (replace(one, id=UUID(int=0)) for one in found.factors)
    return replace(
        found,
        factors=tuple(sorted(factors, key=repr)),
        security_version=0,
        recovery_unsaved=None,
    )


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"required_of": RequiredOf.EVERYONE, "kinds": Kinds.PHISHING_RESISTANT, "trust_days": 7},
        {"required_of": RequiredOf.TABS, "tabs": frozenset({"home"})},
        {"required_of": RequiredOf.EVERYONE, "from_day": date(2036, 1, 1), "waves": True},
    ],
    ids=["nothing asked", "passkeys asked", "asked of some", "asked in waves"],
)
def test_everybodys_facts_are_those_of_each(owner: Administrator, values: dict[str, Any]) -> None:
    everybody = various(owner)
    if values:
        policies.ask(owner.customer_id, **values)
    found, now = everybodys(owner), timezone.now()
    for person in everybody:
        there = alone(people.again(person))
        assert facts(found[person.id], now=now) == nameless(there)
    assert len({id(one) for one in found.values()}) >= 6


def test_nobody_elses(owner: Administrator) -> None:
    neighbour = people.make_administrator(
        people.make_customer("Elsewhere"), email="n@elsewhere.example"
    )
    assert set(everybodys(owner)) == {owner.id}
    assert set(everybodys(neighbour)) == {neighbour.id}


def test_who_was_removed_is_not_among_them(owner: Administrator) -> None:
    gone = people.make_administrator(owner.customer, email="gone@harbourbakery.example")
    Administrator.objects.of(owner.customer_id).filter(id=gone.id).update(status=Status.REMOVED)
    assert set(everybodys(owner)) == {owner.id}


def test_a_thousand_people_are_as_few_queries(
    owner: Administrator, django_assert_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    now = timezone.now()
    more = Administrator.objects.of(owner.customer_id).bulk_create(
        Administrator(
            customer=owner.customer,
            email=f"p{number}@harbourbakery.example",
            email_folded=f"p{number}@harbourbakery.example",
            status=Status.ACTIVE,
            password="!",
            added_at=now,
        )
        for number in range(999)
    )
    for person in more[::100]:
        write_factor(person.id, b"x" * 20, step=0, name="Phone", now=now)
    with django_assert_num_queries(4):
        found = everybodys(owner)
    assert len(found) == 1000
    assert sum(bool(one.factors) for one in found.values()) == 10
    assert len({id(one) for one in found.values()}) == 3
