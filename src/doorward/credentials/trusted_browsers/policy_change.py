"""A changed policy, and what follows from it for factors: trusted browsers that it no longer allows end with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.credentials.trusted_browsers import trust
from doorward.customers import protection
from doorward.customers.rights import authorise
from doorward.permissions.actions import Action
from doorward.policy import change

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.actor import Actor
    from doorward.customers.models import Customer
    from doorward.policy.change import PolicyChange


def change_policy(customer: Customer, wanted: PolicyChange, *, actor: Actor, now: datetime) -> None:
    """Change a customer's policy. Raises `FieldsRefused` for numbers out of bounds."""
    authorise(actor, Action.CHANGE_POLICY, customer.id)
    with protection.refusals_recorded(actor=actor), transaction.atomic():
        change.change_policy(customer, wanted, actor=actor, now=now)
        trust.follow_policy(customer.id, now=now)
