"""What is exported of a customer's data: written down before its first byte leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.audit.events import ADOPTION_EXPORTED, HISTORY_EXPORTED, PEOPLE_EXPORTED
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


def record_customer_export(customer_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Record that everything a customer owns was exported, to its end. Raises `NotAuthorised`, `NotFound`.

    What is closed may be deleted for good after that (`deletion.py`).
    """
    authorise(actor, Action.EXPORT_CUSTOMER, customer_id)
    with transaction.atomic():
        rows = Customer.objects.filter(id=customer_id)
        name = rows.values_list("name", flat=True).first()
        if name is None:
            raise NotFound
        rows.update(exported_at=now)
        record(CUSTOMER_EXPORTED, actor=actor, customer=(customer_id, name))
