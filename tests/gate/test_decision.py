"""The access decision: every row of the table, and every combination of facts against what must always hold.

The invariants are written from the product's promises, one each, and know nothing of the order of the code.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property, partial
from itertools import cycle, islice, product
from typing import Any
from uuid import UUID

import pytest

from doorward.gate.decision import is_recent, next_step, set_up_is_due
from doorward.gate.requirement import Need, Step
from doorward.policy.fields import Kinds
from doorward.policy.rules import FactorKind, Policy, RequiredBy
from doorward.sessions.facts import FactorFacts, Facts, SessionFacts, UnsavedCodes
from doorward.sessions.reauthentication import OTHERS, OWN_FACTORS, OWN_SECURITY
from tests.gate.combinations import Pick, View, every, number_of
from tests.gate.facts import (
    APP,
    CODES_OF_ANOTHER,
    DISABLED_APP,
    FACTORS,
    NOW,
    PASSKEY,
    REMOVED,
    TRUST,
    TRUSTING,
    USABLE_APP,
    USABLE_PASSKEY,
    ago,
    facts,
    policy,
    session,
    trusted,
)

YES_NO = (False, True)


REQUIRED = policy(required=True, required_by=(RequiredBy.TICK,))
GRACE = policy(
    required=True, required_by=(RequiredBy.POLICY,), grace_until=NOW + timedelta(seconds=1)
)
RESISTANT = replace(REQUIRED, kinds=Kinds.PHISHING_RESISTANT)
APP_PROVED = session(factor_at=ago(minutes=30), factor_id=APP)
APP_JUST_PROVED = session(factor_at=ago(minutes=4, seconds=59), factor_id=APP)
PASSKEY_PROVED = session(factor_at=ago(minutes=30), factor_id=PASSKEY)
RECOVERED = session(recovery_at=ago(minutes=30))
JUST_SIGNED_IN = session(password_at=ago(minutes=4, seconds=59))
OWN_CODES = UnsavedCodes(own=True, shown_at=ago(minutes=9, seconds=59))
OWN_OLD_CODES = UnsavedCodes(own=True, shown_at=ago(minutes=10))


# --- the table of the gate, row by row ---------------------------------------------------------------------

ROWS = {
    "1 no session": (facts(session=None), Step.SIGN_IN),
    "1 ended": (facts(session=session(ended=True)), Step.SIGN_IN),
    "1 no password proved": (facts(session=session(password_at=None)), Step.SIGN_IN),
    "1 twelve hours": (facts(session=session(created_at=ago(hours=12))), Step.SIGN_IN),
    "1 a second less": (
        facts(session=session(created_at=ago(hours=11, minutes=59, seconds=59))),
        Step.THROUGH,
    ),
    "1 begun by a clock that was ahead": (
        facts(session=session(created_at=NOW + timedelta(days=1))),
        Step.SIGN_IN,
    ),
    "1 seen by a clock that was ahead": (
        facts(session=session(seen_at=NOW + timedelta(minutes=2))),
        Step.SIGN_IN,
    ),
    "1 idle": (facts(session=session(seen_at=ago(minutes=30))), Step.SIGN_IN),
    "1 nearly idle": (facts(session=session(seen_at=ago(minutes=29, seconds=59))), Step.THROUGH),
    "1 administrator not active": (facts(administrator_active=False), Step.SIGN_IN),
    "1 customer not active": (facts(customer_active=False), Step.SIGN_IN),
    "1 another brand's host": (facts(elsewhere=True), Step.SIGN_IN),
    "1 security version went up": (facts(security_version=8), Step.SIGN_IN),
    "1 security version of another time": (facts(security_version=6), Step.SIGN_IN),
    "2 only the password": (facts(factors=(USABLE_APP,)), Step.VERIFY_FACTOR),
    "2 a disabled factor counts too": (facts(factors=(DISABLED_APP,)), Step.VERIFY_FACTOR),
    "2 proved, then disabled": (
        facts(factors=(DISABLED_APP,), session=APP_PROVED),
        Step.VERIFY_FACTOR,
    ),
    "2 chosen, and never proved": (
        facts(factors=(USABLE_APP,), session=session(factor_id=APP)),
        Step.VERIFY_FACTOR,
    ),
    "2 the proved one was removed": (
        facts(factors=(USABLE_PASSKEY,), session=APP_PROVED),
        Step.VERIFY_FACTOR,
    ),
    "2 not allowed by the policy counts too": (
        facts(factors=(USABLE_APP,), policy=RESISTANT),
        Step.VERIFY_FACTOR,
    ),
    "2 a mailbox is no factor": (
        facts(factors=(USABLE_APP,), session=session(mailbox_at=ago(minutes=1))),
        Step.VERIFY_FACTOR,
    ),
    "2 a link is no factor": (
        facts(factors=(USABLE_APP,), session=session(from_link=True)),
        Step.VERIFY_FACTOR,
    ),
    "2 recovery code": (facts(factors=(DISABLED_APP,), session=RECOVERED), Step.THROUGH),
    "2 trusted browser": (trusted(), Step.THROUGH),
    "2 trusted, and the policy no longer allows it": (trusted(policy()), Step.VERIFY_FACTOR),
    "2 trusted, and over": (trusted(until=NOW), Step.VERIFY_FACTOR),
    "2 trusted, and the policy was shortened": (
        trusted(policy(trust_days=1)),
        Step.VERIFY_FACTOR,
    ),
    "2 trusted, a second before that": (
        trusted(policy(trust_days=1), trusted_at=ago(hours=23, minutes=59, seconds=59)),
        Step.THROUGH,
    ),
    "2 trusted longer than the policy allowed then": (
        trusted(policy(trust_days=30), trusted_at=ago(days=14), until=NOW),
        Step.VERIFY_FACTOR,
    ),
    "2 trusted before all sessions had to end": (trusted(security_version=6), Step.VERIFY_FACTOR),
    "2 trusted while it was not required": (
        trusted(replace(REQUIRED, trust_days=14), required=False),
        Step.VERIFY_FACTOR,
    ),
    "2 trusted while an app was enough": (
        trusted(replace(TRUSTING, kinds=Kinds.PHISHING_RESISTANT), kinds=Kinds.ANY),
        Step.VERIFY_FACTOR,
    ),
    "2 trusted while only passkeys were enough": (
        trusted(replace(TRUSTING, kinds=Kinds.PHISHING_RESISTANT), kinds=Kinds.PHISHING_RESISTANT),
        Step.THROUGH,
    ),
    "2 trusted while it was required": (trusted(required=True), Step.THROUGH),
    "2 trusted while any kind was enough": (
        trusted(replace(RESISTANT, trust_days=14), kinds=Kinds.ANY),
        Step.VERIFY_FACTOR,
    ),
    "2 trusted, and the only factor is disabled": (
        facts(factors=(DISABLED_APP,), trust=TRUST, policy=TRUSTING),
        Step.VERIFY_FACTOR,
    ),
    "3 trusted, and no allowed factor is usable": (
        trusted(replace(RESISTANT, trust_days=14)),
        Step.VERIFY_FACTOR,
    ),
    "3 trusted, and an allowed factor is there": (
        facts(
            factors=(USABLE_APP, USABLE_PASSKEY),
            trust=TRUST,
            policy=replace(RESISTANT, trust_days=14),
        ),
        Step.THROUGH,
    ),
    "5 trust is nothing to set up a factor with": (
        facts(trust=TRUST, policy=replace(REQUIRED, trust_days=14)),
        Step.VERIFY_MAILBOX,
    ),
    "3 another than the allowed one": (
        facts(factors=(USABLE_APP, USABLE_PASSKEY), session=APP_PROVED, policy=RESISTANT),
        Step.VERIFY_FACTOR,
    ),
    "3 the same where any is allowed": (
        facts(factors=(USABLE_APP, USABLE_PASSKEY), session=APP_PROVED, policy=REQUIRED),
        Step.THROUGH,
    ),
    "3 the same where nothing is required": (
        facts(
            factors=(USABLE_APP, USABLE_PASSKEY),
            session=APP_PROVED,
            policy=replace(RESISTANT, required=False),
        ),
        Step.THROUGH,
    ),
    "3 the allowed one": (
        facts(factors=(USABLE_APP, USABLE_PASSKEY), session=PASSKEY_PROVED, policy=RESISTANT),
        Step.THROUGH,
    ),
    "3 recovery code": (
        facts(factors=(USABLE_APP, USABLE_PASSKEY), session=RECOVERED, policy=RESISTANT),
        Step.THROUGH,
    ),
    "4 only the password": (facts(policy=REQUIRED), Step.VERIFY_MAILBOX),
    "4 grace is over": (facts(policy=replace(GRACE, grace_until=NOW)), Step.VERIFY_MAILBOX),
    "4 the mailbox was proved, ten minutes ago": (
        facts(policy=REQUIRED, session=session(mailbox_at=ago(minutes=10))),
        Step.VERIFY_MAILBOX,
    ),
    "4 from a mailed link, an hour ago": (
        facts(policy=REQUIRED, session=session(from_link=True)),
        Step.VERIFY_MAILBOX,
    ),
    "4 the password alone, just now": (
        facts(policy=REQUIRED, session=JUST_SIGNED_IN),
        Step.VERIFY_MAILBOX,
    ),
    "5 the provider has switched it off": (
        facts(policy=REQUIRED, mailbox_proof=False, session=JUST_SIGNED_IN),
        Step.SET_UP_FACTOR,
    ),
    "5 the provider has switched it off, and the password is old": (
        facts(policy=REQUIRED, mailbox_proof=False),
        Step.VERIFY_PASSWORD,
    ),
    "5 the mailbox is proved": (
        facts(policy=REQUIRED, session=session(mailbox_at=ago(minutes=9, seconds=59))),
        Step.SET_UP_FACTOR,
    ),
    "5 the mailbox is proved, by a clock that was ahead": (
        facts(policy=REQUIRED, session=session(mailbox_at=NOW + timedelta(hours=1))),
        Step.VERIFY_MAILBOX,
    ),
    "5 from a mailed link": (
        facts(
            policy=REQUIRED,
            session=session(from_link=True, password_at=ago(minutes=59, seconds=59)),
        ),
        Step.SET_UP_FACTOR,
    ),
    "5 a factor that is not allowed is proved": (
        facts(factors=(USABLE_APP,), session=APP_JUST_PROVED, policy=RESISTANT),
        Step.SET_UP_FACTOR,
    ),
    "5 the same, half an hour ago": (
        facts(factors=(USABLE_APP,), session=APP_PROVED, policy=RESISTANT),
        Step.VERIFY_FACTOR,
    ),
    "5 half an hour ago, and a recovery code since": (
        facts(
            factors=(USABLE_APP,),
            session=replace(APP_PROVED, recovery_at=ago(minutes=9)),
            policy=RESISTANT,
        ),
        Step.SET_UP_FACTOR,
    ),
    "6 the same in grace": (
        facts(
            factors=(USABLE_APP,),
            session=APP_PROVED,
            policy=replace(GRACE, kinds=Kinds.PHISHING_RESISTANT),
        ),
        Step.VERIFY_FACTOR,
    ),
    "6 in grace, and put off": (
        facts(
            factors=(USABLE_APP,),
            session=replace(APP_PROVED, put_off=True),
            policy=replace(GRACE, kinds=Kinds.PHISHING_RESISTANT),
        ),
        Step.THROUGH,
    ),
    "5 recovered, and nothing is usable": (
        facts(
            factors=(DISABLED_APP,),
            session=session(recovery_at=ago(minutes=9, seconds=59)),
            policy=REQUIRED,
        ),
        Step.SET_UP_FACTOR,
    ),
    "5 recovered ten minutes ago, and nothing is usable": (
        facts(
            factors=(DISABLED_APP,), session=session(recovery_at=ago(minutes=10)), policy=REQUIRED
        ),
        Step.VERIFY_FACTOR,
    ),
    "5 recovered long ago, and a passkey is asked for": (
        facts(factors=(USABLE_APP,), session=RECOVERED, policy=RESISTANT),
        Step.VERIFY_FACTOR,
    ),
    "5 cannot be put off": (
        facts(policy=REQUIRED, session=session(put_off=True, mailbox_at=ago(minutes=1))),
        Step.SET_UP_FACTOR,
    ),
    "6 in grace": (facts(policy=GRACE, session=JUST_SIGNED_IN), Step.SET_UP_FACTOR),
    "6 in grace, and the password is old": (facts(policy=GRACE), Step.VERIFY_PASSWORD),
    "6 in grace, after a link": (
        facts(policy=GRACE, session=session(from_link=True, password_at=ago(minutes=59))),
        Step.SET_UP_FACTOR,
    ),
    "6 put off": (facts(policy=GRACE, session=session(put_off=True)), Step.THROUGH),
    "6 with a factor there is nothing to put off": (
        facts(policy=GRACE, factors=(USABLE_APP,), session=APP_PROVED),
        Step.THROUGH,
    ),
    "7 codes not saved": (
        facts(recovery_unsaved=OWN_CODES, factors=(USABLE_APP,), session=APP_PROVED),
        Step.SAVE_RECOVERY_CODES,
    ),
    "7 after the second step": (
        facts(recovery_unsaved=OWN_CODES, factors=(USABLE_APP,)),
        Step.VERIFY_FACTOR,
    ),
    "7 shown in this session, ten minutes ago": (
        facts(recovery_unsaved=OWN_OLD_CODES, factors=(USABLE_APP,), session=APP_PROVED),
        Step.VERIFY_FACTOR,
    ),
    "7 the same after a proof": (
        facts(recovery_unsaved=OWN_OLD_CODES, factors=(USABLE_APP,), session=APP_JUST_PROVED),
        Step.SAVE_RECOVERY_CODES,
    ),
    "7 codes of another session": (
        facts(recovery_unsaved=CODES_OF_ANOTHER, factors=(USABLE_APP,), session=APP_PROVED),
        Step.VERIFY_FACTOR,
    ),
    "7 codes of another session, after a proof": (
        facts(recovery_unsaved=CODES_OF_ANOTHER, factors=(USABLE_APP,), session=APP_JUST_PROVED),
        Step.SAVE_RECOVERY_CODES,
    ),
    "7 codes of another session, in a trusted browser": (
        replace(trusted(), recovery_unsaved=CODES_OF_ANOTHER, session=session(password_at=NOW)),
        Step.VERIFY_FACTOR,
    ),
    "7 codes of another session do not stop who was let in by a recovery code": (
        facts(recovery_unsaved=CODES_OF_ANOTHER, factors=(USABLE_APP,), session=RECOVERED),
        Step.THROUGH,
    ),
    "8 password due": (facts(password_due=True, session=JUST_SIGNED_IN), Step.SET_PASSWORD),
    "8 password due, and typed long ago": (facts(password_due=True), Step.VERIFY_PASSWORD),
    "8 password due, and a factor proved long ago": (
        facts(password_due=True, factors=(USABLE_APP,), session=APP_PROVED),
        Step.VERIFY_FACTOR,
    ),
    "8 password due in a trusted browser": (
        replace(trusted(), password_due=True, session=session(password_at=NOW)),
        Step.VERIFY_FACTOR,
    ),
    "8 password due after a recovery code": (
        facts(
            password_due=True,
            factors=(USABLE_APP,),
            session=session(recovery_at=ago(minutes=9, seconds=59)),
        ),
        Step.SET_PASSWORD,
    ),
    "8 after the codes": (
        facts(
            password_due=True,
            recovery_unsaved=OWN_CODES,
            factors=(USABLE_APP,),
            session=APP_JUST_PROVED,
        ),
        Step.SAVE_RECOVERY_CODES,
    ),
    "8 after the set-up": (
        facts(password_due=True, policy=GRACE, session=JUST_SIGNED_IN),
        Step.SET_UP_FACTOR,
    ),
    "9 nothing due": (facts(), Step.THROUGH),
    "9 with a factor": (
        facts(factors=(USABLE_APP,), session=APP_PROVED, policy=REQUIRED),
        Step.THROUGH,
    ),
}


@pytest.mark.parametrize(("given", "step"), ROWS.values(), ids=ROWS)
def test_each_row_of_the_table(given, step):
    assert next_step(given, Need.THROUGH, now=NOW) is step


@pytest.mark.parametrize(
    ("need", "changed", "step"),
    [
        (Need.right("home"), {}, Step.THROUGH),
        (Need.right("administrators"), {}, Step.NO_RIGHT),
        (Need.right("administrators", fresh=OTHERS), {}, Step.NO_RIGHT),
        (Need.right("home", also="administrators"), {}, Step.NO_RIGHT),
        (Need.right("administrators", also="home"), {}, Step.NO_RIGHT),
        (Need.right("home", also="home"), {}, Step.THROUGH),
        (
            Need.right("administrators"),
            {"password_due": True, "session": JUST_SIGNED_IN},
            Step.SET_PASSWORD,
        ),
        (
            Need.proof(OWN_SECURITY),
            {"session": session(password_at=NOW + timedelta(minutes=2))},
            Step.REAUTHENTICATE,
        ),
        (Need.right("administrators"), {"session": None}, Step.SIGN_IN),
        (
            Need.right("home", fresh=OTHERS),
            {"session": session(password_at=ago(minutes=11))},
            Step.REAUTHENTICATE,
        ),
        (
            Need.right("home", fresh=OTHERS),
            {"session": session(password_at=ago(minutes=9))},
            Step.THROUGH,
        ),
        (
            Need.proof(OWN_SECURITY),
            {"session": session(password_at=ago(minutes=6))},
            Step.REAUTHENTICATE,
        ),
        (Need.proof(OWN_SECURITY), {"session": session(password_at=ago(minutes=4))}, Step.THROUGH),
        (
            Need.proof(OWN_SECURITY),
            {"session": session(password_at=ago(seconds=299))},
            Step.THROUGH,
        ),
        (
            Need.proof(OWN_SECURITY),
            {"session": session(password_at=ago(seconds=300))},
            Step.REAUTHENTICATE,
        ),
    ],
)
def test_rights_and_fresh_proofs_where_nothing_else_is_due(need, changed, step):
    assert next_step(facts(**changed), need, now=NOW) is step


def test_with_a_factor_the_password_is_no_fresh_proof():
    just_typed = session(password_at=NOW, factor_at=ago(minutes=6), factor_id=APP)
    mine = facts(factors=(USABLE_APP,), session=just_typed)
    assert next_step(mine, Need.proof(OWN_SECURITY), now=NOW) is Step.REAUTHENTICATE
    proved = replace(mine, session=replace(just_typed, factor_at=ago(minutes=4)))
    assert next_step(proved, Need.proof(OWN_SECURITY), now=NOW) is Step.THROUGH


def test_a_factor_that_is_gone_is_no_fresh_proof():
    gone = session(factor_at=ago(minutes=1), factor_id=REMOVED, recovery_at=ago(hours=1))
    assert not is_recent(facts(factors=(USABLE_APP,), session=gone), OTHERS, now=NOW)


@pytest.mark.parametrize("has_passkey", YES_NO)
def test_an_app_is_no_fresh_proof_where_a_passkey_is_asked_for_and_there_is_one(has_passkey):
    passkey = FactorFacts(id=PASSKEY, kind=FactorKind.PASSKEY, usable=has_passkey)
    by_app = session(factor_at=ago(minutes=1), factor_id=APP, recovery_at=ago(minutes=1))
    only = policy(required=True, kinds=Kinds.PHISHING_RESISTANT)
    mine = facts(factors=(USABLE_APP, passkey), session=by_app, policy=only)
    assert is_recent(mine, OWN_SECURITY, now=NOW) is not has_passkey
    assert is_recent(replace(mine, policy=policy()), OWN_SECURITY, now=NOW)


@pytest.mark.parametrize(("minutes", "served"), [(0, True), (9, True), (10, False), (11, False)])
def test_a_recovery_code_serves_ten_minutes_for_ones_own_factors_only(minutes, served):
    mine = facts(factors=(USABLE_APP,), session=session(recovery_at=ago(minutes=minutes)))
    assert is_recent(mine, OWN_FACTORS, now=NOW) is served
    assert not is_recent(mine, OWN_SECURITY, now=NOW)
    assert not is_recent(mine, OTHERS, now=NOW)


def test_a_trusted_browser_is_no_fresh_proof():
    for fresh in (OWN_FACTORS, OWN_SECURITY, OTHERS):
        mine = replace(trusted(), session=session(password_at=NOW))
        assert next_step(mine, Need.THROUGH, now=NOW) is Step.THROUGH
        assert not is_recent(mine, fresh, now=NOW)
        assert next_step(mine, Need.proof(fresh), now=NOW) is Step.REAUTHENTICATE


def test_without_a_session_nothing_is_fresh():
    assert not is_recent(facts(session=None), OWN_FACTORS, now=NOW)


def test_what_is_due_is_said_also_to_pages_outside_the_table():
    assert set_up_is_due(facts(policy=REQUIRED), now=NOW)
    assert not set_up_is_due(facts(policy=GRACE), now=NOW)
    assert not set_up_is_due(facts(policy=REQUIRED, factors=(USABLE_APP,)), now=NOW)


# --- every combination ---------------------------------------------------------------------------------------


REQUIREMENTS = ((False, None), *((True, until) for until in (None, NOW, NOW + timedelta(days=1))))
UNSAVED = (None, OWN_CODES, OWN_OLD_CODES, CODES_OF_ANOTHER)
DIMENSIONS = {
    "factor": (
        (None, None),
        (None, APP),
        *product((ago(minutes=1), ago(minutes=7)), (APP, PASSKEY, REMOVED)),
    ),
    "recovery_at": (None, ago(minutes=7), ago(minutes=30)),
    "password_at": (ago(minutes=2), ago(hours=1)),
    "mailbox_at": (None, ago(minutes=3), ago(minutes=30)),
    "pass_at": (None, ago(minutes=59), ago(hours=1)),
    "from_link": YES_NO,
    "put_off": YES_NO,
    "factors": FACTORS,
    "requirement": REQUIREMENTS,
    "kinds": tuple(Kinds),
    "trust_days": (0, 14),
    "recovery_unsaved": UNSAVED,
    "password_due": YES_NO,
    "mailbox_proof": YES_NO,
    "trust": (None, TRUST),
}


def policies() -> tuple[Policy, ...]:
    return tuple(
        policy(required=required, grace_until=grace, kinds=kinds, trust_days=days)
        for (required, grace), kinds, days in product(REQUIREMENTS, Kinds, (0, 14))
    )


def fields_of(usual: Any) -> dict[str, Any]:
    return {one.name: getattr(usual, one.name) for one in dataclass_fields(usual)}


SESSION, POLICY = fields_of(session()), fields_of(policy())
FACTS = fields_of(facts(tabs=frozenset({"home"})))


def facts_of(pick: Pick) -> Any:
    """Return the facts of somebody signed in: each is chosen when it is first read."""
    one = seen_as(
        SESSION,
        factor_at=lambda: pick("factor")[0],
        factor_id=lambda: pick("factor")[1],
        pass_at=lambda: pick("pass_at"),
        by_pass=lambda: by_pass_of(one),
        **{
            name: partial(pick, name)
            for name in ("recovery_at", "password_at", "mailbox_at", "from_link", "put_off")
        },
    )
    rule: Any = seen_as(
        POLICY,
        required=lambda: pick("requirement")[0],
        grace_until=lambda: pick("requirement")[1],
        kinds=lambda: pick("kinds"),
        trust_days=lambda: pick("trust_days"),
        # What a policy says is made of its fields.
        in_grace=lambda: partial(Policy.in_grace, rule),
        accepts=lambda: partial(Policy.accepts, rule),
    )
    around = ("factors", "recovery_unsaved", "password_due", "mailbox_proof", "trust")
    return seen_as(
        FACTS,
        session=lambda: one,
        policy=lambda: rule,
        **{name: partial(pick, name) for name in around},
    )


def by_pass_of(one: Any) -> bool:
    """Return what a session says of itself, made of its fields."""
    return one.pass_at is not None and one.factor_at is None and one.recovery_at is None


def seen_as(usual: dict[str, Any], **fields: Callable[[], Any]) -> View:
    """Return a view of something with these fields instead of its own."""
    return View({name: usual[name] for name in usual.keys() - fields.keys()}, fields)


NEEDS = (
    Need.right("home"),
    Need.right("administrators"),
    Need.right("home", fresh=OTHERS),
    Need.right("administrators", fresh=OTHERS),
    Need.proof(OWN_SECURITY),
    Need.proof(OWN_FACTORS),
)
DEAD_SESSIONS = (
    None,
    *(
        replace(
            APP_PROVED,
            recovery_at=ago(minutes=1),
            mailbox_at=ago(minutes=1),
            from_link=True,
            **dead,
        )
        for dead in (
            {"ended": True},
            {"password_at": None},
            {"created_at": ago(hours=12)},
            {"created_at": ago(days=30)},
            {"seen_at": ago(minutes=30)},
            {"security_version": 6},
            {"security_version": 8},
        )
    ),
)


# Factors, policy, codes not saved, password due, mailbox asked for, trusted.
Around = tuple[tuple[FactorFacts, ...], Policy, UnsavedCodes | None, bool, bool, bool]


def surroundings() -> Iterator[Around]:
    """Return everything that can be true beside a session and who it belongs to."""
    return product(FACTORS, policies(), UNSAVED, YES_NO, YES_NO, YES_NO)


def put_together(
    one: SessionFacts | None,
    around: Around,
    *,
    administrator: bool = True,
    customer: bool = True,
) -> Facts:
    factors, rule, unsaved, due, proof, trust = around
    return Facts(
        session=one,
        administrator_active=administrator,
        customer_active=customer,
        security_version=7,
        factors=factors,
        policy=rule,
        recovery_unsaved=unsaved,
        password_due=due,
        tabs=frozenset({"home"}),
        mailbox_proof=proof,
        trust=TRUST if trust else None,
    )


def dead() -> Iterator[Facts]:
    """Return all facts with which nobody is signed in, whatever else is true."""
    alive = (APP_PROVED, session(), RECOVERED)
    who = [(one, True, True) for one in DEAD_SESSIONS]
    who += [
        (one, *active)
        for one, active in product(alive, ((False, True), (True, False), (False, False)))
    ]
    for (one, administrator, customer), around in product(who, surroundings()):
        yield put_together(one, around, administrator=administrator, customer=customer)
    for one, around in product(alive, surroundings()):
        yield replace(put_together(one, around), elsewhere=True)


BEYOND = frozenset({Step.NO_RIGHT, Step.REAUTHENTICATE, Step.THROUGH})
ORDER = (
    Step.SIGN_IN,
    Step.VERIFY_FACTOR,
    Step.VERIFY_MAILBOX,
    # Before a set-up or a new password, where the password is all there is.
    Step.VERIFY_PASSWORD,
    Step.SET_UP_FACTOR,
    Step.SAVE_RECOVERY_CODES,
    Step.SET_PASSWORD,
    Step.THROUGH,
)


class Known:
    """What is true of some facts, said once and without the code under test; each is looked at when it is asked for."""

    def __init__(self, given: Facts) -> None:
        self.given = given

    @cached_property
    def one(self) -> SessionFacts:
        assert self.given.session is not None
        return self.given.session

    @cached_property
    def usable(self) -> set[UUID]:
        return {factor.id for factor in self.given.factors if factor.usable}

    @cached_property
    def allowed(self) -> set[UUID]:
        return {one for one in self.usable if one == PASSKEY or self.given.policy.kinds == "any"}

    @cached_property
    def provable(self) -> set[UUID]:
        return self.allowed if self.given.policy.required else self.usable

    @cached_property
    def proved(self) -> UUID | None:
        counts = self.usable and self.one.factor_at is not None
        return self.one.factor_id if counts and self.one.factor_id in self.usable else None

    @cached_property
    def trusted(self) -> bool:
        given = self.given
        return bool(self.provable) and given.trust is not None and given.policy.trust_days != 0

    @cached_property
    def by_pass(self) -> bool:
        """Whether a set-up pass was used, there is something to replace, and nothing of the person's own was proved."""
        one = self.one
        own = one.factor_at is not None or one.recovery_at is not None
        return bool(self.given.factors) and not own and age(one.pass_at) < timedelta(hours=1)

    @cached_property
    def fallback(self) -> bool:
        return self.one.recovery_at is not None or self.trusted

    @cached_property
    def in_grace(self) -> bool:
        grace = self.given.policy.grace_until
        return grace is not None and grace > NOW

    @cached_property
    def lacking(self) -> bool:
        return self.given.policy.required and not self.allowed

    @cached_property
    def by_factor(self) -> bool:
        if self.proved is None or (self.provable and self.proved not in self.provable):
            return False
        return age(self.one.factor_at) < timedelta(minutes=5)

    @cached_property
    def recovered(self) -> bool:
        return age(self.one.recovery_at) < timedelta(minutes=10)

    @cached_property
    def by_mail(self) -> bool:
        by_link = self.one.from_link and age(self.one.password_at) < timedelta(hours=1)
        return by_link or age(self.one.mailbox_at) < timedelta(minutes=10)

    @cached_property
    def by_password(self) -> bool:
        return age(self.one.password_at) < timedelta(minutes=5)

    @cached_property
    def recent(self) -> bool:
        if self.given.factors:
            return self.by_factor or self.recovered
        return self.recovered or self.by_password or self.by_mail

    @cached_property
    def may_see_codes(self) -> bool:
        codes = self.given.recovery_unsaved
        if codes is not None and codes.own and age(codes.shown_at) < timedelta(minutes=10):
            return True
        return self.by_factor if self.given.factors else self.by_password


def age(moment: datetime | None) -> timedelta:
    return timedelta.max if moment is None else NOW - moment


def hold_before_anything(known: Known, step: Step) -> None:
    """Say what must hold of the step itself, whatever was asked for."""
    given = known.given
    second_step_done = not given.factors or known.proved is not None or known.fallback
    assert step is not Step.SIGN_IN, "who is signed in is not asked again"
    if not second_step_done:
        assert step is Step.VERIFY_FACTOR, (
            "a confirmed factor is proved before anything else is seen or set up"
        )
    if step is Step.VERIFY_FACTOR:
        assert given.factors, "nobody without a factor is asked for one"
        wrong_kind = given.policy.required and known.allowed and known.proved not in known.allowed
        asked_once_more = (
            (known.lacking and not known.recent)
            or (given.recovery_unsaved and not known.may_see_codes)
            or (given.password_due and not known.recent)
        )
        assert not second_step_done or wrong_kind or asked_once_more
    if step is Step.VERIFY_MAILBOX:
        assert known.lacking
        assert not known.in_grace
        assert given.mailbox_proof
        assert not given.factors
        assert not known.by_mail
        assert not known.recovered
    if step is Step.VERIFY_PASSWORD:
        assert not given.factors, "who has a factor proves it"
        assert not known.by_password
        assert known.lacking or given.recovery_unsaved or given.password_due
    if step is Step.SET_UP_FACTOR:
        assert known.lacking
        assert known.recent, "an old proof adds no factor"
        assert not (known.in_grace and known.one.put_off)
        more_than_a_password = known.by_mail or given.factors or known.recovered
        assert more_than_a_password or known.in_grace or not given.mailbox_proof, (
            "a stolen password alone sets up no factor"
        )
    if step is Step.SAVE_RECOVERY_CODES:
        assert given.recovery_unsaved
        assert known.may_see_codes, "another session's codes are shown to nobody"
    if step is Step.SET_PASSWORD:
        assert given.password_due
        assert known.recent, "an old session sets no password"


def hold_beyond(known: Known) -> None:
    """Say what must hold when the gate lets somebody past all its steps."""
    given = known.given
    assert not given.recovery_unsaved or known.one.recovery_at
    assert not given.password_due
    if given.factors:
        assert known.proved is not None or known.fallback, (
            "no one is through with a confirmed factor unproved"
        )
    if given.policy.required and known.allowed:
        assert known.proved in known.allowed or known.fallback, "an allowed one was proved"
    if known.lacking:
        assert known.in_grace, "no one is through without an allowed factor where two are required"
        assert known.one.put_off


def hold_for_need(known: Known, need: Need, step: Step) -> None:
    """Say what must hold of a page that asks for a right or for reauthentication."""
    lacks_right = need.tab is not None and need.tab not in known.given.tabs
    assert (step is Step.NO_RIGHT) == lacks_right
    if step is Step.REAUTHENTICATE:
        assert need.fresh is not None
    if step is Step.THROUGH and need.fresh is not None:
        age = timedelta(seconds=need.fresh.seconds)
        by_recovery = (
            need.fresh is OWN_FACTORS
            and known.one.recovery_at is not None
            and NOW - known.one.recovery_at < timedelta(minutes=10)
        )
        if known.given.factors:
            moment = known.one.factor_at if known.proved is not None else None
        else:
            moment = known.one.password_at
        assert by_recovery or (moment is not None and NOW - moment < age)


def check(given: Facts, needs: Iterable[Need]) -> Step:
    """Check one combination with these needs; return the step of a page that needs nothing."""
    known = Known(given)
    step = next_step(given, Need.THROUGH, now=NOW)
    if known.by_pass:
        assert step is Step.SET_UP_FACTOR, "a set-up pass leads to the set-up and nowhere else"
    else:
        hold_before_anything(known, step)
    if step is Step.THROUGH:
        hold_beyond(known)
    for need in needs:
        answer = next_step(given, need, now=NOW)
        if step is Step.THROUGH:
            assert answer in BEYOND
            hold_for_need(known, need, answer)
        else:
            assert answer is step, "what a page asks for never shortens the way to it"
    return step


FEW = DIMENSIONS | {
    "trust": (None,),
    "pass_at": (None, ago(minutes=59)),
    "recovery_unsaved": (None, OWN_CODES),
    "mailbox_at": (None,),
}


# With every combination one need after the other; with some of them, all needs.
@pytest.mark.parametrize(
    ("dimensions", "at_once"),
    [
        pytest.param(FEW, len(NEEDS), id="few"),
        pytest.param(DIMENSIONS, 1, id="all", marks=pytest.mark.at_length),
    ],
)
def test_every_combination_of_somebody_signed_in(dimensions, at_once):
    reached, needs = set(), cycle(NEEDS)

    def run(pick: Pick) -> None:
        reached.add(check(facts_of(pick), islice(needs, at_once)))

    assert every(dimensions, run) == number_of(dimensions)
    managing = {Step.MANAGING_OVER, Step.NOT_WHILE_MANAGING}  # tests/managing/test_managing.py
    # What an application wants: tests/gate/test_assurance.py
    beyond = BEYOND | managing | {Step.SIGN_IN, Step.ANOTHER_FACTOR}
    assert reached == set(Step) - beyond | {Step.THROUGH}


def test_every_combination_of_nobody_signed_in():
    steps = {
        next_step(given, need, now=NOW)
        for given, need in zip(dead(), cycle((Need.THROUGH, *NEEDS)), strict=False)
    }
    assert steps == {Step.SIGN_IN}


def order_of(given: Facts) -> int:
    return ORDER.index(next_step(given, Need.THROUGH, now=NOW))


# Codes that wait stop who can see them, and nobody else: with them, more proof leads to one step more. A pass leads to
# the set-up alone, and to nothing any more once something of the person's own is proved.
WITHOUT_CODES = DIMENSIONS | {"recovery_unsaved": (None,), "pass_at": (None,)}


@pytest.mark.slow
@pytest.mark.parametrize(
    "less",
    [
        {"factor_at": None, "factor_id": None},
        {"recovery_at": None},
        {"mailbox_at": None},
        {"from_link": False},
        {"put_off": False},
    ],
    ids="+".join,
)
def test_a_proof_never_leads_backwards(less):
    def run(pick: Pick) -> None:
        given = facts_of(pick)
        without = given.changed(session=given.session.changed(**less))
        assert order_of(given) >= order_of(without)

    assert every(WITHOUT_CODES, run) == number_of(WITHOUT_CODES)


def test_a_set_up_pass_opens_nothing_but_the_set_up_and_only_where_something_is_to_be_replaced():
    with_pass = session(pass_at=ago(minutes=59))
    for factors in (f for f in FACTORS if f):
        for rule in (policy(), REQUIRED, GRACE):
            given = facts(factors=factors, session=with_pass, policy=rule)
            assert next_step(given, Need.THROUGH, now=NOW) is Step.SET_UP_FACTOR
            over = replace(given, session=session(pass_at=ago(hours=1)))
            assert next_step(over, Need.THROUGH, now=NOW) is Step.VERIFY_FACTOR
            not_yet = replace(given, session=session(pass_at=NOW + timedelta(hours=1)))
            assert next_step(not_yet, Need.THROUGH, now=NOW) is Step.VERIFY_FACTOR
            alone = replace(given, session=session(pass_at=ago(minutes=1), password_at=None))
            assert next_step(alone, Need.THROUGH, now=NOW) is Step.SIGN_IN
    nothing = facts(session=with_pass, policy=REQUIRED)
    assert next_step(nothing, Need.THROUGH, now=NOW) is Step.VERIFY_MAILBOX


@pytest.mark.slow
def test_requiring_never_opens_anything():
    def run(pick: Pick) -> None:
        given = facts_of(pick)
        free = policy_changed(given, required=False, grace_until=None)
        assert order_of(given) <= order_of(free)

    assert every(WITHOUT_CODES, run) == number_of(WITHOUT_CODES)


def policy_changed(given: Any, **values: object) -> Any:
    rule = given.policy.changed(**values)
    rule = rule.changed(
        in_grace=partial(Policy.in_grace, rule), accepts=partial(Policy.accepts, rule)
    )
    return given.changed(policy=rule)
