"""Why a step of signing in, or a fresh proof, is asked for: decided beside the gate, from the same facts.

The value is put into words by the pages, and stands in the events of that step.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from doorward.core.policy import RequiredBy
from doorward.core.steps import Step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from doorward.core.facts import Facts
    from doorward.core.policy import Policy


class Reason(StrEnum):
    """What something is asked for. Stored in history: a value never changes its meaning."""

    REQUIRED_BY_COLLEAGUE = "required_by_colleague"
    REQUIRED_BY_COMPANY = "required_by_company"
    REQUIRED_BY_PROVIDER = "required_by_provider"
    TURNED_ON = "turned_on"
    OTHER_KIND = "other_kind"
    BEFORE_OTHER_KIND = "before_other_kind"
    BEFORE_SET_UP = "before_set_up"
    BEFORE_CODES = "before_codes"
    BEFORE_PASSWORD = "before_password"  # noqa: S105 - the name of a reason
    ONLY_PASSWORD = "only_password"  # noqa: S105 - the name of a reason
    DEVICE_DISABLED = "device_disabled"
    CODES_NEW = "codes_new"
    PASSWORD_SHORT = "password_short"  # noqa: S105
    PASSWORD_BREACHED = "password_breached"  # noqa: S105
    PASSWORD_KNOWN = "password_known"  # noqa: S105
    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"
    RECOVERED = "recovered"
    TRUSTED = "trusted"
    OTHER_DEVICE = "other_device"
    NEW_DEVICE = "new_device"


@dataclass(frozen=True, slots=True)
class Why:
    """A reason; `new_browser`: and nobody signed in as this person from this browser yet.

    `minutes`: how many whole ones the last confirmation is old, where that is the reason.
    """

    reason: Reason
    new_browser: bool = False
    minutes: int | None = None

    def details(self) -> Mapping[str, str | int | bool]:
        """Give what an event keeps of it."""
        told: dict[str, str | int | bool] = {"why": self.reason.value}
        if self.new_browser:
            told["new_browser"] = True
        if self.minutes is not None:
            told["minutes"] = self.minutes
        return told


_PASSWORD_DUE: Final = {
    "too_short": Reason.PASSWORD_SHORT,
    "breached": Reason.PASSWORD_BREACHED,
}


def who_requires(policy: Policy) -> Reason | None:
    """Give who requires two factors, the company before the provider before a colleague's tick; None: nobody."""
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
    """Give why the gate asks for this step; None where it asks for nothing of the kind.

    `password_due`: what is wrong with the password, as its row says.
    """
    match step:
        case Step.PROVE_FACTOR:
            return Why(_second_step(facts), new_browser=not known_browser)
        case Step.PROVE_MAILBOX:
            return Why(Reason.ONLY_PASSWORD, new_browser=not known_browser)
        case Step.SET_UP_FACTOR:
            return Why(_set_up(facts))
        case Step.SAVE_RECOVERY_CODES:
            return Why(Reason.CODES_NEW)
        case Step.SET_PASSWORD:
            return Why(_PASSWORD_DUE.get(password_due, Reason.PASSWORD_KNOWN))
        case Step.PROVE_PASSWORD:
            return Why(_once_more(facts))
        case _:
            return None


def why_again(facts: Facts, *, another: bool, now: datetime) -> Why:
    """Give why a fresh proof is asked for. `another`: by another device than the one that is to go."""
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
    proved = usable.get(session.factor_id) if session and session.factor_id else None
    if proved is None:
        return who_requires(policy) or Reason.TURNED_ON
    if policy.accepts(proved):
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
    if _usable(facts):
        return Reason.OTHER_KIND
    if facts.factors:
        return Reason.DEVICE_DISABLED
    return who_requires(facts.policy) or Reason.TURNED_ON


def _usable(facts: Facts) -> frozenset[object]:
    return frozenset(one.id for one in facts.factors if one.usable)
