"""What happens to somebody at their next sign-in: told by the gate, asked as they could come.

Nothing here decides anything. Each way to sign in is a session as it would be, and the access decision says what
comes of it; so what is foretold is what then happens.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from uuid import UUID

from doorward.gate.evaluate import evaluate
from doorward.gate.possible_sessions import NO_BROWSER, ways
from doorward.gate.requirement import Need, Step
from doorward.permissions.staff_scope import Scope
from doorward.policy.fields import Kinds
from doorward.sessions.context import AuthContext, Person

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from doorward.sessions.facts import Facts, SessionFacts


class Outcome(StrEnum):
    """What a requirement comes to for somebody, in the order in which a page lists it."""

    SET_UP_NEXT = "set_up_next"
    SET_UP_LATER = "set_up_later"
    OTHER_KIND_NEXT = "other_kind_next"
    STUCK = "stuck"
    COVERED = "covered"
    NOT_CONCERNED = "not_concerned"


class Why(StrEnum):
    """Why somebody would be stuck."""

    NO_MAIL = "no_mail"
    ONLY_DISABLED = "only_disabled"
    NO_PASSKEYS = "no_passkeys"


@dataclass(frozen=True, slots=True)
class Foretold:
    """What happens to somebody. `day`: from when, where it is not from their next sign-in on."""

    outcome: Outcome
    why: Why | None = None
    day: datetime | None = None

    @property
    def through(self) -> bool:
        """Whether they get in as they are: with what they have, or with nothing, since nothing is asked of them."""
        return self.outcome in {Outcome.COVERED, Outcome.NOT_CONCERNED}


@dataclass(frozen=True, slots=True)
class Reach:
    """What somebody can do besides: read their mail, use a recovery code, make a passkey.

    `by_link`: they begin with a link that was mailed to them.
    """

    mail: bool = True
    codes: bool = False
    passkeys: bool = True
    by_link: bool = False


_FORCED: Final = frozenset({Outcome.SET_UP_NEXT, Outcome.OTHER_KIND_NEXT, Outcome.STUCK})
# What comes after the second factor, and has nothing to do with it.
_PASSED: Final = frozenset(
    {Step.THROUGH, Step.SAVE_RECOVERY_CODES, Step.SET_PASSWORD, Step.VERIFY_PASSWORD}
)


def foretell(
    facts_at: Callable[[datetime], Facts], reach: Reach, *, now: datetime, start: datetime
) -> Foretold:
    """Return what comes first to somebody: at their next sign-in, when a plan starts, when grace or an exception ends.

    `facts_at`: their facts as they are at a moment, without a session.
    """
    moments, first, last = [now, max(now, start)], None, Foretold(Outcome.NOT_CONCERNED)
    while moments:
        at = min(moments)
        moments = [one for one in moments if one > at]
        facts = facts_at(at)
        found = _at(facts, reach, now=at)
        if found.outcome in _FORCED:
            return _dated(found, None if at <= now else at)
        ahead = (found.day, facts.policy.excepted_until)
        moments += [one for one in ahead if one is not None and one > at]
        first = first or found
        last = found if found.outcome is first.outcome else _dated(found, at)
    return last


def _dated(found: Foretold, day: datetime | None) -> Foretold:
    if day is not None and found.outcome is Outcome.SET_UP_NEXT:
        return Foretold(Outcome.SET_UP_LATER, day=day)
    return replace(found, day=day)


def _at(facts: Facts, reach: Reach, *, now: datetime) -> Foretold:
    """Return what comes of somebody who signs in at this very moment."""
    sessions = list(ways(facts, codes=reach.codes, by_link=reach.by_link, now=now))
    steps = {_step(facts, one, now=now) for one in sessions}
    if Step.SIGN_IN in steps or not facts.policy.required:
        return Foretold(Outcome.NOT_CONCERNED)
    if steps & _PASSED:
        return Foretold(Outcome.COVERED)
    if any(_step(facts, replace(one, put_off=True), now=now) in _PASSED for one in sessions):
        return Foretold(Outcome.SET_UP_LATER, day=facts.policy.grace_until)
    return _forced(facts, reach, steps)


def _forced(facts: Facts, reach: Reach, steps: set[Step]) -> Foretold:
    """Return what is asked of somebody before they are in, or why they cannot do it."""
    if Step.SET_UP_FACTOR not in steps and Step.VERIFY_MAILBOX not in steps:
        return Foretold(Outcome.STUCK, Why.ONLY_DISABLED)
    needs_mail = reach.by_link or Step.SET_UP_FACTOR not in steps
    if needs_mail and not reach.mail:
        return Foretold(Outcome.STUCK, Why.NO_MAIL)
    if facts.policy.kinds is Kinds.PHISHING_RESISTANT and not reach.passkeys:
        return Foretold(Outcome.STUCK, Why.NO_PASSKEYS)
    usable = any(one.usable for one in facts.factors)
    return Foretold(Outcome.OTHER_KIND_NEXT if usable else Outcome.SET_UP_NEXT)


def _step(facts: Facts, session: SessionFacts, *, now: datetime) -> Step:
    return step_of(replace(facts, session=session), now=now)


def step_of(facts: Facts, *, now: datetime) -> Step:
    """Return what the gate asks of a session before any page."""
    return evaluate(AuthContext(facts, _NOBODY, NO_BROWSER, ()), Need.THROUGH, now=now).step


# The decision is made of the facts alone; a verdict's reason would want to know who it is, and is not read here.
_NONE: Final = UUID(int=0)
_NOBODY: Final = Person(
    id=_NONE,
    email="",
    first_name="",
    last_name="",
    language="",
    time_zone="UTC",
    tab_keys=frozenset(),
    customer_id=_NONE,
    customer_name="",
    brand_id=_NONE,
    is_staff=False,
    scope=Scope.NOTHING,
    require_2fa=False,
    password_due="",
)
