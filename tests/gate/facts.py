"""The access decision: every row of the table, and every combination of facts against what must always hold.

The invariants are written from the product's promises, one each, and know nothing of the order of the code.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

from doorward.policy.fields import Kinds
from doorward.policy.rules import FactorKind, Policy
from doorward.sessions.facts import FactorFacts, Facts, SessionFacts, TrustFacts, UnsavedCodes

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)

APP, PASSKEY, REMOVED = UUID(int=1), UUID(int=2), UUID(int=3)
KINDS = {APP: FactorKind.APP, PASSKEY: FactorKind.PASSKEY}

# What the facts can be. `None` as the moment of a proof: not made.
FACTORS = tuple(
    tuple(
        FactorFacts(id=factor, kind=KINDS[factor], usable=usable)
        for factor, usable in ((APP, app), (PASSKEY, passkey))
        if usable is not None
    )
    for app, passkey in product((None, False, True), repeat=2)
)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def session(**changed: object) -> SessionFacts:
    usual = SessionFacts(
        created_at=ago(hours=1),
        seen_at=ago(minutes=1),
        ended=False,
        security_version=7,
        password_at=ago(hours=1),
        factor_at=None,
        factor_id=None,
        recovery_at=None,
        mailbox_at=None,
        from_link=False,
        put_off=False,
    )
    return replace(usual, **changed)  # type: ignore[arg-type]  # tests pass fields by name


def policy(**changed: object) -> Policy:
    usual = Policy(
        required=False,
        required_by=(),
        grace_until=None,
        kinds=Kinds.ANY,
        trust_days=0,
        session_seconds=12 * 3600,
        idle_seconds=30 * 60,
    )
    return replace(usual, **changed)  # type: ignore[arg-type]  # tests pass fields by name


def facts(**changed: object) -> Facts:
    usual = Facts(
        session=session(),
        administrator_active=True,
        customer_active=True,
        security_version=7,
        factors=(),
        policy=policy(),
        recovery_unsaved=None,
        password_due=False,
        tabs=frozenset({"home", "support"}),
    )
    return replace(usual, **changed)  # type: ignore[arg-type]  # tests pass fields by name


USABLE_APP = FactorFacts(id=APP, kind=FactorKind.APP, usable=True)
DISABLED_APP = replace(USABLE_APP, usable=False)
USABLE_PASSKEY = FactorFacts(id=PASSKEY, kind=FactorKind.PASSKEY, usable=True)
CODES_OF_ANOTHER = UnsavedCodes(own=False, shown_at=ago(seconds=1))
# Trusted under the strictest rules there are.
TRUST = TrustFacts(
    trusted_at=ago(days=1),
    until=NOW + timedelta(days=13),
    security_version=7,
    required=True,
    kinds=Kinds.PHISHING_RESISTANT,
)
TRUSTING = policy(trust_days=14)


def trusted(rule: Policy = TRUSTING, **changed: object) -> Facts:
    """Return somebody with an app, in a browser that is trusted: only the password was verified."""
    trust = replace(TRUST, **changed)  # type: ignore[arg-type]  # tests pass fields by name
    return facts(factors=(USABLE_APP,), trust=trust, policy=rule)
