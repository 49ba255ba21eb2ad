"""What the services of this floor share: the person's lock, the session's step, refusals in history."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from doorward.administrators import sessions
from doorward.audit import repeats
from doorward.audit.events import Kind, Outcome
from doorward.audit.services import record
from doorward.core import errors
from doorward.core.steps import FactorKind
from doorward.mfa import alarms
from doorward.safe import throttle

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.administrators.sessions import Started
    from doorward.audit.origin import By
    from doorward.audit.services import Detail
    from doorward.mfa.facts import Browser


def step_up(
    browser: Browser,
    factor_id: UUID,
    *,
    kind: FactorKind = FactorKind.APP,
    now: datetime,
    **also: datetime,
) -> Started:
    """Write down in the session which factor was proved, under a new identifier (and `also` columns)."""
    return sessions.step_up(
        browser.session_id,
        old_hash=browser.token_hash,
        factor_at=now,
        factor_id=factor_id,
        factor_kind=kind.value,
        **also,
    )


def own_key(by: By) -> throttle.Key:
    """Return what proofs in a session that is through are counted on: this session."""
    return throttle.proof_key(by.session_id or (by.who.id if by.who else UUID(int=0)))


def record_failure(
    kind: Kind, refusal: errors.Refusal, *, by: By, now: datetime, recovery: bool = False
) -> None:
    """Remember a refusal, in a transaction of its own: the caller's was rolled back or had none.

    Each guess is: they are counted, and wait. What can be repeated without end is, once and as a number.
    """
    refused = isinstance(refusal, errors.MustWait | errors.RequiredCannotDisable)
    outcome = Outcome.REFUSED if refused else Outcome.FAILED
    details: dict[str, Detail] = {"reason": refusal.code, "recovery": recovery}
    if "skew_seconds" in refusal.data:
        details["clock"] = int(refusal.data["skew_seconds"])
    if isinstance(refusal, alarms.GUESSES):
        with transaction.atomic():
            record(kind, by=by, outcome=outcome, details=details)
        return
    seconds = refusal.seconds if isinstance(refusal, errors.MustWait) else 0
    repeats.record_once(kind, by=by, outcome=outcome, details=details, seconds=seconds, now=now)


def record_guess(
    kind: Kind, refusal: errors.Refusal, *, by: By, now: datetime, recovery: bool = False
) -> None:
    """Remember a proof of a factor that was refused; it may be an alarm.

    At sign-in it counts for its address, in a session that is through for that session: whoever sits in
    there keeps nobody waiting elsewhere.
    """
    record_failure(kind, refusal, by=by, now=now, recovery=recovery)
    if kind is Kind.SECOND_STEP_FAILED:
        throttle.count_failure(by.origin.address, now=now)
    elif not isinstance(refusal, errors.MustWait):
        throttle.was_wrong([own_key(by)], now=now)
    if isinstance(refusal, alarms.GUESSES):
        alarms.tell(by=by, now=now)
