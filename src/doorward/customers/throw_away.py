"""Customers that the selftest makes and deletes again: marked, so that what a kill leaves behind is deleted too.

They go the way of every customer that is deleted for good (`notifications/customer_deletion.py`), without its month of
waiting. Their people have addresses at which there is nobody, and are sent nothing.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q

from doorward.customers import services
from doorward.customers.models import Customer, CustomerStatus, ThrowAway
from doorward.customers.rights import authorise
from doorward.kernel.clock_set_back import SKEW
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor

LASTS: Final = timedelta(minutes=15)
NAME: Final = "Doorward selftest"
# Nobody can have an address there (RFC 6761, 6.4).
DOMAIN: Final = "selftest.invalid"


def make(*, actor: Actor, now: datetime) -> Customer:
    """Add a customer of the default brand for a selftest, and return it with its brand."""
    authorise(actor, Action.RUN_SELFTEST)
    with transaction.atomic():
        made = services.add(name=f"{NAME} {secrets.token_hex(6)}", actor=actor, now=now)
        ThrowAway.objects.create(customer=made, until=now + LASTS)
    return services.get(made.id)


def end(customer_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Have one deleted at once: from now on nobody gets in. Another customer is left alone."""
    authorise(actor, Action.RUN_SELFTEST)
    _end(ThrowAway.objects.filter(customer_id=customer_id).values_list("customer_id"), now=now)


def end_due(*, now: datetime) -> int:
    """Have those deleted that a selftest left behind; return how many."""
    # One that would stay longer than any was made by a clock that was ahead.
    over = Q(until__lte=now) | Q(until__gt=now + LASTS + SKEW)
    return _end(ThrowAway.objects.filter(over).values_list("customer_id"), now=now)


def is_nowhere(address: str) -> bool:
    """Return whether nobody can have this address."""
    return address.casefold().endswith(f"@{DOMAIN}")


def _end(ids: object, *, now: datetime) -> int:
    rows = Customer.objects.filter(id__in=ids, deleting_since=None)
    closed = {"status": CustomerStatus.CLOSED, "closed_at": now, "delete_at": now}
    return rows.update(**closed, deleting_since=now)
