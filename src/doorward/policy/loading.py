"""From rows to the policy that holds for somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.policy import series
from doorward.policy.effective import Policies

if TYPE_CHECKING:
    from doorward.customers.models import Customer


def policies_of(customer: Customer) -> Policies:
    """Return what a customer's people are asked by customer, provider and brand; wants `brand` at hand."""
    return policies_from(customer.policy, customer.minimum, customer.brand.minimum)


def policies_from(policy: str, minimum: str, brand: str) -> Policies:
    """Return the same from the columns of rows."""
    return Policies(
        customer=series.load(policy), minimum=series.load(minimum), brand=series.load(brand)
    )
