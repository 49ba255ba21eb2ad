"""What of history a member of the provider's staff sees, and is mailed of: what is about their scope.

The provider's own history has what its people did to brands, and copies of what support asked for at customers.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from django.db import connection
from django.db.models import OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.lookups import IsNull

from doorward.accounts.events import SCOPE_CHANGED
from doorward.accounts.models import Administrator
from doorward.audit.models import Event
from doorward.audit.newest import Newest, OfPerson, parts_of_people
from doorward.audit.record import history_of_person
from doorward.customers import staff_scope
from doorward.customers.events import PROTECTION_LOWERED, TAB_ADDED, TAB_CHANGED, TAB_REMOVED
from doorward.customers.models import CustomerKind
from doorward.permissions.staff_scope import Reach

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.permissions.staff_scope import Scope

# What the Tabs tab changes is everybody's, and says for which brands and customers it is.
_OF_ALL: Final = (TAB_ADDED, TAB_CHANGED, TAB_REMOVED)


def within(events: QuerySet[Event], scope: Scope, *, me: UUID) -> QuerySet[Event]:
    """Return those events of the provider's own history that are about a scope; `me`: whose it is.

    About whom a scope was changed names customers and brands: it is for who sees all, and for them.
    """
    if scope.is_all:
        return events
    people = Administrator.objects.everywhere()
    theirs = people.filter(Q(customer__kind=CustomerKind.PROVIDER) | _of_customers(scope))
    # Of all who are in it: whom it is about, who did it, and for whom. They are looked for one by one: a list of all
    # who are meant is a million people long, and PostgreSQL makes one of `Exists`. It takes it that of lines nearly all
    # meet what is asked so, and reads the newest until there are enough; of an equality or a missing key it takes it
    # that none do, and reads all.
    of_whom = Q()
    for whom in ("subject_id", "actor_id", "on_behalf_of_id"):
        one = Subquery(theirs.filter(id=OuterRef(whom)).values("id")[:1])
        of_whom &= Q(**{whom: None}) | Q(IsNull(one, False))  # noqa: FBT003 - Django's signature
    of_brand = ~Q(details__has_any_keys=["brand_id", "brand"])
    of_brand &= ~Q(type=PROTECTION_LOWERED)
    if scope.reach is Reach.BRANDS:
        of_brand |= Q(details__brand_id__in=sorted(map(str, scope.ids)))
    others = Q(type=SCOPE_CHANGED) & ~Q(subject_id=me)
    # A customer that is named: who is there for it reads the same on its page. No exception for what one did oneself:
    # a scope that is lost takes along what it was about.
    named = Q(details__has_key="customer")
    # Into whose portal a colleague went, and why, stands in that customer's history.
    managed = Q(details__has_key="managing") & ~Q(subject_id=me)
    seen = events.filter(of_whom, of_brand).exclude(type__in=_OF_ALL)
    return seen.exclude(others).exclude(named).exclude(managed)


def _of_customers(scope: Scope) -> Q:
    """Return the condition of people of a scope. Customers by name are one value, as it is sent a hundred times."""
    if scope.reach is not Reach.CUSTOMERS:
        return staff_scope.which(scope, of="customer")
    if connection.vendor == "postgresql":
        ids = RawSQL("SELECT unnest(string_to_array(%s, ' ')::uuid[])", [scope.text])
    else:
        ids = RawSQL("SELECT value FROM json_each(%s)", [json.dumps(scope.text.split())])
    return Q(customer_id__in=ids)


def of_person(person_id: UUID, *, customer_id: UUID, scope: Scope, me: UUID) -> Newest | OfPerson:
    """Return what a person did and what was done to them, as somebody with a scope sees it."""
    if scope.is_all:
        return OfPerson(customer_id=customer_id, person_id=person_id)
    events = history_of_person(customer_id=customer_id, person_id=person_id)
    mine = within(Event.objects.filter(customer_id=customer_id), scope, me=me)
    return Newest(within(events, scope, me=me), parts_of_people(mine, [person_id]))


def may_be_told(event: Event, person: Administrator) -> bool:
    """Return whether somebody may be mailed of an event by now; wants `customer` at hand.

    A customer's own people are told what they were to be told, and the provider's what is in their scope.
    """
    if person.customer.kind != CustomerKind.PROVIDER or person.staff_scope.is_all:
        return True
    if event.customer_id is not None and event.customer_id != person.customer_id:
        return staff_scope.has_customer(event.customer_id, person.staff_scope)
    return within(Event.objects.filter(id=event.id), person.staff_scope, me=person.id).exists()
