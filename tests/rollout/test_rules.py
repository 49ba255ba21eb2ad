"""What is foretold to somebody, of every combination of what they have and what is asked; the gate says it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from doorward.credentials.passkeys.possible import browser_makes_them
from doorward.policy.fields import Kinds
from doorward.policy.rules import FactorKind, Policy, RequiredBy
from doorward.policy.session_lengths import HOUR
from doorward.rollout.rules import Foretold, Outcome, Reach, Why, foretell
from doorward.sessions.facts import FactorFacts, Facts

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=7)
APP, KEY = FactorKind.APP, FactorKind.PASSKEY


def policy(
    *, required: bool = True, kinds: Kinds = Kinds.ANY, until: datetime | None = None
) -> Policy:
    return Policy(
        required=required,
        required_by=(RequiredBy.POLICY,) if required else (),
        grace_until=until,
        kinds=kinds,
        trust_days=0,
        session_seconds=12 * HOUR,
        idle_seconds=HOUR,
    )


def facts(asked: Policy, *factors: tuple[FactorKind, bool], active: bool = True) -> Facts:
    return Facts(
        session=None,
        administrator_active=active,
        customer_active=True,
        security_version=1,
        factors=tuple(
            FactorFacts(id=UUID(int=n), kind=kind, usable=usable)
            for n, (kind, usable) in enumerate(factors, 1)
        ),
        policy=asked,
        recovery_unsaved=None,
        password_due=False,
        tabs=frozenset(),
    )


def told(found: Facts, reach: Reach | None = None, *, start: datetime = NOW) -> Foretold:
    return foretell(lambda _at: found, reach or Reach(), now=NOW, start=start)


ASKED, PASSKEYS = policy(), policy(kinds=Kinds.PHISHING_RESISTANT)
GRACE = policy(until=LATER)


@pytest.mark.parametrize(
    ("found", "reach", "expected"),
    [
        (facts(policy(required=False)), Reach(), Foretold(Outcome.NOT_CONCERNED)),
        (facts(policy(required=False), (APP, True)), Reach(), Foretold(Outcome.NOT_CONCERNED)),
        (facts(ASKED, active=False), Reach(), Foretold(Outcome.NOT_CONCERNED)),
        (facts(ASKED, (APP, True)), Reach(), Foretold(Outcome.COVERED)),
        (facts(ASKED, (APP, False), (KEY, True)), Reach(), Foretold(Outcome.COVERED)),
        (facts(ASKED), Reach(), Foretold(Outcome.SET_UP_NEXT)),
        (facts(ASKED), Reach(mail=False), Foretold(Outcome.STUCK, Why.NO_MAIL)),
        (facts(ASKED), Reach(by_link=True), Foretold(Outcome.SET_UP_NEXT)),
        (facts(ASKED), Reach(by_link=True, mail=False), Foretold(Outcome.STUCK, Why.NO_MAIL)),
        (facts(ASKED, (APP, False)), Reach(), Foretold(Outcome.STUCK, Why.ONLY_DISABLED)),
        (facts(ASKED, (APP, False)), Reach(codes=True), Foretold(Outcome.SET_UP_NEXT)),
        (facts(PASSKEYS, (APP, True)), Reach(), Foretold(Outcome.OTHER_KIND_NEXT)),
        (facts(PASSKEYS, (APP, True), (KEY, True)), Reach(), Foretold(Outcome.COVERED)),
        (
            facts(PASSKEYS, (APP, True), (KEY, False)),
            Reach(passkeys=False),
            Foretold(Outcome.STUCK, Why.NO_PASSKEYS),
        ),
        (facts(PASSKEYS), Reach(passkeys=False), Foretold(Outcome.STUCK, Why.NO_PASSKEYS)),
        (facts(PASSKEYS, (KEY, True)), Reach(passkeys=False), Foretold(Outcome.COVERED)),
        (facts(GRACE, (APP, True)), Reach(), Foretold(Outcome.COVERED)),
        (facts(GRACE), Reach(), Foretold(Outcome.SET_UP_LATER, day=LATER)),
        (facts(GRACE), Reach(mail=False), Foretold(Outcome.STUCK, Why.NO_MAIL, LATER)),
        (facts(GRACE, (APP, False)), Reach(), Foretold(Outcome.STUCK, Why.ONLY_DISABLED)),
        (
            facts(policy(kinds=Kinds.PHISHING_RESISTANT, until=LATER), (APP, True)),
            Reach(),
            Foretold(Outcome.OTHER_KIND_NEXT, day=LATER),
        ),
    ],
)
def test_what_is_foretold(found: Facts, reach: Reach, expected: Foretold) -> None:
    assert told(found, reach) == expected


def test_what_a_plan_brings_is_told_with_its_day() -> None:
    before, after = facts(policy(required=False), (APP, True)), facts(PASSKEYS, (APP, True))
    found = foretell(lambda at: after if at >= LATER else before, Reach(), now=NOW, start=LATER)
    assert found == Foretold(Outcome.OTHER_KIND_NEXT, day=LATER)


def test_who_is_freed_or_held_later_is_told_from_when() -> None:
    free, held = facts(policy(required=False), (APP, True)), facts(ASKED, (APP, True))
    for before, after, outcome in (
        (held, free, Outcome.NOT_CONCERNED),
        (free, held, Outcome.COVERED),
    ):

        def at(moment: datetime, *, now: Facts = before, then: Facts = after) -> Facts:
            return then if moment >= LATER else now

        found = foretell(at, Reach(), now=NOW, start=LATER)
        assert found == Foretold(outcome, day=LATER)


def test_what_comes_first_is_told() -> None:
    """What is asked now already is not put behind what a plan asks later."""
    before, after = facts(ASKED), facts(PASSKEYS)
    found = foretell(lambda at: after if at >= LATER else before, Reach(), now=NOW, start=LATER)
    assert found == Foretold(Outcome.SET_UP_NEXT)


def test_who_waits_for_a_password_or_for_codes_is_covered_all_the_same() -> None:
    assert told(replace(facts(ASKED, (APP, True)), password_due=True)).outcome is Outcome.COVERED


@pytest.mark.parametrize(
    ("agent", "makes"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", True),
        ("Mozilla/5.0 (Windows NT 6.1; rv:52.0) Gecko/20100101 Firefox/52.0", False),
        ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", False),
        ("", True),
        ("Something/1.0", True),
    ],
)
def test_which_browsers_make_passkeys(agent: str, *, makes: bool) -> None:
    assert browser_makes_them(agent) is makes
