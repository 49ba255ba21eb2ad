"""Why a step of signing in, or reauthentication, is asked for: decided beside the gate, from the same facts.

The value is put into words by the pages, and stands in the events of that step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doorward.audit.reason import Reason, Why
from doorward.gate.requirement import Step
from doorward.policy.rules import RequiredBy

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.policy.rules import Policy
    from doorward.sessions.facts import Facts


_PASSWORD_DUE: Final = {
    "too_short": Reason.PASSWORD_SHORT,
    "breached": Reason.PASSWORD_BREACHED,
    "taken_over": Reason.PASSWORD_WEAK,
}


def who_requires(policy: Policy) -> Reason | None:
    """Return who requires two factors, the company before the provider before a colleague's tick; None: nobody."""
    if not policy.required_by:
        return None
    if policy.required_by == (RequiredBy.TICK,):
        return Reason.REQUIRED_BY_COLLEAGUE
    if RequiredBy.POLICY in policy.required_by:
        return Reason.REQUIRED_BY_COMPANY
    return Reason.REQUIRED_BY_PROVIDER


def why(  # noqa: PLR0911 - a line for each step
    facts: Facts, step: Step, *, password_due: str, known_browser: bool
) -> Why | None:
    """Return why the gate asks for this step; None where it asks for nothing of the kind.

    `password_due`: what is wrong with the password, as its row says.
    """
    match step:
        case Step.VERIFY_FACTOR:
            return Why(_second_step(facts), new_browser=not known_browser)
        case Step.VERIFY_MAILBOX:
            return Why(Reason.ONLY_PASSWORD, new_browser=not known_browser)
        case Step.SET_UP_FACTOR:
            return Why(_set_up(facts))
        case Step.SAVE_RECOVERY_CODES:
            return Why(Reason.CODES_NEW)
        case Step.SET_PASSWORD:
            return Why(_PASSWORD_DUE.get(password_due, Reason.PASSWORD_KNOWN))
        case Step.VERIFY_PASSWORD:
            return Why(_once_more(facts))
        case _:
            return None


def why_again(facts: Facts, *, another: bool, now: datetime) -> Why:
    """Return why reauthentication is asked for. `another`: by another device than the one that is to go."""
    session = facts.session
    if another:
        return Why(Reason.OTHER_DEVICE)
    if session is None:
        return Why(Reason.NOT_CONFIRMED)
    counts = not facts.factors or session.factor_id in _usable(facts)
    confirmed_at = session.factor_at if facts.factors else session.password_at
    if counts and confirmed_at is not None:
        return Why(
            Reason.CONFIRMED, minutes=max(0, int((now - confirmed_at).total_seconds()) // 60)
        )
    if session.recovery_at is not None:
        return Why(Reason.RECOVERED)
    return Why(Reason.NOT_CONFIRMED if facts.trust is None else Reason.TRUSTED)


def _second_step(facts: Facts) -> Reason:
    session, policy = facts.session, facts.policy
    usable = {one.id: one.kind for one in facts.factors if one.usable}
    verified = usable.get(session.factor_id) if session and session.factor_id else None
    if verified is None:
        return who_requires(policy) or Reason.TURNED_ON
    if policy.accepts(verified):
        return _once_more(facts)
    return (
        Reason.OTHER_KIND if any(map(policy.accepts, usable.values())) else Reason.BEFORE_OTHER_KIND
    )


def _once_more(facts: Facts) -> Reason:
    """Return why who is past the second step, or has none, is asked once more."""
    if facts.policy.required and not facts.factors:
        return Reason.BEFORE_SET_UP
    return Reason.BEFORE_CODES if facts.recovery_unsaved else Reason.BEFORE_PASSWORD


def _set_up(facts: Facts) -> Reason:
    if facts.session is not None and facts.session.by_pass and facts.factors:
        return Reason.LET_BACK_IN if facts.session.from_link else Reason.SET_UP_PASS
    if _usable(facts):
        return Reason.OTHER_KIND
    if facts.factors:
        return Reason.DEVICE_DISABLED
    return who_requires(facts.policy) or Reason.TURNED_ON


def _usable(facts: Facts) -> frozenset[object]:
    return frozenset(one.id for one in facts.factors if one.usable)
