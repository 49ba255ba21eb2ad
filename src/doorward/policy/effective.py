"""From rows to the policy that holds: the person's tick, the customer's choice, the minimums."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Final

from django.db.models import Q

from doorward.kernel.errors import FieldsRefused
from doorward.policy.errors import NumberOutOfRange
from doorward.policy.rules import (
    HOUR,
    LONGEST_IDLE,
    LONGEST_SESSION,
    MINUTE,
    SHORTEST_IDLE,
    SHORTEST_SESSION,
    CustomerPolicy,
    Kinds,
    Minimum,
    Policy,
    RequiredBy,
    effective,
)

if TYPE_CHECKING:
    from doorward.customers.models import Brand, Customer
    from doorward.kernel.errors import Refusal

# What a customer's own administrators may choose: days of grace, hours of a session, minutes of idling.
GRACE_DAYS: Final = (0, 90)
SESSION_HOURS: Final = (SHORTEST_SESSION // HOUR, LONGEST_SESSION // HOUR)
# Days for which a browser may be trusted: NIST SP 800-63B-4 counts none, so a month is the most that we lend a hand to.
TRUST_DAYS: Final = (0, 30)
IDLE_MINUTES: Final = (SHORTEST_IDLE // MINUTE, LONGEST_IDLE // MINUTE)


def check_numbers(**numbers: int) -> None:
    """Refuse numbers of a policy that are out of bounds, each by its name."""
    bounds = {
        "grace_days": GRACE_DAYS,
        "trust_days": TRUST_DAYS,
        "session_hours": SESSION_HOURS,
        "idle_minutes": IDLE_MINUTES,
    }
    refused: dict[str, Refusal] = {
        name: NumberOutOfRange(*bounds[name])
        for name, number in numbers.items()
        if not bounds[name][0] <= number <= bounds[name][1]
    }
    if refused:
        raise FieldsRefused(refused)


def policy_for(*, tick: bool, customer: Customer, brand: Brand) -> Policy:
    """Return what holds for an administrator of this customer."""
    return policy_from(
        tick=tick,
        customer=chosen(customer),
        minimum_customer=customer.floor_require_2fa,
        minimum_brand=brand.require_2fa,
    )


def policy_from(
    *, tick: bool, customer: CustomerPolicy, minimum_customer: bool, minimum_brand: bool
) -> Policy:
    """Return what holds, from the values of rows."""
    minimums = (
        Minimum(by=RequiredBy.MINIMUM_CUSTOMER, required=minimum_customer),
        Minimum(by=RequiredBy.MINIMUM_BRAND, required=minimum_brand),
    )
    return effective(tick=tick, customer=customer, minimums=minimums)


def required_rows(person: str = "") -> Q:
    """Return `policy_from(…).required` as a condition of rows. `person`: the lookup that leads to the person's row."""
    customer = f"{person}customer__"
    asking = ("require_2fa", "floor_require_2fa", "brand__require_2fa")
    by_all = [Q(**{f"{customer}{column}": True}) for column in asking]
    return reduce(or_, by_all, Q(**{f"{person}require_2fa": True}))


def chosen(customer: Customer) -> CustomerPolicy:
    """Return what the customer's own administrators chose."""
    return CustomerPolicy(
        required=customer.require_2fa,
        grace_days=customer.grace_days,
        grace_from=customer.grace_from,
        kinds=Kinds(customer.kinds),
        trust_days=customer.trust_days,
        session_hours=customer.session_hours,
        idle_minutes=customer.idle_minutes,
    )
