"""What the services of this floor share: the person's lock, the session's step, refusals in history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.administrators import sessions
from doorward.audit.events import Kind, Outcome
from doorward.audit.services import record
from doorward.core import errors, totp
from doorward.core.steps import FactorKind
from doorward.mfa import alarms
from doorward.safe import throttle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from doorward.administrators.sessions import Started
    from doorward.audit.origin import By
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
    with transaction.atomic():
        record(kind, by=by, outcome=outcome, details={"reason": refusal.code, "recovery": recovery})


def record_guess(
    kind: Kind, refusal: errors.Refusal, *, by: By, now: datetime, recovery: bool = False
) -> None:
    """Remember a proof of a factor that was refused: it counts for its address, and may be an alarm."""
    record_failure(kind, refusal, by=by, recovery=recovery)
    throttle.count_failure(by.origin.address, now=now)
    if isinstance(refusal, alarms.GUESSES):
        alarms.tell(by=by, now=now)


def wrong_code(secrets: Sequence[bytes], code: str, *, now: datetime) -> errors.WrongCode:
    """Make the refusal of a wrong code; it says by how much the phone's clock is off, if it is."""
    for secret in secrets:
        off = totp.skew(secret, code, now=now)
        if off is not None:
            return errors.WrongCode(skew_seconds=off)
    return errors.WrongCode()
