"""What ends all that somebody has elsewhere: at applications as at sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.customers.models import Customer
from doorward.sessions.models import Session
from tests.kit.factors import require

if TYPE_CHECKING:
    from collections.abc import Callable


def _person(person: Administrator, **columns: object) -> None:
    Administrator.objects.of(person.customer_id).filter(id=person.id).update(**columns)


def _customer(person: Administrator, **columns: object) -> None:
    Customer.objects.filter(id=person.customer_id).update(**columns)


OVER: Final[dict[str, Callable[[Administrator], object]]] = {
    "the person is suspended": lambda one: _person(one, status="suspended"),
    "the person is removed": lambda one: _person(one, status="removed"),
    "the customer is suspended": lambda one: _customer(one, status="suspended"),
    "the customer is closed": lambda one: _customer(one, status="closed"),
    "all sessions were ended": lambda one: _person(one, security_version=9),
    "the session was ended": lambda one: Session.objects.filter(administrator=one).update(
        ended_at=timezone.now()
    ),
    "the session is gone": lambda one: Session.objects.filter(administrator=one).delete(),
    "two factors are required from now on": require,
}
