"""What waits for somebody of the provider, within their scope: for *Home*."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from doorward.customers import deletion, staff_scope
from doorward.customers.cached import usable_hosts
from doorward.customers.tabs import BRANDS, CUSTOMERS
from doorward.importing import queries
from doorward.managing import rules
from doorward.managing.models import Managing, State
from doorward.permissions.actions import MANAGE

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.sessions.context import Person

# More agreements at a time than these are not told of.
MOST_AGREED: Final = 5


@dataclass(frozen=True, slots=True)
class Waiting:
    """`agreed`: the customers (id, name) that let this person in. The rest are numbers.

    `stopped`: imports that wait until somebody goes on. `to_delete`: customers that are to be deleted for good.
    `hosts`: host names of brands that are not confirmed, so that nobody can use them.
    """

    agreed: tuple[tuple[UUID, str], ...] = ()
    stopped: int = 0
    to_delete: int = 0
    hosts: int = 0


NOTHING: Final = Waiting()


def waiting_for(person: Person, *, now: datetime) -> Waiting:
    """Return what waits for somebody of the provider, of what their tabs show them."""
    hosts = _unconfirmed(person) if BRANDS in person.tab_keys else 0
    if CUSTOMERS not in person.tab_keys:
        return Waiting(hosts=hosts)
    return Waiting(
        agreed=_agreed(person, now=now) if MANAGE in person.tab_keys else (),
        stopped=queries.stopped(scope=person.scope).count(),
        to_delete=deletion.to_be_deleted(scope=person.scope).count(),
        hosts=hosts,
    )


def _agreed(person: Person, *, now: datetime) -> tuple[tuple[UUID, str], ...]:
    rows = Managing.objects.filter(
        staff_scope.which(person.scope, of="customer"),
        staff_id=person.id,
        state=State.AGREED,
        agreed_at__gt=now - rules.TO_BEGIN,
    )
    # One a customer at most, and put in order here: sorted there, an index of all there ever were might be taken.
    found = sorted(rows.order_by().values_list("agreed_at", "customer_id", "customer__name"))
    return tuple((customer_id, name) for _at, customer_id, name in found[:MOST_AGREED])


def _unconfirmed(person: Person) -> int:
    rows = staff_scope.brands(person.scope)
    return sum(len(set(brand.hosts).difference(usable_hosts(brand))) for brand in rows)
