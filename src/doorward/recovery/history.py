"""What becomes of a request, in history: of the support's, both at the person's company and at the provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.audit.record import record
from doorward.customers.models import Customer, CustomerKind
from doorward.recovery.models import Way

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doorward.accounts.models import Administrator
    from doorward.audit.actor import Actor
    from doorward.audit.events import EventType
    from doorward.audit.record import Detail
    from doorward.recovery.models import RecoveryRequest


def tell(
    event_type: EventType,
    request: RecoveryRequest,
    person: Administrator,
    *,
    actor: Actor,
    details: Mapping[str, Detail] | None = None,
) -> None:
    """Record it in the caller's transaction. `details`: besides the request, which is named in each.

    At the provider it stands as a copy, which nobody is mailed of: one event is enough for that.
    """
    named: dict[str, Detail] = {"request": str(request.id), "way": request.way}
    record(event_type, actor=actor, subject=person.who(), details={**named, **(details or {})})
    if request.way != Way.SUPPORT:
        return
    providers = Customer.objects.filter(kind=CustomerKind.PROVIDER).values_list("id", "name")
    for provider in providers:
        copy = {**named, "copy": True}
        record(event_type, actor=actor, subject=person.who(), customer=provider, details=copy)
