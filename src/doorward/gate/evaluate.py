"""The one place that asks the access decision: for pages, services and whatever comes after them.

What is due next, also where two factors have become required meanwhile, is `decision.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from doorward.gate import reasons
from doorward.gate.decision import next_step
from doorward.gate.requirement import Step
from doorward.sessions.rules import as_asked

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.reason import Why
    from doorward.gate.requirement import Need
    from doorward.sessions.context import AuthContext


_ADMITTED = frozenset(
    {
        Step.THROUGH,
        Step.NO_RIGHT,
        Step.REAUTHENTICATE,
        Step.ANOTHER_FACTOR,
        Step.NOT_WHILE_MANAGING,
    }
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate decided, and why it asks for it; None: it asks for nothing that has a reason."""

    step: Step
    why: Why | None = None

    @property
    def through(self) -> bool:
        """Whether nothing is due: what was asked for may happen."""
        return self.step is Step.THROUGH

    @property
    def admitted(self) -> bool:
        """Whether somebody is signed in, and only this requirement may be missing."""
        return self.step in _ADMITTED


def evaluate(context: AuthContext | None, requirement: Need, *, now: datetime) -> Verdict:
    """Return what a session must do before a requirement is met. No context: a stranger."""
    context = context.own if context else None
    step = next_step(context.facts if context else None, requirement, now=now)
    if context is None or step is Step.THROUGH:
        return Verdict(step)
    if step is Step.REAUTHENTICATE:
        return Verdict(step, reasons.why_again(context.facts, another=False, now=now))
    return Verdict(
        step,
        reasons.why(
            context.facts,
            step,
            password_due=context.person.password_due,
            known_browser=context.browser.known_browser,
        ),
    )


def still_evaluate(
    context: AuthContext | None, requirement: Need, *, asked_at: datetime, now: datetime
) -> Verdict:
    """Return what the gate would answer if what was asked at `asked_at` were asked again, of a session no older.

    For what goes on without its browser: that time passes takes nothing away, whatever else has changed does.
    """
    if context is None or context.facts.session is None:
        return evaluate(context, requirement, now=now)
    session = as_asked(context.facts.session, asked_at=asked_at, now=now)
    then = replace(context, facts=replace(context.facts, session=session))
    return evaluate(then, requirement, now=now)


def unattended(context: AuthContext | None) -> AuthContext | None:
    """Return a session as it counts where nobody sits: what is only offered, and can be put off, stops nothing there.

    Whoever comes back to a page is offered it all the same.
    """
    if context is None or context.facts.session is None:
        return context
    session = replace(context.facts.session, put_off=True)
    return replace(context, facts=replace(context.facts, session=session))
