"""A policy as a value: who must use two factors, by when, with what, and how long sessions last. The strictest wins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import Final

HOUR: Final = 3600
MINUTE: Final = 60

# NIST SP 800-63B-4, 2.2.3 (AAL2): 24 h in all, 1 h idle. The lower bounds keep a slip from shutting everybody out.
LONGEST_SESSION: Final = 24 * HOUR
LONGEST_IDLE: Final = HOUR
SHORTEST_SESSION: Final = HOUR
SHORTEST_IDLE: Final = 5 * MINUTE


class FactorKind(StrEnum):
    """What verifies a second time who signs in."""

    APP = "app"
    PASSKEY = "passkey"


class RequiredBy(Enum):
    """Who asks for two factors; pages say it beside the tick."""

    TICK = "tick"
    POLICY = "policy"
    MINIMUM_CUSTOMER = "floor_customer"
    MINIMUM_BRAND = "floor_brand"


class Kinds(StrEnum):
    """Which kinds of factor satisfy a requirement."""

    ANY = "any"
    PHISHING_RESISTANT = "phishing_resistant"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPolicy:
    """What a customer's administrators have chosen, as their row has it."""

    required: bool = False
    grace_days: int = 0
    grace_from: datetime | None = None
    kinds: Kinds = Kinds.ANY
    trust_days: int = 0
    session_hours: int = 12
    idle_minutes: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """The provider's minimum for a customer or a brand: no grace, nobody below it."""

    by: RequiredBy
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What holds for one administrator now.

    `grace_until` is the moment from which the requirement bites, None: at once (or there is none).
    `session_seconds` and `idle_seconds` are within the bounds.
    """

    required: bool
    required_by: tuple[RequiredBy, ...]
    grace_until: datetime | None
    kinds: Kinds
    trust_days: int
    session_seconds: int
    idle_seconds: int

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


def is_required(*, ticked: bool, held: bool) -> bool:
    """Return whether two factors are required of somebody: by their own tick, or of everybody (`Policy.held`)."""
    return ticked or held


def effective(
    *,
    tick: bool,
    customer: CustomerPolicy,
    minimums: Sequence[Minimum] = (),
    longer_sessions: bool = False,
) -> Policy:
    """Make one policy of the person's tick, the customer's choice and the provider's minimum.

    `longer_sessions`: the provider allows this customer more than the bounds of NIST.
    """
    reasons = _reasons(tick=tick, customer=customer, minimums=minimums)
    session, idle = _lengths(customer, longer=longer_sessions)
    return Policy(
        required=bool(reasons),
        required_by=reasons,
        grace_until=_grace_end(customer) if reasons == (RequiredBy.POLICY,) else None,
        kinds=customer.kinds,
        trust_days=max(customer.trust_days, 0),
        session_seconds=session,
        idle_seconds=idle,
    )


def _reasons(
    *, tick: bool, customer: CustomerPolicy, minimums: Sequence[Minimum]
) -> tuple[RequiredBy, ...]:
    asked = {minimum.by for minimum in minimums if minimum.required}
    if tick:
        asked.add(RequiredBy.TICK)
    if customer.required:
        asked.add(RequiredBy.POLICY)
    return tuple(reason for reason in RequiredBy if reason in asked)


def _grace_end(customer: CustomerPolicy) -> datetime | None:
    """Return the end of the customer's grace; without days, or without a day to count from, there is none."""
    if customer.grace_days <= 0 or customer.grace_from is None:
        return None
    return customer.grace_from + timedelta(days=customer.grace_days)


def _lengths(customer: CustomerPolicy, *, longer: bool) -> tuple[int, int]:
    """Return the seconds of a whole session and of an idle one, in bounds; idle is never longer than whole."""
    session = max(customer.session_hours * HOUR, SHORTEST_SESSION)
    idle = max(customer.idle_minutes * MINUTE, SHORTEST_IDLE)
    if not longer:
        session, idle = min(session, LONGEST_SESSION), min(idle, LONGEST_IDLE)
    return session, min(idle, session)
