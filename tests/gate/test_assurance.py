"""What a session has verified, and what an application may want: every combination."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from doorward.gate.assurance import (
    Assurance,
    assurance_of,
    can_reach,
    methods_of,
    reaches,
    verified_at,
)
from doorward.gate.decision import next_step
from doorward.gate.requirement import Need, Step
from doorward.policy.rules import FactorKind
from tests.gate.facts import (
    NOW,
    USABLE_APP,
    USABLE_PASSKEY,
    ago,
    facts,
    session,
)

NOTHING, APP, PASSKEY, RECOVERY = "nothing", "app", "passkey", "recovery code"
OWNED = {
    "none": (),
    "app": (USABLE_APP,),
    "passkey": (USABLE_PASSKEY,),
    "both": (USABLE_APP, USABLE_PASSKEY),
}
FACTOR = {APP: USABLE_APP, PASSKEY: USABLE_PASSKEY}


def made(owned: str, verified: str):
    moments = {}
    if verified in FACTOR:
        moments = {"factor_at": ago(minutes=3), "factor_id": FACTOR[verified].id}
    if verified == RECOVERY:
        moments = {"recovery_at": ago(minutes=3)}
    return facts(factors=OWNED[owned], session=session(**moments))


def possible():
    for owned, verified in product(OWNED, (NOTHING, APP, PASSKEY, RECOVERY)):
        if verified in {NOTHING, RECOVERY} or FACTOR[verified] in OWNED[owned]:
            yield owned, verified


@pytest.mark.parametrize(("owned", "verified"), list(possible()))
@pytest.mark.parametrize("wanted", list(Assurance))
def test_what_is_wanted_is_met_or_leads_to_what_is_missing(owned, verified, wanted):
    given = made(owned, verified)
    reached = {
        NOTHING: Assurance.PASSWORD,
        APP: Assurance.TWO_FACTOR,
        RECOVERY: Assurance.TWO_FACTOR,
        PASSKEY: Assurance.PHISHING_RESISTANT,
    }[verified]
    assert assurance_of(given) is reached
    step = next_step(given, Need(assurance=wanted), now=NOW)
    if next_step(given, Need.THROUGH, now=NOW) is not Step.THROUGH:
        assert step is next_step(given, Need.THROUGH, now=NOW)
    elif reaches(reached, wanted):
        assert step is Step.THROUGH
    elif can_reach(given, wanted):
        assert step is Step.REAUTHENTICATE
    else:
        assert step is Step.ANOTHER_FACTOR


def test_the_words_say_what_was_verified():
    assert methods_of(made("none", NOTHING)) == ("pwd",)
    assert methods_of(made("app", APP)) == ("pwd", "otp", "mfa")
    assert methods_of(made("both", PASSKEY)) == ("pwd", "pop", "mfa")
    assert methods_of(made("app", RECOVERY)) == ("pwd", "mfa")
    alone = session(password_at=None, passkey_at=NOW, factor_at=NOW, factor_id=USABLE_PASSKEY.id)
    assert methods_of(facts(factors=(USABLE_PASSKEY,), session=alone)) == ("pop", "user", "mfa")
    assert methods_of(facts(session=None)) == ()


def test_the_moment_is_that_of_the_factor():
    assert verified_at(made("app", APP)) == ago(minutes=3)
    assert verified_at(made("app", RECOVERY)) == ago(minutes=3)
    again = facts(session=session(password_at=NOW, recovery_at=NOW - timedelta(minutes=1)))
    assert verified_at(again) == NOW
    assert verified_at(facts(session=None)) is None


def test_a_factor_that_is_gone_counts_for_nothing():
    given = facts(
        factors=(USABLE_APP,),
        session=session(factor_at=ago(minutes=3), factor_id=USABLE_PASSKEY.id),
    )
    assert assurance_of(given) is Assurance.PASSWORD
    assert not can_reach(given, Assurance.PHISHING_RESISTANT)
    assert FactorKind.PASSKEY not in {one.kind for one in given.factors}
