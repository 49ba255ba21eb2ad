"""When a browser may be trusted to need no second factor, and for how long it is: the policy decides, live.

NIST SP 800-63B-4 (5.1) does not count a remembered browser as a factor: so it is off unless a customer's policy
allows it, stands only in for the second step of signing in, and is never reauthentication. Another password, like all
that ends sessions, raises the security version (`sessions/ending.py`): no trust of before counts after it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from doorward.kernel.clock_set_back import has_come
from doorward.policy.fields import Kinds

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.policy.rules import FactorKind, Policy
    from doorward.sessions.facts import TrustFacts


def may_begin(policy: Policy, kind: FactorKind) -> bool:
    """Return whether a browser in which a factor of this kind was just verified may be trusted."""
    return policy.trust_days > 0 and policy.accepts(kind)


def holds(trust: TrustFacts, policy: Policy, *, security_version: int, now: datetime) -> bool:
    """Return whether a trust still counts: not over, and nothing is stricter than when it began."""
    return (
        policy.trust_days > 0
        and trust.security_version == security_version
        and has_come(trust.trusted_at, now=now)
        and now < ends_at(trust, policy)
        and (trust.required or not policy.required)
        and (trust.kinds is Kinds.PHISHING_RESISTANT or policy.kinds is Kinds.ANY)
    )


def ends_at(trust: TrustFacts, policy: Policy) -> datetime:
    """Return the moment from which it is over; a policy that was shortened since shortens it."""
    return min(trust.until, trust.trusted_at + timedelta(days=policy.trust_days))
