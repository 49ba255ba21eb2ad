"""Two factors are required of the provider's own people from the first day: whoever sees customers has them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from doorward.audit.actor import CONSOLE
from doorward.customers.models import Customer, CustomerKind
from doorward.policy import series, versions
from doorward.policy.fields import LOOSEST
from doorward.policy.versions import OF_STAFF, Wanted, asks_enough_of_staff, minimum_of_customer

if TYPE_CHECKING:
    from datetime import datetime


def require_of_staff(*, now: datetime) -> None:
    """Require two factors of everybody at the provider, at once and for good, where that is not so yet."""
    rows = Customer.objects.filter(kind=CustomerKind.PROVIDER).values_list("id", "minimum")
    for provider_id, minimum in rows:
        values = series.current(series.load(minimum), now=now, default=LOOSEST)
        if not asks_enough_of_staff(values):
            wanted = replace(
                values,
                required_of=OF_STAFF.required_of,
                tabs=OF_STAFF.tabs,
                from_day=None,
                newcomer_days=0,
                waves=False,
            )
            owner = minimum_of_customer(provider_id)
            versions.save(owner, Wanted(values=wanted), actor=CONSOLE, now=now)
