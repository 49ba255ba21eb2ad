"""Customers, brands and tabs: what the provider keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from doorward.audit.actor import CONSOLE, Actor
from doorward.audit.record import record
from doorward.customers import cached, protection, staff_scope
from doorward.customers.errors import (
    CustomerNameTaken,
    DeletionBegun,
    NameNotTyped,
    ProviderStaysActive,
)
from doorward.customers.events import CUSTOMER_ADDED, CUSTOMER_CHANGED
from doorward.customers.models import Brand, Customer, CustomerKind, CustomerStatus
from doorward.customers.rights import authorise, scope_of
from doorward.kernel.errors import (
    ChoiceInvalid,
    ConfirmationMissing,
    NameMissing,
    NotFound,
    Refusal,
)
from doorward.kernel.text.cleaning import clean_line, fold_case
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from doorward.permissions.protected_fields import Change

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
        add(name=provider, kind=CustomerKind.PROVIDER, brand=brand, actor=CONSOLE, now=now)
    cached.forget()


def add(
    *,
    name: str,
    actor: Actor,
    now: datetime,
    brand: Brand | None = None,
    kind: CustomerKind = CustomerKind.CUSTOMER,
) -> Customer:
    """Add a customer; without a brand it gets the default one.

    Raises `NameMissing`, `CustomerNameTaken`, and what `clean_line` raises.
    """
    authorise(actor, Action.ADD_CUSTOMER, brand_id=brand.id if brand else None)
    cleaned = _clean_name(name)
    try:
        with transaction.atomic():
            authorise(actor, Action.ADD_CUSTOMER, brand_id=brand.id if brand else None)
            customer = Customer.objects.create(
                **Customer.name_columns(cleaned),
                kind=kind,
                brand=brand or Brand.objects.get(is_default=True),
                since=now.date(),
            )
            record(CUSTOMER_ADDED, actor=actor, customer=(customer.id, customer.name))
            return customer
    except IntegrityError as error:
        raise CustomerNameTaken from error


def _clean_name(name: str) -> str:
    try:
        cleaned = clean_line(name, maximum=NAME_LENGTH)
    except Refusal as refusal:
        refusal.field = "name"
        raise
    if not cleaned:
        raise NameMissing
    return cleaned


def find(name: str) -> Customer:
    """Return the customer of that name, whatever its letter case, or raise `NotFound`."""
    customer = Customer.objects.select_related("brand").filter(name_folded=fold_case(name)).first()
    if customer is None:
        raise NotFound
    return customer


def get(customer_id: UUID) -> Customer:
    """Return a customer with its brand, or raise `NotFound`."""
    customer = Customer.objects.select_related("brand").filter(id=customer_id).first()
    if customer is None:
        raise NotFound
    return customer


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerChange:
    """What the provider's form says of a customer: every field, as it shall be afterwards.

    Suspending, closing and moving to another brand want `confirmed`; closing wants the name in `typed`, too.
    """

    name: str
    brand_id: UUID
    status: CustomerStatus
    confirmed: bool = False
    typed: str = ""


def change(customer_id: UUID, wanted: CustomerChange, *, actor: Actor, now: datetime) -> Customer:
    """Change a customer, all of it or nothing; return it as it was, with its brand.

    A suspended one's people are out at their next click.

    Raises `NotFound`, `ChoiceInvalid`, `NameMissing`, `CustomerNameTaken`, `ConfirmationMissing`, `NameNotTyped`,
    `ProviderStaysActive`, `DeletionBegun`, and what `clean_line` raises.
    """
    authorise(actor, Action.CHANGE_CUSTOMER, customer_id)
    name = _clean_name(wanted.name)
    columns = {"name": name, "brand": wanted.brand_id, "status": wanted.status.value}
    try:
        with protection.refusals_recorded(actor=actor), transaction.atomic():
            customer = _locked(customer_id)
            # Once more: who waited for the lock may have lost the right.
            authorise(actor, Action.CHANGE_CUSTOMER, customer_id)
            names = _brand_names(customer, actor=actor)
            if wanted.brand_id not in names:
                raise ChoiceInvalid(field="brand")
            before = {"brand": customer.brand_id, "name": customer.name, "status": customer.status}
            changes = protection.changes_of(before, columns)
            if changes:
                _check(customer, wanted)
                whose = (customer_id, name)
                protection.settle(changes, what=name, customer=whose, names=names, actor=actor)
                written = columns | Customer.name_columns(name)
                written |= _closing(customer, wanted, now=now)
                Customer.objects.filter(id=customer_id).update(**written)
                _record_change(whose, wanted, changes=changes, names=names, actor=actor)
            return customer
    except IntegrityError as error:
        raise CustomerNameTaken from error


def _locked(customer_id: UUID) -> Customer:
    rows = Customer.objects.select_related("brand").select_for_update(of=("self",), no_key=True)
    customer: Customer | None = rows.filter(id=customer_id).first()
    if customer is None:
        raise NotFound
    return customer


def _brand_names(customer: Customer, *, actor: Actor) -> dict[UUID, str]:
    """Return the names of the brands that a customer may have: its own, and those whom who acts may choose."""
    return {
        brand.id: brand.name for brand in [customer.brand, *staff_scope.brands(scope_of(actor))]
    }


def _check(customer: Customer, wanted: CustomerChange) -> None:
    if customer.deleting_since is not None:
        raise DeletionBegun
    ends = wanted.status not in {customer.status, CustomerStatus.ACTIVE}
    if ends and customer.kind == CustomerKind.PROVIDER:
        raise ProviderStaysActive
    if (ends or wanted.brand_id != customer.brand_id) and not wanted.confirmed:
        raise ConfirmationMissing
    if ends and wanted.status == CustomerStatus.CLOSED:
        must_be_typed(customer, wanted.typed)


def must_be_typed(customer: Customer, typed: str) -> None:
    """Let on who typed the customer's name, whatever its letter case. Raises `NameNotTyped`."""
    if fold_case(" ".join(typed.split())) != customer.name_folded:
        raise NameNotTyped


def _closing(
    customer: Customer, wanted: CustomerChange, *, now: datetime
) -> dict[str, datetime | None]:
    """Return the columns that go with the status: another one begins all of it anew, deletion, too."""
    if wanted.status == customer.status:
        return {}
    closed_at = now if wanted.status == CustomerStatus.CLOSED else None
    return {"closed_at": closed_at, "exported_at": None, "delete_at": None}


def _record_change(
    customer: tuple[UUID, str],
    wanted: CustomerChange,
    *,
    changes: tuple[Change, ...],
    names: Mapping[UUID, str],
    actor: Actor,
) -> None:
    record(
        CUSTOMER_CHANGED,
        actor=actor,
        customer=customer,
        details={
            "status": wanted.status.value,
            **protection.details_of(changes, names=names),
        },
    )
