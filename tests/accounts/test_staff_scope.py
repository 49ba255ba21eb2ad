"""Who may say which customers a colleague sees, how it is said, and who must stay."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from doorward.accounts import services
from doorward.accounts.errors import (
    CustomerUnknown,
    LastAdministrator,
    LastWithAllCustomers,
    OwnScope,
    ScopeEmpty,
    ScopeNotYours,
    ScopeOfStaffAlone,
    TooManyInScope,
)
from doorward.accounts.events import SCOPE_CHANGED
from doorward.accounts.staff_scope import Wanted, read
from doorward.audit.actor import CONSOLE
from doorward.customers import staff_scope
from doorward.kernel.errors import ChoiceInvalid, FieldsRefused
from doorward.permissions.errors import NotAuthorised
from doorward.permissions.staff_scope import Reach, Scope
from tests.kit import people, staff

pytestmark = pytest.mark.django_db
ALL = Wanted(reach="all")


@pytest.fixture
def two():
    return staff.two()


@pytest.fixture
def boss(two):
    return staff.member("boss@provider.example")


@pytest.fixture
def nora(two):
    return staff.member("nora@provider.example")


def change(person, by, **wanted):
    return services.change(
        person.id,
        services.Change(**wanted),
        customer_id=person.customer_id,
        actor=people.actor(by),
        now=timezone.now(),
    )


def add(by, scope=None, **rest):
    new = services.NewAdministrator(
        email="new@provider.example",
        details=services.Details(first_name="New", last_name="Comer"),
        tabs=staff.EVERY_TAB,
        scope=scope,
    )
    where = rest.get("customer", people.provider())
    return services.add(new, customer=where, actor=people.actor(by), now=timezone.now())[0]


def some_brands(two):
    return Wanted(reach="brands", brands=frozenset({str(two.near_brand.id)}))


def test_it_is_changed_with_its_event(two, boss, nora):
    change(nora, boss, scope=some_brands(two))
    assert people.again(nora).staff_scope == two.scope(Reach.BRANDS)
    change(nora, boss, scope=some_brands(two))
    [event] = people.events(SCOPE_CHANGED)
    assert (event.actor_id, event.subject_id) == (boss.id, nora.id)
    assert (event.details["before"], event.details["after"]) == (
        ["all"],
        [f"brands: {two.near_brand.name}"],
    )


def test_customers_are_said_by_name_a_line_each_or_by_id(two):
    lines = f"  near   BAKERY\n\n{two.far.id}\n"
    assert read(Wanted(reach="customers", customers=frozenset({lines}))) == Scope(
        Reach.CUSTOMERS, frozenset({two.near.id, two.far.id})
    )
    by_name = Wanted(reach="brands", brands=frozenset({two.near_brand.name.upper()}))
    assert read(by_name) == two.scope(Reach.BRANDS)


@pytest.mark.parametrize(
    ("wanted", "refusal", "field"),
    [
        (Wanted(reach="most"), ChoiceInvalid, "scope"),
        (Wanted(reach="brands"), ScopeEmpty, "scope_brands"),
        (Wanted(reach="customers"), ScopeEmpty, "scope_customers"),
        (Wanted(reach="brands", brands=frozenset({str(uuid4())})), ChoiceInvalid, "scope_brands"),
        (
            Wanted(reach="customers", customers=frozenset({"Nobody Ltd"})),
            CustomerUnknown,
            "scope_customers",
        ),
        (
            Wanted(reach="customers", customers=frozenset({"Provider"})),
            CustomerUnknown,
            "scope_customers",
        ),
        (
            Wanted(
                reach="customers",
                customers=frozenset({"\n".join(map(str, range(staff_scope.MOST + 1)))}),
            ),
            TooManyInScope,
            "scope_customers",
        ),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(two, wanted, refusal, field):
    with pytest.raises(refusal) as caught:
        read(wanted)
    assert caught.value.field == field


def test_nobody_changes_their_own(two, boss, nora):
    with pytest.raises(OwnScope):
        change(boss, boss, scope=some_brands(two))
    assert people.again(boss).staff_scope.is_all


def test_who_sees_some_gives_nobody_more_nor_less(two, boss, nora):
    narrow = staff.narrowed(nora, two.scope(Reach.BRANDS))
    peer = staff.member("peer@provider.example", two.scope(Reach.CUSTOMERS))
    with pytest.raises(ScopeNotYours):
        change(peer, narrow, scope=ALL)
    with pytest.raises(ScopeNotYours):
        change(peer, narrow, scope=some_brands(two))
    assert people.again(peer).staff_scope == two.scope(Reach.CUSTOMERS)
    assert not people.events(SCOPE_CHANGED)


def test_who_is_added_sees_what_they_see_who_adds_them(two, boss, nora):
    narrow = staff.narrowed(nora, two.scope(Reach.BRANDS))
    assert add(narrow).staff_scope == two.scope(Reach.BRANDS)


def test_who_sees_some_adds_nobody_who_sees_more(two, boss, nora):
    narrow = staff.narrowed(nora, two.scope(Reach.BRANDS))
    with pytest.raises(FieldsRefused) as caught:
        add(narrow, ALL)
    assert isinstance(caught.value.fields["scope"], ScopeNotYours)


def test_who_sees_all_adds_whom_they_like(two, boss):
    assert add(boss, some_brands(two)).staff_scope == two.scope(Reach.BRANDS)


def test_a_customers_own_people_have_none(two, boss):
    with pytest.raises(ScopeOfStaffAlone):
        change(two.near_person, two.near_person, scope=ALL)
    with pytest.raises(FieldsRefused):
        add(two.near_person, ALL, customer=two.near)


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ({"scope": True}, LastWithAllCustomers),
        ({"tabs": frozenset({"home"})}, LastAdministrator),
        ({"status": "suspended", "confirmed": True}, LastAdministrator),
    ],
)
def test_the_last_one_who_sees_all_stays(two, boss, nora, wanted, refusal):
    """Another one with the Administrators tab is left, who could give it back to nobody."""
    staff.narrowed(nora, two.scope(Reach.BRANDS))
    if "scope" in wanted:
        wanted = {"scope": some_brands(two)}
    with pytest.raises(refusal):
        services.change(
            boss.id,
            services.Change(**wanted),
            customer_id=boss.customer_id,
            actor=CONSOLE,
            now=timezone.now(),
        )
    assert people.again(boss).staff_scope.is_all
    staff.narrowed(nora, Scope.EVERYTHING)
    change(boss, nora, **wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        {"email": "mine@provider.example", "reauthenticated": True},
        {"tabs": frozenset({"home"})},
        {"status": "suspended", "confirmed": True},
        {"require_2fa": True},
    ],
)
def test_who_sees_some_has_no_power_over_who_sees_more(two, boss, nora, wanted):
    """Or they would take that account over, and with it see all."""
    narrow = staff.narrowed(nora, two.scope(Reach.BRANDS))
    with pytest.raises(NotAuthorised):
        change(boss, narrow, **wanted)
    peer = staff.member("peer@provider.example", two.scope(Reach.CUSTOMERS))
    change(peer, narrow, **wanted)
