"""Customers that are suspended, closed, and deleted for good, by the real services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.credentials.passkeys.other_host import change_customer
from doorward.customers import deletion, exports
from doorward.customers import services as customers
from doorward.customers.models import Customer, CustomerStatus
from doorward.customers.services import CustomerChange

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


def set_status(customer: Customer, status: CustomerStatus) -> None:
    """Suspend, close or restore a customer."""
    found = customers.get(customer.id)
    change(customer, status=status, brand_id=found.brand_id)


def change(customer: Customer, *, status: CustomerStatus, brand_id: UUID) -> None:
    """Change status and brand of a customer, confirmed and typed."""
    wanted = CustomerChange(
        name=customer.name, brand_id=brand_id, status=status, confirmed=True, typed=customer.name
    )
    change_customer(customer.id, wanted, actor=CONSOLE, now=timezone.now())


def close(customer: Customer) -> None:
    """Close a customer."""
    set_status(customer, CustomerStatus.CLOSED)


def ask_to_delete(customer: Customer) -> datetime:
    """Ask for a closed customer to be deleted, after an export; return when it will be."""
    now = timezone.now()
    exports.record_customer_export(customer.id, actor=CONSOLE, now=now)
    return deletion.ask(customer.id, typed=customer.name, actor=CONSOLE, now=now)
