"""What becomes of managing, in the history of both companies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.audit.record import record
from doorward.customers.models import Customer, CustomerKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doorward.audit.actor import Actor
    from doorward.audit.events import EventType
    from doorward.audit.record import Detail
    from doorward.managing.models import Managing


def tell(
    event_type: EventType,
    managing: Managing,
    *,
    actor: Actor,
    details: Mapping[str, Detail] | None = None,
) -> None:
    """Record it in the caller's transaction: it happens to whom of the staff it is about, at the customer.

    At the provider it stands as a copy, which nobody is mailed of.
    """
    named: dict[str, Detail] = {"managing": str(managing.id), **(details or {})}
    customers = Customer.objects.filter(id=managing.customer_id)
    copies = Customer.objects.filter(kind=CustomerKind.PROVIDER)
    typed = {"reason": managing.reason} if managing.reason else {}
    for rows, more in ((customers, {}), (copies, {"copy": True})):
        for whose in rows.values_list("id", "name"):
            record(
                event_type,
                actor=actor,
                subject=managing.staff.who(),
                customer=whose,
                details=named | more,
                typed=typed,
            )
