"""Customers, brands and tabs: what the provider keeps."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from doorward.audit.events import Kind
from doorward.audit.origin import CONSOLE, By
from doorward.audit.services import record
from doorward.core.errors import (
    ConfirmationMissing,
    CustomerNameTaken,
    FieldsRefused,
    GraceIsOver,
    NameMissing,
    NotFound,
    ProviderStaysActive,
)
from doorward.core.text import clean_line, fold_case
from doorward.customers import cached, protection
from doorward.customers.floors import record_floor
from doorward.customers.models import Brand, Customer, CustomerKind, CustomerStatus
from doorward.customers.policies import check_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from doorward.core.policy import Kinds
    from doorward.core.protection import Change

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
    cleaned = _clean_name(name)
    try:
        with transaction.atomic():
            customer = Customer.objects.create(
                **Customer.name_columns(cleaned),
                kind=kind,
                brand=brand or Brand.objects.get(is_default=True),
                since=now.date(),
            )
            record(Kind.CUSTOMER_ADDED, by=by, customer=(customer.id, customer.name))
            return customer
    except IntegrityError as error:
        raise CustomerNameTaken from error


def _clean_name(name: str) -> str:
    cleaned = clean_line(name, maximum=NAME_LENGTH)
    if not cleaned:
        raise NameMissing(field="name")
    return cleaned


def find(name: str) -> Customer:
    """Give the customer of that name, whatever its letter case, or raise `NotFound`."""
    customer = Customer.objects.select_related("brand").filter(name_folded=fold_case(name)).first()
    if customer is None:
        raise NotFound
    return customer


def get(customer_id: UUID) -> Customer:
    """Give a customer with its brand."""
    return Customer.objects.select_related("brand").get(id=customer_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """What is to change of a customer's policy, as it shall be afterwards (None: as it is)."""

    require_2fa: bool | None = None
    grace_days: int | None = None
    kinds: Kinds | None = None
    trust_days: int | None = None
    session_hours: int | None = None
    idle_minutes: int | None = None


def change_policy(customer: Customer, wanted: PolicyChange, *, by: By, now: datetime) -> None:
    """Change what a customer's administrators ask of themselves; the provider's floor stays above it.

    Pages use the one of `mfa.policies`, which also ends what it no longer allows. Raises `FieldsRefused`
    for numbers out of bounds, and for days that would open a time of grace again that is over.
    """
    columns = {name: value for name, value in asdict(wanted).items() if value is not None}
    check_numbers(**{name: value for name, value in columns.items() if type(value) is int})
    with transaction.atomic():
        current = Customer.objects.select_for_update().get(id=customer.id)
        before = {name: getattr(current, name) for name in columns}
        changes = protection.changes_of(before, columns)
        if not changes:
            return
        whose = (customer.id, customer.name)
        protection.settle(changes, what=customer.name, customer=whose, by=by)
        _refuse_reopening(current, columns, now=now)
        rows = Customer.objects.filter(id=customer.id)
        rows.update(**columns)
        required = columns.get("require_2fa", current.require_2fa)
        if required:
            # It runs from the day on which two factors were asked for first, however often they are again.
            rows.filter(grace_from__isnull=True).update(grace_from=now)
        record(
            Kind.POLICY_CHANGED,
            by=by,
            customer=(customer.id, customer.name),
            details={"require_2fa": required, **protection.details_of(changes)},
        )


def _refuse_reopening(current: Customer, columns: dict[str, object], *, now: datetime) -> None:
    """Refuse more days of grace once it has ended. Raises `FieldsRefused`."""
    days = columns.get("grace_days", current.grace_days)
    if current.grace_from is None or not isinstance(days, int) or days <= current.grace_days:
        return
    if now >= current.grace_from + timedelta(days=current.grace_days):
        raise FieldsRefused({"grace_days": GraceIsOver()})


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerChange:
    """What the provider's form says of a customer: every field, as it shall be afterwards.

    Suspending or closing wants `confirmed`.
    """

    name: str
    brand_id: UUID
    status: CustomerStatus
    floor_require_2fa: bool
    confirmed: bool = False


def change(customer_id: UUID, wanted: CustomerChange, *, by: By) -> None:
    """Change a customer, all of it or nothing. A suspended one's people are out at their next click.

    Raises `NotFound`, `NameMissing`, `CustomerNameTaken`, `ConfirmationMissing`, `ProviderStaysActive`,
    and what `clean_line` raises.
    """
    name = _clean_name(wanted.name)
    columns: dict[str, object] = {
        "name": name,
        "brand": wanted.brand_id,
        "status": wanted.status.value,
        "floor_require_2fa": wanted.floor_require_2fa,
    }
    try:
        with protection.refusals_recorded(by=by), transaction.atomic():
            rows = Customer.objects.select_for_update(of=("self",))
            customer = rows.filter(id=customer_id).first()
            brands = {brand.id: brand for brand in Brand.objects.only("name", "require_2fa")}
            if customer is None or wanted.brand_id not in brands:
                raise NotFound
            before = {"brand": customer.brand_id} | {
                key: getattr(customer, key) for key in columns if key != "brand"
            }
            changes = protection.changes_of(before, columns)
            if not changes:
                return
            _check_status(customer, wanted)
            names = {brand.id: brand.name for brand in brands.values()}
            whose = (customer_id, name)
            protection.settle(changes, what=name, customer=whose, names=names, by=by)
            written = columns | Customer.name_columns(name)
            Customer.objects.filter(id=customer_id).update(**written)
            _record_change(whose, wanted, changes=changes, names=names, by=by)
            required = wanted.floor_require_2fa or brands[wanted.brand_id].require_2fa
            if required != (customer.floor_require_2fa or brands[customer.brand_id].require_2fa):
                record_floor((customer_id, name), required=required, by=by)
    except IntegrityError as error:
        raise CustomerNameTaken from error


def _check_status(customer: Customer, wanted: CustomerChange) -> None:
    if wanted.status in {customer.status, CustomerStatus.ACTIVE}:
        return
    if customer.kind == CustomerKind.PROVIDER:
        raise ProviderStaysActive
    if not wanted.confirmed:
        raise ConfirmationMissing


def _record_change(
    customer: tuple[UUID, str],
    wanted: CustomerChange,
    *,
    changes: tuple[Change, ...],
    names: Mapping[UUID, str],
    by: By,
) -> None:
    record(
        Kind.CUSTOMER_CHANGED,
        by=by,
        customer=customer,
        details={
            "status": wanted.status.value,
            "floor_require_2fa": wanted.floor_require_2fa,
            **protection.details_of(changes, names=names),
        },
    )
