"""*Required 2FA*, ticked and unticked for people: who may, and when unticking does nothing.

Either takes `Action.REQUIRE_TWO_FACTORS`: nobody's who acts on a customer's behalf or manages its portal. While a
policy or a minimum requires it of somebody, their tick cannot be taken away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.accounts import exceptions
from doorward.accounts.errors import NothingSelected
from doorward.accounts.events import TWO_FACTOR_NO_LONGER_REQUIRED, TWO_FACTOR_REQUIRED
from doorward.accounts.locking import must_still_may
from doorward.accounts.looking_after import keeps_help
from doorward.accounts.models import Administrator, Status
from doorward.accounts.required_of import policy_of
from doorward.audit.record import record
from doorward.customers import locking as customer_lock
from doorward.customers.models import Customer
from doorward.customers.rights import authorise
from doorward.kernel.errors import NotFound
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.audit.events import EventType


def turned(person: Administrator, wanted: bool | None, *, now: datetime) -> EventType | None:  # noqa: FBT001 - a tick
    """Return what a form does to somebody's tick, as the event of it; None: it stays, as one that a rule holds does.

    It is written with all else that the form changes (`_apply` in `services.py`).
    """
    if wanted is None or wanted == person.require_2fa:
        return None
    if not wanted and policy_of(person, now=now).held:
        return None
    return TWO_FACTOR_REQUIRED if wanted else TWO_FACTOR_NO_LONGER_REQUIRED


def require_several(
    person_ids: Iterable[UUID], *, customer_id: UUID, actor: Actor, now: datetime
) -> int:
    """Tick *Required 2FA* for several at once; return how many it was new for."""
    authorise(actor, Action.REQUIRE_TWO_FACTORS, customer_id)
    wanted = set(person_ids)
    if not wanted:
        raise NothingSelected
    with transaction.atomic():
        customer_lock.hold(customer_id)
        must_still_may(actor, Action.REQUIRE_TWO_FACTORS, customer_id)
        rows = Administrator.objects.of(customer_id).exclude(status=Status.REMOVED)
        people = list(rows.select_related("customer").filter(id__in=wanted))
        if len(people) != len(wanted):
            raise NotFound
        fresh = [person for person in people if not person.require_2fa]
        with keeps_help(Customer.objects.filter(id=customer_id), now=now):
            rows.filter(id__in=[person.id for person in fresh]).update(require_2fa=True)
        for person in fresh:
            exceptions.end_with_tick(person, actor=actor, now=now)
            record(TWO_FACTOR_REQUIRED, actor=actor, subject=person.who())
    return len(fresh)
