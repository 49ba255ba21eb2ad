"""A changed policy, and what follows from it for factors: trusted browsers that it no longer allows end with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.customers import protection, services
from doorward.mfa import trusted

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.origin import By
    from doorward.customers.models import Customer
    from doorward.customers.services import PolicyChange


def change_policy(customer: Customer, wanted: PolicyChange, *, by: By, now: datetime) -> None:
    """Change a customer's policy. Raises `FieldsRefused` for numbers out of bounds."""
    with protection.refusals_recorded(by=by), transaction.atomic():
        services.change_policy(customer, wanted, by=by, now=now)
        trusted.follow_policy(customer.id, now=now)
