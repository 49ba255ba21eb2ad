"""What is exported of a customer's data: written down before its first byte leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.audit.events import ADOPTION_EXPORTED, HISTORY_EXPORTED, PEOPLE_EXPORTED
from doorward.audit.record import record
from doorward.customers.rights import authorise
from doorward.permissions.actions import Action

if TYPE_CHECKING:
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
