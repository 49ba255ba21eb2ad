"""What the services of this floor share: the person's lock, the session's step, refusals in history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.administrators import sessions
from doorward.audit.events import Kind, Outcome
from doorward.audit.services import record
from doorward.core import errors
from doorward.core.steps import FactorKind
from doorward.mfa import alarms
from doorward.safe import throttle

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

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


def record_failure(kind: Kind, refusal: errors.Refusal, *, by: By, recovery: bool = False) -> None:
    """Remember a refusal, in a transaction of its own: the caller's was rolled back or had none."""
    refused = isinstance(refusal, errors.MustWait | errors.RequiredCannotDisable)
    outcome = Outcome.REFUSED if refused else Outcome.FAILED
    details: dict[str, Detail] = {"reason": refusal.code, "recovery": recovery}
    if "skew_seconds" in refusal.data:
        details["clock"] = int(refusal.data["skew_seconds"])
    with transaction.atomic():
        record(kind, by=by, outcome=outcome, details=details)


def record_guess(
    kind: Kind, refusal: errors.Refusal, *, by: By, now: datetime, recovery: bool = False
) -> None:
    """Remember a proof of a factor that was refused: it counts for its address, and may be an alarm."""
    record_failure(kind, refusal, by=by, recovery=recovery)
    throttle.count_failure(by.origin.address, now=now)
    if isinstance(refusal, alarms.GUESSES):
        alarms.tell(by=by, now=now)
