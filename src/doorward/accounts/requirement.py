"""What is required of a person who is not signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.policy.effective import policy_for

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator
    from doorward.policy.rules import Policy


def required(person: Administrator) -> bool:
    """Return whether two factors are required of somebody; wants `customer.brand` at hand."""
    return policy_of(person).required


def policy_of(person: Administrator) -> Policy:
    """Return the policy that holds for somebody; wants `customer.brand` at hand."""
    customer = person.customer
    return policy_for(tick=person.require_2fa, customer=customer, brand=customer.brand)
