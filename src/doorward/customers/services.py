"""Customers, brands and tabs: what the provider keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from doorward.audit.events import Kind
from doorward.audit.origin import CONSOLE, By
from doorward.audit.services import record
from doorward.core.errors import CustomerNameTaken, NameMissing, NotFound
from doorward.core.text import clean_line
from doorward.customers import cached
from doorward.customers.models import Brand, Customer, CustomerKind, CustomerStatus

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.core.policy import Kinds

NAME_LENGTH = 80
PROVIDER_NAME = "Provider"


def first_start(*, provider: str = PROVIDER_NAME, now: datetime) -> None:
    """Make the default brand and the provider's own customer, where there are none yet."""
    if Customer.objects.filter(kind=CustomerKind.PROVIDER).exists():
        return
    with transaction.atomic():
        brand = Brand.objects.filter(is_default=True).first() or Brand.objects.create(
            name=provider, issuer=provider, is_default=True
        )
        add(name=provider, kind=CustomerKind.PROVIDER, brand=brand, by=CONSOLE, now=now)
    cached.forget()


def add(
    *,
    name: str,
    by: By,
    now: datetime,
    brand: Brand | None = None,
    kind: CustomerKind = CustomerKind.CUSTOMER,
) -> Customer:
    """Add a customer; without a brand it gets the default one.

    Raises `NameMissing`, `CustomerNameTaken`, and what `clean_line` raises.
    """
    cleaned = clean_line(name, maximum=NAME_LENGTH)
    if not cleaned:
        raise NameMissing(field="name")
    try:
        with transaction.atomic():
            customer = Customer.objects.create(
                name=cleaned,
                name_folded=cleaned.casefold(),
                kind=kind,
                brand=brand or Brand.objects.get(is_default=True),
                since=now.date(),
            )
            record(Kind.CUSTOMER_ADDED, by=by, customer=(customer.id, customer.name))
            return customer
    except IntegrityError as error:
        raise CustomerNameTaken from error


def find(name: str) -> Customer:
    """Give the customer of that name, whatever its letter case, or raise `NotFound`."""
    customer = (
        Customer.objects.select_related("brand").filter(name_folded=name.strip().casefold()).first()
    )
    if customer is None:
        raise NotFound
    return customer


def get(customer_id: UUID) -> Customer:
    """Give a customer with its brand."""
    return Customer.objects.select_related("brand").get(id=customer_id)


def change_policy(  # noqa: PLR0913 - a policy is this wide
    customer: Customer,
    *,
    require_2fa: bool,
    grace_days: int,
    kinds: Kinds,
    session_hours: int,
    idle_minutes: int,
    by: By,
    now: datetime,
) -> None:
    """Change what a customer's administrators ask of themselves; the provider's floor stays above it."""
    wanted: dict[str, bool | int | str] = {
        "require_2fa": require_2fa,
        "grace_days": grace_days,
        "kinds": kinds.value,
        "session_hours": session_hours,
        "idle_minutes": idle_minutes,
    }
    with transaction.atomic():
        current = Customer.objects.select_for_update().get(id=customer.id)
        changed = sorted(name for name, value in wanted.items() if getattr(current, name) != value)
        if not changed:
            return
        rows = Customer.objects.filter(id=customer.id)
        rows.update(**wanted)
        if require_2fa and not current.require_2fa:
            # The grace runs from the day on which it was asked for.
            rows.update(grace_from=now)
        record(
            Kind.POLICY_CHANGED,
            by=by,
            customer=(customer.id, customer.name),
            details={"changed": changed, "require_2fa": require_2fa},
        )


def set_status(customer: Customer, status: CustomerStatus, *, by: By) -> None:
    """Suspend, close or restore a customer: its administrators are out at their next click."""
    with transaction.atomic():
        rows = Customer.objects.filter(id=customer.id).exclude(status=status)
        if rows.update(status=status):
            record(
                Kind.CUSTOMER_CHANGED,
                by=by,
                customer=(customer.id, customer.name),
                details={"status": status.value},
            )
