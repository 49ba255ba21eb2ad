"""The provider's minimum, where it changes for a customer: an event of theirs, which their people are told of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.audit.record import record
from doorward.customers.events import MINIMUM_CHANGED
from doorward.customers.models import Customer, CustomerStatus
from doorward.customers.protection import details_of
from doorward.permissions.protection import Change

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.audit.record import Detail


def record_minimum(customer: tuple[UUID, str], *, required: bool, actor: Actor) -> None:
    """Record that the provider requires two factors of a customer's people from now on, or no longer."""
    change = Change("floor_require_2fa", before=not required, after=required)
    details: dict[str, Detail] = {"require_2fa": required, **details_of((change,))}
    record(MINIMUM_CHANGED, actor=actor, customer=customer, details=details)


def record_brands_minimum(brand_id: UUID, *, required: bool, actor: Actor) -> None:
    """Record it for each customer of a brand whom the provider does not require it of besides."""
    customers = Customer.objects.filter(brand_id=brand_id, floor_require_2fa=False)
    for customer in customers.exclude(status=CustomerStatus.CLOSED).values_list("id", "name"):
        record_minimum(customer, required=required, actor=actor)
