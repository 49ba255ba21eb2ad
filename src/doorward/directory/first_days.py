"""From which day two factors are required of people, where that day is still to come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from doorward.customers.models import Customer
from doorward.policy.effective import effective
from doorward.policy.grace import Member
from doorward.policy.loading import policies_from
from doorward.policy.waves import ADMINISTRATORS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from doorward.policy.effective import Policies

# What of a row decides on its day.
COLUMNS: Final = ("require_2fa", "tabs", "wave_share", "joined_at", "due_since", "excepted_until")
_LAST_SHARE: Final = 99


def policies_at(customer_id: UUID) -> Policies:
    """Return what a customer's people are asked, read anew (one query)."""
    rows = Customer.objects.filter(id=customer_id)
    return policies_from(*rows.values_list("policy", "minimum", "brand__minimum").get())


def day_of(row: Mapping[str, Any], policies: Policies, *, now: datetime) -> datetime | None:
    """Return the day of somebody of whom two factors are required; None: they are at once, or not at all."""
    member = Member(
        ticked=row["require_2fa"],
        tabs=frozenset(row["tabs"].split()),
        share=row["wave_share"],
        joined_at=row["joined_at"],
        was_due=row["due_since"] is not None,
        excepted_until=row["excepted_until"],
    )
    policy = effective(member, policies, now=now)
    return policy.grace_until if policy.in_grace(now) else None


def last_day(customer_id: UUID, *, now: datetime) -> datetime | None:
    """Return the day by which a policy has reached its last wave; None: it has, or there is no such policy.

    Whoever came later may have some days of their own after it.
    """
    policies = policies_at(customer_id)
    tabs = policies.scope(now=now).tabs
    # Who looks after others is in the first wave: of several tabs one of the others is asked after.
    last = Member(share=_LAST_SHARE, tabs=tabs - {ADMINISTRATORS} or tabs)
    policy = effective(last, policies, now=now)
    return policy.grace_until if policy.in_grace(now) else None
