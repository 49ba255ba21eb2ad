"""Why something is asked for: every combination of facts, held against the gate that asks."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import chain, combinations, product

import pytest

from doorward.audit.reason import Reason, Why
from doorward.gate.decision import is_recent, next_step
from doorward.gate.reasons import who_requires, why, why_again
from doorward.gate.requirement import Need, Step
from doorward.policy.fields import Kinds
from doorward.policy.rules import RequiredBy
from doorward.sessions.facts import Facts
from doorward.sessions.reauthentication import OWN_SECURITY
from tests.gate.facts import (
    APP,
    CODES_OF_ANOTHER,
    FACTORS,
    NOW,
    PASSKEY,
    REMOVED,
    ago,
    facts,
    policy,
    session,
    trusted,
)

WHOS = tuple(
    chain.from_iterable(combinations(RequiredBy, number) for number in range(len(RequiredBy) + 1))
)
ASKING = {
    Step.VERIFY_FACTOR,
    Step.VERIFY_MAILBOX,
    Step.SET_UP_FACTOR,
    Step.SAVE_RECOVERY_CODES,
    Step.SET_PASSWORD,
    Step.VERIFY_PASSWORD,
}


def every() -> Iterator[Facts]:
    """Return all facts that can make a difference."""
    moments = (None, ago(minutes=14))
    for who, kinds, factors in product(WHOS, Kinds, FACTORS):
        for factor_id, recovery, mailbox in product(
            (None, APP, PASSKEY, REMOVED), moments, moments
        ):
            proved = ago(minutes=14) if factor_id else None
            yield facts(
                policy=policy(required=bool(who), required_by=who, kinds=kinds),
                factors=factors,
                session=session(
                    factor_id=factor_id,
                    factor_at=proved,
                    recovery_at=recovery,
                    mailbox_at=mailbox,
                ),
                recovery_unsaved=CODES_OF_ANOTHER if mailbox is not None else None,
                password_due=recovery is not None,
            )


def sooner(one: Facts) -> Facts:
    """Return the same with all that was verified a short time ago."""
    assert one.session is not None
    just = ago(minutes=4)
    return replace(
        one,
        session=replace(
            one.session,
            password_at=just,
            factor_at=one.session.factor_at and just,
            recovery_at=one.session.recovery_at and just,
            mailbox_at=one.session.mailbox_at and just,
        ),
    )


EVERY = tuple(every())
RECENT = tuple(map(sooner, EVERY))
IN_GRACE = tuple(
    replace(one, policy=replace(one.policy, grace_until=NOW + timedelta(days=1)))
    for one in EVERY
    if one.policy.required
)


def ask(one: Facts, step: Step, *, due: str = "", known: bool = True) -> Why | None:
    return why(one, step, password_due=due, known_browser=known)


@pytest.mark.parametrize("who", WHOS)
def test_who_requires_it_is_named_as_the_security_page_does(who):
    named = who_requires(policy(required=bool(who), required_by=who))
    if not who:
        assert named is None
    elif RequiredBy.POLICY in who:
        assert named is Reason.REQUIRED_BY_COMPANY
    elif who == (RequiredBy.TICK,):
        assert named is Reason.REQUIRED_BY_COLLEAGUE
    else:
        assert named is Reason.REQUIRED_BY_PROVIDER


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("known", [True, False])
def test_each_step_of_signing_in_has_a_reason_and_nothing_else_has_one(step, known):
    for one in EVERY:
        told = ask(one, step, known=known)
        assert (told is not None) is (step in ASKING)
        if told is not None:
            may_say_new = step in {Step.VERIFY_FACTOR, Step.VERIFY_MAILBOX}
            assert told.new_browser is (may_say_new and not known)
            assert told.minutes is None


def usable_of(one: Facts) -> set[object]:
    return {factor.id for factor in one.factors if factor.usable}


# What must be so of the facts, where the gate asks for a step and this is said.
TRUE_WHEN: dict[Reason, Callable[[Facts], bool]] = {
    Reason.TURNED_ON: lambda one: bool(one.factors) and not one.policy.required,
    Reason.OTHER_KIND: lambda one: (
        one.policy.kinds is Kinds.PHISHING_RESISTANT and bool(usable_of(one))
    ),
    Reason.BEFORE_OTHER_KIND: lambda one: (
        one.policy.kinds is Kinds.PHISHING_RESISTANT and usable_of(one) == {APP}
    ),
    Reason.ONLY_PASSWORD: lambda one: (
        one.policy.required
        and one.session is not None
        and one.session.factor_id not in usable_of(one)
    ),
    Reason.DEVICE_DISABLED: lambda one: bool(one.factors) and not usable_of(one),
    Reason.CODES_NEW: lambda one: one.recovery_unsaved is not None,
    Reason.BEFORE_CODES: lambda one: one.recovery_unsaved is not None,
    Reason.BEFORE_PASSWORD: lambda one: one.password_due,
    Reason.BEFORE_SET_UP: lambda one: one.policy.required and not one.factors,
    Reason.PASSWORD_BREACHED: lambda one: one.password_due,
}


def test_what_is_said_agrees_with_the_gate():
    seen = set()
    for one in (*EVERY, *RECENT, *IN_GRACE):
        step = next_step(one, Need.THROUGH, now=NOW)
        told = ask(one, step, due="breached")
        if told is not None:
            seen.add((step, told.reason))
            is_true = TRUE_WHEN.get(told.reason)
            assert is_true(one) if is_true else told.reason is who_requires(one.policy)
    required = {
        Reason.REQUIRED_BY_COLLEAGUE,
        Reason.REQUIRED_BY_COMPANY,
        Reason.REQUIRED_BY_PROVIDER,
    }
    assert seen == {
        *product([Step.VERIFY_FACTOR], [*required, Reason.TURNED_ON, Reason.OTHER_KIND]),
        (Step.VERIFY_FACTOR, Reason.BEFORE_OTHER_KIND),
        *product(
            [Step.VERIFY_FACTOR, Step.VERIFY_PASSWORD],
            [Reason.BEFORE_CODES, Reason.BEFORE_PASSWORD],
        ),
        (Step.VERIFY_PASSWORD, Reason.BEFORE_SET_UP),
        *product([Step.SET_UP_FACTOR], [*required, Reason.DEVICE_DISABLED, Reason.OTHER_KIND]),
        (Step.VERIFY_MAILBOX, Reason.ONLY_PASSWORD),
        (Step.SAVE_RECOVERY_CODES, Reason.CODES_NEW),
        (Step.SET_PASSWORD, Reason.PASSWORD_BREACHED),
    }


@pytest.mark.parametrize(
    ("due", "reason"),
    [
        ("too_short", Reason.PASSWORD_SHORT),
        ("breached", Reason.PASSWORD_BREACHED),
        ("taken_over", Reason.PASSWORD_WEAK),
        ("not_me", Reason.PASSWORD_KNOWN),
        ("something new", Reason.PASSWORD_KNOWN),
    ],
)
def test_a_password_is_due_for_what_its_row_says(due, reason):
    assert ask(facts(), Step.SET_PASSWORD, due=due) == Why(reason)


def test_a_fresh_proof_says_how_old_the_last_one_is_or_why_there_is_none():
    for one in EVERY:
        told = why_again(one, another=False, now=NOW)
        assert one.session is not None
        usable = {factor.id for factor in one.factors if factor.usable}
        if not one.factors:
            assert told == Why(Reason.CONFIRMED, minutes=60)
        elif one.session.factor_id in usable:
            assert told == Why(Reason.CONFIRMED, minutes=14)
        elif one.session.recovery_at:
            assert told == Why(Reason.RECOVERED)
        else:
            assert told == Why(Reason.NOT_CONFIRMED)
        assert why_again(one, another=True, now=NOW) == Why(Reason.OTHER_DEVICE)


@pytest.mark.parametrize(
    ("span", "minutes"),
    [
        (timedelta(seconds=-5), 0),
        (timedelta(0), 0),
        (timedelta(seconds=59), 0),
        (timedelta(seconds=60), 1),
        (timedelta(minutes=4, seconds=59), 4),
        (timedelta(minutes=5), 5),
        (timedelta(hours=11), 660),
    ],
)
def test_minutes_are_whole_and_agree_with_what_is_fresh(span, minutes):
    one = facts(session=session(password_at=NOW - span))
    assert why_again(one, another=False, now=NOW) == Why(Reason.CONFIRMED, minutes=minutes)
    assert is_recent(one, OWN_SECURITY, now=NOW) is (minutes < 5)


def test_a_trusted_browser_does_not_serve_and_says_so():
    assert why_again(trusted(), another=False, now=NOW) == Why(Reason.TRUSTED)


def test_without_a_session_nothing_was_confirmed():
    assert why_again(facts(session=None), another=False, now=NOW) == Why(Reason.NOT_CONFIRMED)


def test_events_keep_what_is_so_and_no_more():
    assert Why(Reason.TURNED_ON).details() == {"why": "turned_on"}
    assert Why(Reason.ONLY_PASSWORD, new_browser=True).details() == {
        "why": "only_password",
        "new_browser": True,
    }
    assert Why(Reason.CONFIRMED, minutes=0).details() == {"why": "confirmed", "minutes": 0}
    assert replace(Why(Reason.CONFIRMED), minutes=14).details()["minutes"] == 14
