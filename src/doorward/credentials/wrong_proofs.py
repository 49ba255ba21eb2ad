"""What follows a wrong code, or another proof that was refused: it is remembered, told, and may disable the factor.

Of how often somebody may be wrong, and how long they wait then, `kernel/ratelimit/` keeps count before anybody looks.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from doorward.audit import repeats
from doorward.audit.events import EventType, Outcome
from doorward.audit.record import record
from doorward.credentials import alarms, standing
from doorward.credentials.errors import RequiredCannotDisable
from doorward.credentials.events import FACTOR_LOCKED, SECOND_STEP_FAILED
from doorward.credentials.models import Factor
from doorward.kernel.errors import MustWait, Refusal
from doorward.kernel.metrics import counting
from doorward.kernel.metrics.declared import FACTORS_LOCKED, SIGN_INS, SignIn
from doorward.kernel.ratelimit import limits, rules, throttle
from doorward.policy.rules import FactorKind
from doorward.sessions.lock import hold

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.actor import Actor
    from doorward.audit.record import Detail
    from doorward.sessions.context import AuthContext


# From the third wrong code on, pages say how to recover and whom to call.
MANY = 3


def own_key(actor: Actor) -> limits.Key:
    """Return what proofs in a session that is through are counted on: this session."""
    return limits.proof_key(actor.session_id or (actor.person.id if actor.person else UUID(int=0)))


def record_failure(
    event_type: EventType, refusal: Refusal, *, actor: Actor, now: datetime, recovery: bool = False
) -> None:
    """Remember a refusal, in a transaction of its own: the caller's was rolled back or had none.

    Each guess is: they are counted, and wait. What can be repeated without end is, once and as a number.
    """
    refused = isinstance(refusal, MustWait | RequiredCannotDisable)
    outcome = Outcome.REFUSED if refused else Outcome.FAILED
    details: dict[str, Detail] = {"reason": refusal.code, "recovery": recovery}
    if "skew_seconds" in refusal.data:
        details["clock"] = int(refusal.data["skew_seconds"])
    if isinstance(refusal, alarms.GUESSES):
        with transaction.atomic():
            record(event_type, actor=actor, outcome=outcome, details=details)
        return
    seconds = refusal.seconds if isinstance(refusal, MustWait) else 0
    repeats.record_once(
        event_type, actor=actor, outcome=outcome, details=details, seconds=seconds, now=now
    )


def count_refused(factor: str, refusal: Refusal) -> None:
    """Count for the monitor that a sign-in was refused at this factor, or has to wait there."""
    ended = SignIn.WAITING if isinstance(refusal, MustWait) else SignIn.FAILED
    counting.count(SIGN_INS, ended, factor)


def record_guess(  # noqa: PLR0913 - as wide as `record_failure`, and what it is counted as
    event_type: EventType,
    refusal: Refusal,
    *,
    actor: Actor,
    now: datetime,
    factor: str = FactorKind.APP.value,
    recovery: bool = False,
) -> None:
    """Remember a proof of a factor that was refused; it may be an alarm.

    At sign-in it counts for its address, in a session that is through for that session: whoever sits in
    there keeps nobody waiting elsewhere.
    """
    record_failure(event_type, refusal, actor=actor, now=now, recovery=recovery)
    if event_type is SECOND_STEP_FAILED:
        count_refused("recovery_code" if recovery else factor, refusal)
        throttle.count_failure(actor.client.address, now=now)
    elif not isinstance(refusal, MustWait):
        throttle.was_wrong([own_key(actor)], now=now)
    if isinstance(refusal, alarms.GUESSES):
        alarms.tell(actor=actor, now=now)


def failures(auth: AuthContext) -> int:
    """Return how many tries in a row were wrong, of the app that was tried most."""
    rows = Factor.objects.filter(administrator_id=auth.person.id)
    return max(rows.values_list("failures_in_a_row", flat=True), default=0)


def lock_guessed(app_ids: list[UUID], *, actor: Actor, now: datetime) -> None:
    """Disable what was guessed at too often, until it is set up again (NIST SP 800-63B-4, 3.2.2)."""
    guessed = Factor.objects.filter(
        id__in=app_ids, failures_in_a_row__gte=rules.DISABLE_AT, locked_at__isnull=True
    )
    if not guessed.exists():
        return
    with transaction.atomic():
        # The person first, as for who removes factors; the row in which it is kept how they stand is theirs.
        for person_id in set(guessed.values_list("administrator_id", flat=True)):
            hold(person_id)
            if guessed.filter(administrator_id=person_id).update(locked_at=now):
                standing.keep(person_id)
                record(FACTOR_LOCKED, actor=actor)
                transaction.on_commit(partial(counting.count, FACTORS_LOCKED))
