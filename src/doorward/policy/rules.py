"""The policy that holds for one person: who requires two factors, from when, with what, and how long sessions last.

The strictest wins, field by field: the person's own tick, their customer's policy, the provider's minimums.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from doorward.policy.fields import DEFAULTS, HOUR, LOOSEST, MINUTE, Kinds, Values, strictest
from doorward.policy.grace import day_of, was_due_at
from doorward.policy.series import Scope, current, scope

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from doorward.policy.grace import Member
    from doorward.policy.series import Series


class FactorKind(StrEnum):
    """What verifies a second time who signs in."""

    APP = "app"
    PASSKEY = "passkey"


class RequiredBy(Enum):
    """Who asks for two factors; pages say it beside the tick."""

    TICK = "tick"
    POLICY = "policy"
    MINIMUM_CUSTOMER = "minimum_customer"
    MINIMUM_BRAND = "minimum_brand"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What holds for one administrator now.

    `grace_until` is the moment from which the requirement bites, None: at once (or there is none).
    `scope`: of whom it is required at their customer besides those who are ticked. `excepted_until`: until when the
    customer's policy, which would ask them, does not; None: there is no such exception.
    """

    required: bool
    required_by: tuple[RequiredBy, ...]
    grace_until: datetime | None
    kinds: Kinds
    trust_days: int
    session_seconds: int
    idle_seconds: int
    scope: Scope = Scope()  # noqa: RUF009 - it cannot be changed
    excepted_until: datetime | None = None

    def in_grace(self, now: datetime) -> bool:
        """Return whether the requirement may still be put off; over at the very moment of `grace_until`."""
        return self.grace_until is not None and now < self.grace_until

    def accepts(self, kind: FactorKind) -> bool:
        """Return whether a factor of this kind is enough for what is required; where nothing is, each one is."""
        return not self.required or self.kinds is Kinds.ANY or kind is FactorKind.PASSKEY

    @property
    def held(self) -> bool:
        """Return whether policy or minimum require it, so that the person's own tick changes nothing."""
        return any(reason is not RequiredBy.TICK for reason in self.required_by)


def gets_through(
    policy: Policy, usable: Collection[FactorKind], *, has_any: bool, reachable: bool
) -> bool:
    """Return whether somebody gets through with what is asked of them, grace apart.

    Whose devices are all disabled, or none of the kind that is asked for, does not. Who has none is led to set one up,
    which begins with their mailbox. `has_any`: they have some device, usable or not. `reachable`: mail reaches them.
    """
    if has_any:
        return any(map(policy.accepts, usable))
    return reachable or not policy.required


def is_required(*, ticked: bool, held: bool) -> bool:
    """Return whether two factors are required of somebody: by their own tick, or by policy or minimum."""
    return ticked or held


def effective(member: Member, policies: Policies, *, now: datetime) -> Policy:
    """Return the one policy that holds for somebody of the person's tick, the customer's choice and the minimums."""
    values = policies.values(now=now)
    series = {
        RequiredBy.POLICY: policies.customer,
        RequiredBy.MINIMUM_CUSTOMER: policies.minimum,
        RequiredBy.MINIMUM_BRAND: policies.brand,
    }
    due_at = was_due_at(series.values(), member, now=now)
    days = {
        by: day
        for by, one in series.items()
        if one and (day := day_of(one, member, now=now, due_at=due_at))
    }
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
