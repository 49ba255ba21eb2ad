"""Whether the provider's support may help somebody at all, whoever would agree (`support.py`, `who_may_agree.py`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.accounts.errors import CustomerNotActive
from doorward.customers.models import CustomerKind, CustomerStatus
from doorward.policy.fields import SupportAccess
from doorward.recovery import just_before
from doorward.recovery.errors import SupportIsForCustomers, SupportNotAllowed

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.accounts.models import Administrator


def refuse_support(person: Administrator, *, now: datetime) -> None:
    """Refuse support where it may not help.

    Raises `SupportIsForCustomers`, `CustomerNotActive`, `SupportNotAllowed`.
    """
    if person.customer.kind == CustomerKind.PROVIDER:
        raise SupportIsForCustomers
    if person.customer.status != CustomerStatus.ACTIVE:
        raise CustomerNotActive
    if just_before.support_access(person, now=now) is SupportAccess.NEVER:
        raise SupportNotAllowed
