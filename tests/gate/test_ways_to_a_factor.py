"""Every way to a new factor, with every kind and age of proof, under every policy: only what is recent lets in.

The table says for each kind of proof how long it counts (product numbers); whoever finds another way to a factor
adds it to `WAYS`; `tests/threats/test_old_session_adds_a_factor.py` holds the site map to it.
"""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from doorward.gate.decision import next_step
from doorward.gate.requirement import Need, Step
from doorward.policy.fields import Kinds
from doorward.policy.rules import Policy, RequiredBy
from doorward.sessions.facts import Facts, SessionFacts
from doorward.sessions.reauthentication import OWN_FACTORS
from tests.gate.facts import (
    APP,
    DISABLED_APP,
    NOW,
    PASSKEY,
    TRUST,
    USABLE_APP,
    USABLE_PASSKEY,
    ago,
    facts,
    policy,
    session,
)

# The step that is forced or offered; and what the pages of the portal declare that add a device.
WAYS = {
    "led into it": lambda given: next_step(given, Need.THROUGH, now=NOW) is Step.SET_UP_FACTOR,
    "from the security page": lambda given: (
        next_step(given, Need.proof(OWN_FACTORS), now=NOW) is Step.THROUGH
    ),
}

SECOND = timedelta(seconds=1)
# How long each kind of proof counts; None: it never does.
COUNTS = {
    "password": timedelta(minutes=5),
    "mailbox": timedelta(minutes=10),
    "link": timedelta(hours=1),
    "recovery code": timedelta(minutes=10),
    "app": timedelta(minutes=5),
    "passkey": timedelta(minutes=5),
    "trusted browser": None,
    "set-up pass": timedelta(hours=1),
}
POLICIES = {
    f"{name}, {kinds}": replace(rule, kinds=kinds, trust_days=30)
    for kinds in Kinds
    for name, rule in {
        "nobody must": policy(),
        "required": policy(required=True, required_by=(RequiredBy.TICK,)),
        "required in grace": policy(
            required=True,
            required_by=(RequiredBy.POLICY,),
            grace_until=NOW + timedelta(days=1),
        ),
        "required, grace is over": policy(
            required=True, required_by=(RequiredBy.POLICY,), grace_until=NOW
        ),
    }.items()
}
FACTORS = {
    "nothing": (),
    "an app": (USABLE_APP,),
    "a disabled app": (DISABLED_APP,),
    "a passkey": (USABLE_PASSKEY,),
    "both": (USABLE_APP, USABLE_PASSKEY),
}


def entered(proof: str, at: timedelta) -> SessionFacts:  # noqa: PLR0911 - one for each proof
    """Return a session that this proof let in so long ago; all else that it has is older."""
    moment = NOW - at
    match proof:
        case "password" | "trusted browser":
            return session(password_at=moment)
        case "mailbox":
            return session(mailbox_at=moment, password_at=ago(hours=3))
        case "link":
            return session(from_link=True, password_at=moment)
        case "set-up pass":
            return session(pass_at=moment, password_at=ago(hours=3))
        case "recovery code":
            return session(recovery_at=moment, password_at=ago(hours=3))
        case "app":
            return session(factor_at=moment, factor_id=APP, password_at=ago(hours=3))
        case _:
            return session(factor_at=moment, factor_id=PASSKEY, passkey_at=moment)


def put_together(proof: str, at: timedelta, rule: Policy, owned: str) -> Facts:
    return facts(
        session=replace(entered(proof, at), created_at=ago(hours=4)),
        factors=FACTORS[owned],
        policy=rule,
        trust=TRUST if proof == "trusted browser" else None,
    )


@pytest.mark.parametrize("rule", POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize("owned", FACTORS)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_an_old_proof_leads_to_no_new_factor(way, owned, rule):
    for proof, counts in COUNTS.items():
        # Without a factor a password just typed counts, in a trusted browser as in any.
        limit = counts or COUNTS["password"]
        assert limit is not None
        for at in (limit, timedelta(hours=3), -timedelta(hours=1)):
            given = put_together(proof, at, rule, owned)
            assert not way(given), (proof, at)


@pytest.mark.parametrize("rule", POLICIES.values(), ids=POLICIES)
def test_with_a_factor_nothing_but_a_factor_a_recovery_code_or_a_pass_leads_to_another(rule):
    without = ("password", "mailbox", "link", "trusted browser")
    for proof, owned in product(without, FACTORS):
        if owned != "nothing":
            given = put_together(proof, SECOND, rule, owned)
            assert not any(way(given) for way in WAYS.values()), (proof, owned)


@pytest.mark.parametrize("proof", [proof for proof, counts in COUNTS.items() if counts])
def test_what_is_recent_leads_to_one_so_that_nobody_is_kept_out(proof):
    counts = COUNTS[proof]
    assert counts is not None
    owned = {"app": "an app", "passkey": "a passkey", "recovery code": "an app"}.get(proof)
    if proof == "set-up pass":
        given = put_together(proof, counts - SECOND, POLICIES["nobody must, any"], "a disabled app")
        assert WAYS["led into it"](given)
        return
    # The last second counts; the mailbox and a link are ways to a first factor alone.
    given = put_together(proof, counts - SECOND, POLICIES["nobody must, any"], owned or "nothing")
    required = replace(given, policy=POLICIES["required, any"])
    if owned:
        assert WAYS["from the security page"](given)
    elif proof == "password":
        assert WAYS["from the security page"](given)
        assert next_step(required, Need.THROUGH, now=NOW) is Step.VERIFY_MAILBOX
        no_mailbox = replace(required, mailbox_proof=False)
        assert WAYS["led into it"](no_mailbox)
    else:
        assert WAYS["led into it"](required)
