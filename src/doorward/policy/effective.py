"""The policy that holds for one person, merged: who requires two factors, from when, with what, how long sessions last.

The strictest wins, field by field: the person's own tick, their customer's policy, the provider's minimums.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from doorward.policy.fields import DEFAULTS, LOOSEST, Values, strictest
from doorward.policy.grace import day_of, was_due_at
from doorward.policy.rules import Policy, RequiredBy
from doorward.policy.series import Scope, current, scope
from doorward.policy.session_lengths import HOUR, MINUTE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from doorward.policy.grace import Member
    from doorward.policy.series import Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What a customer's people are asked: by their customer, and by the provider of the customer and of its brand."""

    customer: Series = ()
    minimum: Series = ()
    brand: Series = ()

    def values(self, *, now: datetime) -> Values:
        """Return the values that hold, the strictest of each field; who is asked from when, `effective` says."""
        return _merged(
            current(self.customer, now=now, default=DEFAULTS),
            current(self.minimum, now=now, default=LOOSEST),
            current(self.brand, now=now, default=LOOSEST),
        )

    def minimums(self, *, now: datetime) -> Values:
        """Return what the provider asks at least, of customer and brand together."""
        return _merged(
            current(self.minimum, now=now, default=LOOSEST),
            current(self.brand, now=now, default=LOOSEST),
        )

    def scope(self, *, now: datetime) -> Scope:
        """Return of whom two factors are required besides those who are ticked."""
        found = Scope()
        for series in filter(None, (self.customer, self.minimum, self.brand)):
            found |= scope(series, now=now)
        return found


@lru_cache(maxsize=1024)
def _merged(*several: Values) -> Values:
    return strictest(several)


def effective(member: Member, policies: Policies, *, now: datetime) -> Policy:
    """Return the one policy that holds for somebody of the person's tick, the customer's choice and the minimums."""
    values = policies.values(now=now)
    series = {
        RequiredBy.POLICY: policies.customer,
        RequiredBy.MINIMUM_CUSTOMER: policies.minimum,
        RequiredBy.MINIMUM_BRAND: policies.brand,
    }
    days = _days(series, member, now=now)
    # An exception is from the customer's own policy: a minimum, a tick and a factor that is there go on.
    excepted = member.is_excepted(now) and days.pop(RequiredBy.POLICY, None) is not None
    reasons = tuple(
        by for by in RequiredBy if by in days or (by is RequiredBy.TICK and member.ticked)
    )
    session = values.session_hours * HOUR
    return Policy(
        required=bool(reasons),
        required_by=reasons,
        grace_until=None if member.ticked else min(days.values(), default=None),
        kinds=values.kinds,
        trust_days=values.trust_days,
        session_seconds=session,
        idle_seconds=min(values.idle_minutes * MINUTE, session),
        scope=policies.scope(now=now),
        excepted_until=member.excepted_until if excepted else None,
    )


def _days(
    series: Mapping[RequiredBy, Series], member: Member, *, now: datetime
) -> dict[RequiredBy, datetime]:
    """Return from which day each asks somebody, of those that do."""
    due_at = was_due_at(series.values(), member, now=now)
    days = {by: day_of(one, member, now=now, due_at=due_at) for by, one in series.items() if one}
    return {by: day for by, day in days.items() if day}
