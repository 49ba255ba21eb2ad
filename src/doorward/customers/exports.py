"""What is exported of a customer's data: written down before its first byte leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.audit.events import (
    ADOPTION_EXPORTED,
    EVIDENCE_MADE,
    HISTORY_EXPORTED,
    PEOPLE_EXPORTED,
)
from doorward.audit.record import record
from doorward.customers.events import CUSTOMER_EXPORTED
from doorward.customers.models import Customer
from doorward.customers.rights import authorise
from doorward.kernel.errors import NotFound
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.audit.record import Detail


def record_export(customer_id: UUID, *, filters: list[str], actor: Actor) -> None:
    """Record that a customer's history is exported, narrowed by these filters. Raises `NotAuthorised`."""
    authorise(actor, Action.EXPORT_HISTORY, customer_id)
    with transaction.atomic():
        record(HISTORY_EXPORTED, actor=actor, details={"filters": filters})


def record_people_export(customer_id: UUID, *, filters: list[str], actor: Actor) -> None:
    """Record that a list of a customer's people is exported, narrowed by these filters. Raises `NotAuthorised`."""
    authorise(actor, Action.EXPORT_PEOPLE, customer_id)
    with transaction.atomic():
        record(PEOPLE_EXPORTED, actor=actor, details={"filters": filters})


def record_adoption_export(customer_id: UUID, *, filters: list[str], actor: Actor) -> None:
    """Record that the numbers of all customers are exported. Raises `NotAuthorised`."""
    authorise(actor, Action.EXPORT_ADOPTION)
    del customer_id  # they are of all
    with transaction.atomic():
        record(ADOPTION_EXPORTED, actor=actor, details={"filters": filters})


def record_customer_export(
    customer_id: UUID, *, actor: Actor, now: datetime, checksum: str = ""
) -> None:
    """Record that everything a customer owns was exported, to its end. Raises `NotAuthorised`, `NotFound`.

    `checksum`: of the manifest of what was made. What is closed may be deleted for good after that (`deletion.py`).
    """
    authorise(actor, Action.EXPORT_CUSTOMER, customer_id)
    with transaction.atomic():
        rows = Customer.objects.filter(id=customer_id)
        name = rows.values_list("name", flat=True).first()
        if name is None:
            raise NotFound
        rows.update(exported_at=now)
        details: dict[str, Detail] = {"checksum": checksum} if checksum else {}
        record(CUSTOMER_EXPORTED, actor=actor, customer=(customer_id, name), details=details)


def check_evidence(customer_id: UUID, *, actor: Actor) -> None:
    """Let on who may make an evidence pack, before any work is done for it. Raises `NotAuthorised`.

    People and history are both in it: whoever may not take each of them along may not take them together either.
    """
    authorise(actor, Action.MAKE_EVIDENCE, customer_id)


def record_evidence(customer: Customer, *, period: str, checksum: str, actor: Actor) -> None:
    """Record an evidence pack that was made and is about to leave, by its checksum. Raises `NotAuthorised`."""
    authorise(actor, Action.MAKE_EVIDENCE, customer.id)
    with transaction.atomic():
        details: dict[str, Detail] = {"period": period, "checksum": checksum}
        whose = (customer.id, customer.name)
        record(EVIDENCE_MADE, actor=actor, customer=whose, details=details)
