"""From rows to the policy that holds: the person's tick, the customer's choice, the floors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.core.policy import CustomerPolicy, Floor, Kinds, Policy, RequiredBy, effective

if TYPE_CHECKING:
    from doorward.customers.models import Brand, Customer


def policy_for(*, tick: bool, customer: Customer, brand: Brand) -> Policy:
    """Give what holds for an administrator of this customer."""
    return policy_from(
        tick=tick,
        customer=chosen(customer),
        floor_customer=customer.floor_require_2fa,
        floor_brand=brand.require_2fa,
    )


def policy_from(
    *, tick: bool, customer: CustomerPolicy, floor_customer: bool, floor_brand: bool
) -> Policy:
    """Give what holds, from the values of rows."""
    floors = (
        Floor(by=RequiredBy.FLOOR_CUSTOMER, required=floor_customer),
        Floor(by=RequiredBy.FLOOR_BRAND, required=floor_brand),
    )
    return effective(tick=tick, customer=customer, floors=floors)


def chosen(customer: Customer) -> CustomerPolicy:
    """Give what the customer's own administrators chose."""
    return CustomerPolicy(
        required=customer.require_2fa,
        grace_days=customer.grace_days,
        grace_from=customer.grace_from,
        kinds=Kinds(customer.kinds),
        trust_days=customer.trust_days,
        session_hours=customer.session_hours,
        idle_minutes=customer.idle_minutes,
    )
