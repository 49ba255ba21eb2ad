"""The provider's floor, where it changes for a customer: an event of theirs, which their people are told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.audit.events import Kind
from doorward.audit.services import record
from doorward.core.protection import Change
from doorward.customers.models import Customer, CustomerStatus
from doorward.customers.protection import details_of

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.audit.origin import By
    from doorward.audit.services import Detail


def record_floor(customer: tuple[UUID, str], *, required: bool, by: By) -> None:
    """Record that the provider requires two factors of a customer's people from now on, or no longer."""
    change = Change("floor_require_2fa", before=not required, after=required)
    details: dict[str, Detail] = {"require_2fa": required, **details_of((change,))}
    record(Kind.FLOOR_CHANGED, by=by, customer=customer, details=details)


def record_brands_floor(brand_id: UUID, *, required: bool, by: By) -> None:
    """Record it for each customer of a brand whom the provider does not require it of besides."""
    customers = Customer.objects.filter(brand_id=brand_id, floor_require_2fa=False)
    for customer in customers.exclude(status=CustomerStatus.CLOSED).values_list("id", "name"):
        record_floor(customer, required=required, by=by)
