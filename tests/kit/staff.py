"""The provider's people with their scopes, and customers that are in them and outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from doorward.accounts import staff_scope
from doorward.accounts.models import Administrator
from doorward.audit.actor import CONSOLE
from doorward.customers import cached
from doorward.customers import services as customers
from doorward.customers.models import Brand, Customer
from doorward.customers.tabs import BUILT_IN, STAFF
from doorward.permissions.staff_scope import Reach, Scope
from tests.kit import people

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

EVERY_TAB = frozenset(BUILT_IN + STAFF)


@dataclass
class Two:
    """A brand with a customer in somebody's scope, and one outside, each with somebody who looks after it."""

    near_brand: Brand
    near: Customer
    far_brand: Brand
    far: Customer
    near_person: Administrator
    far_person: Administrator

    def scope(self, reach: Reach) -> Scope:
        """Return the scope that has what is near."""
        ids = {Reach.BRANDS: self.near_brand.id, Reach.CUSTOMERS: self.near.id}
        return Scope(reach, frozenset({ids[reach]})) if reach in ids else Scope.EVERYTHING


def two() -> Two:
    """Make them. Whatever is outside has `zyx` in its name."""
    people.provider()
    near_brand = brand("Nearby Telecom")
    far_brand = brand("Zyxline Telecom")
    near = company("Near Bakery", near_brand)
    far = company("Zyxpert Clinic", far_brand)
    return Two(
        near_brand,
        near,
        far_brand,
        far,
        keeper(near, "nell@near.example", "Nell Near"),
        keeper(far, "zyxa@zyxpert.example", "Zyxa Zyxson"),
    )


def brand(name: str) -> Brand:
    """Add a brand."""
    made = Brand.objects.create(name=name, issuer=name)
    cached.forget()
    return made


def company(name: str, of: Brand) -> Customer:
    """Add a customer of a brand."""
    return customers.add(name=name, brand=of, actor=CONSOLE, now=timezone.now())


def keeper(customer: Customer, email: str, name: str) -> Administrator:
    """Add somebody who looks after a customer."""
    return people.make_administrator(customer, email=email, name=name, tabs=people.ALL_TABS)


def member(
    email: str, scope: Scope = Scope.EVERYTHING, tabs: Iterable[str] = EVERY_TAB
) -> Administrator:
    """Add one of the provider's people."""
    name = f"{email.partition('@')[0].title()} Staff"
    made = people.make_administrator(people.provider(), email=email, name=name, tabs=tabs)
    return narrowed(made, scope)


def narrowed(person: Administrator, scope: Scope) -> Administrator:
    """Return the same with another scope, written as it is."""
    rows = Administrator.objects.of(person.customer_id).filter(id=person.id)
    rows.update(**staff_scope.columns(scope))
    return people.again(person)


def ids(*ones: Brand | Customer) -> frozenset[UUID]:
    """Return their ids."""
    return frozenset(one.id for one in ones)
