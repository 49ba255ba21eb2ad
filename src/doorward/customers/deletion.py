"""Deleting a closed customer for good: asked for, taken back, due (`notifications/customer_deletion.py` deletes).

It waits until a month after closing and a day after it was asked for, so that whoever is told of it can take it back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from doorward.audit.record import record
from doorward.customers import staff_scope
from doorward.customers.errors import (
    DeletionBegun,
    ExportFirst,
    NoDeletion,
    NotClosed,
    ProviderStaysActive,
)
from doorward.customers.events import CUSTOMER_DELETION_ASKED, CUSTOMER_DELETION_TAKEN_BACK
from doorward.customers.models import Customer, CustomerKind, CustomerStatus
from doorward.customers.rights import authorise
from doorward.customers.services import must_be_typed
from doorward.kernel.errors import NotFound
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.actor import Actor
    from doorward.audit.events import EventType
    from doorward.audit.record import Detail
    from doorward.permissions.staff_scope import Scope

AFTER_CLOSING: Final = timedelta(days=30)
AFTER_ASKING: Final = timedelta(days=1)


def earliest(customer: Customer, *, now: datetime) -> datetime:
    """Return when a closed customer is deleted that this is asked for now."""
    return max((customer.closed_at or now) + AFTER_CLOSING, now + AFTER_ASKING)


def is_exported(customer: Customer) -> bool:
    """Return whether everything it owns was exported since it was closed."""
    closed, exported = customer.closed_at, customer.exported_at
    return closed is not None and exported is not None and exported >= closed


def ask(customer_id: UUID, *, typed: str, actor: Actor, now: datetime) -> datetime:
    """Have a closed customer deleted for good, and return when; `typed`: its name. Asked again, nothing changes.

    Raises `NotFound`, `ProviderStaysActive`, `NotClosed`, `DeletionBegun`, `ExportFirst`, `NameNotTyped`.
    """
    authorise(actor, Action.DELETE_CUSTOMER, customer_id)
    # Within, too: who waited for the lock may have lost the right. So it is in `take_back`.
    with transaction.atomic():
        customer = _locked(customer_id)
        authorise(actor, Action.DELETE_CUSTOMER, customer_id)
        if customer.delete_at is not None:
            return customer.delete_at
        if not is_exported(customer):
            raise ExportFirst
        must_be_typed(customer, typed)
        delete_at = earliest(customer, now=now)
        Customer.objects.filter(id=customer_id).update(delete_at=delete_at)
        _tell(CUSTOMER_DELETION_ASKED, customer, actor=actor)
        return delete_at


def take_back(customer_id: UUID, *, actor: Actor) -> None:
    """Keep a customer that is to be deleted: it is closed, as before. Raises what `ask` raises, and `NoDeletion`."""
    authorise(actor, Action.UNDELETE_CUSTOMER, customer_id)
    with transaction.atomic():
        customer = _locked(customer_id)
        authorise(actor, Action.UNDELETE_CUSTOMER, customer_id)
        if customer.delete_at is None:
            raise NoDeletion
        Customer.objects.filter(id=customer_id).update(delete_at=None)
        _tell(CUSTOMER_DELETION_TAKEN_BACK, customer, actor=actor)


def to_be_deleted(*, scope: Scope) -> QuerySet[Customer]:
    """Return the customers in a scope that are to be deleted for good, and can be kept still."""
    return staff_scope.customers(scope).filter(delete_at__isnull=False, deleting_since=None)


def begin_due(*, now: datetime) -> int:
    """Begin to delete those whose time has come, each by compare-and-set; return how many."""
    due = Customer.objects.filter(
        delete_at__lte=now, status=CustomerStatus.CLOSED, deleting_since=None
    )
    return due.update(deleting_since=now)


def _locked(customer_id: UUID) -> Customer:
    rows = Customer.objects.select_for_update(no_key=True)
    customer = rows.filter(id=customer_id).first()
    if customer is None:
        raise NotFound
    if customer.kind == CustomerKind.PROVIDER:
        raise ProviderStaysActive
    if customer.deleting_since is not None:
        raise DeletionBegun
    if customer.status != CustomerStatus.CLOSED:
        raise NotClosed
    return customer


def _tell(event_type: EventType, customer: Customer, *, actor: Actor) -> None:
    """Record it at the customer, and at the provider as a copy: the customer's own history goes with it."""
    record(event_type, actor=actor, customer=(customer.id, customer.name))
    for provider in Customer.objects.filter(kind=CustomerKind.PROVIDER).values_list("id", "name"):
        copy: dict[str, Detail] = {"customer": customer.name, "copy": True}
        record(event_type, actor=actor, customer=provider, details=copy)
