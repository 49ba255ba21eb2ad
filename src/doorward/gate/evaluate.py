"""The one place that asks the access decision: for pages, services and whatever comes after them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorward.gate import reasons
from doorward.gate.decision import next_step
from doorward.gate.requirement import Step

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.reason import Why
    from doorward.gate.requirement import Need
    from doorward.sessions.context import AuthContext


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
        return self.step in {Step.THROUGH, Step.NO_RIGHT, Step.REAUTHENTICATE}


def evaluate(context: AuthContext | None, requirement: Need, *, now: datetime) -> Verdict:
    """Return what a session must do before a requirement is met. No context: a stranger."""
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
