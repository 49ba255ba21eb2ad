"""A code of an authenticator app: the one place where it is looked at and consumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.audit.record import record
from doorward.credentials import sealed
from doorward.credentials.counted_tries import reserve_own, tried, usable
from doorward.credentials.errors import CodeAlreadyUsed, FactorDisabled, WrongCode
from doorward.credentials.events import PROOF_FAILED, REAUTHENTICATED, SECOND_STEP_FAILED
from doorward.credentials.models import USABLE, Factor
from doorward.credentials.stepping_up import step_up
from doorward.credentials.totp import rules as totp_rules
from doorward.credentials.wrong_proofs import lock_guessed, own_key, record_guess
from doorward.kernel.crypto import sealing
from doorward.kernel.errors import MustWait, Refusal
from doorward.kernel.ratelimit import throttle
from doorward.policy.rules import FactorKind
from doorward.sessions.lock import hold

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.audit.events import EventType
    from doorward.sessions.context import AuthContext, FactorRow
    from doorward.sessions.issuing import Started


def reauthenticate(*, auth: AuthContext, code: str, actor: Actor, now: datetime) -> Started:
    """Verify a factor once more, as reauthentication; the session gets a new identifier."""
    factor_id = verify_code(auth=auth, code=code, event_type=PROOF_FAILED, actor=actor, now=now)
    with transaction.atomic():
        record(REAUTHENTICATED, actor=actor)
        return step_up(auth.browser, factor_id, now=now)


def verify_code(
    *, auth: AuthContext, code: str, event_type: EventType, actor: Actor, now: datetime
) -> UUID:
    """Consume a code of one of this person's apps; return the factor's id. Failures are recorded as `event_type`."""
    reserve_own(event_type, actor=actor, now=now)
    with transaction.atomic():
        found = look(auth, code, event_type=event_type, actor=actor, now=now)
    if isinstance(found, Refusal):
        after_refusal(auth, found, event_type=event_type, actor=actor, now=now)
        raise found
    throttle.was_right([own_key(actor)])
    return found.id


def look(
    auth: AuthContext, code: str, *, event_type: EventType, actor: Actor, now: datetime
) -> FactorRow | Refusal:
    """Count, look and consume, in the caller's transaction; return the app that was verified, or what refuses.

    A refusal is a result, so that its count is committed. The counted rows stay locked until then: who
    comes at the same moment waits for how it ends, and for nothing else.
    """
    if len(auth.factors) > 1 and event_type is not SECOND_STEP_FAILED:
        # Several rows: who removes factors takes the person first and then these, so this does, too.
        hold(auth.person.id)
    try:
        counted = _count(auth, event_type=event_type, actor=actor, now=now)
    except Refusal as refusal:
        return refusal
    typed = totp_rules.normalise(code)
    for app, secret in zip(counted, opened(counted), strict=True):
        step = totp_rules.matched_step(secret, typed, now=now, after=None)
        if step is not None:
            others = [other.id for other in counted if other.id != app.id]
            consumed = _consume(app, step, others, auth=auth, event_type=event_type, now=now)
            return app if consumed else CodeAlreadyUsed()
    # Not how far the clock is off: one code more that is told apart helps who guesses (decision 0041).
    return WrongCode()


def after_refusal(
    auth: AuthContext, refusal: Refusal, *, event_type: EventType, actor: Actor, now: datetime
) -> None:
    """Remember what was refused, after it was counted, and disable what was guessed at too often."""
    record_guess(event_type, refusal, actor=actor, now=now)
    # Whoever counted the last try may have ended before it was written down.
    lock_guessed([row.id for row in _apps(auth)], actor=actor, now=now)


def opened(apps: list[FactorRow]) -> list[bytes]:
    """Return the secrets of apps on which a try was counted."""
    return [sealing.open_sealed(app.sealed, **sealed.of_factor(app.id)) for app in apps]


def count(
    auth: AuthContext, *, event_type: EventType, actor: Actor, now: datetime
) -> list[FactorRow]:
    """Count a try on each usable app before it is looked at; return those that need not wait.

    Raises `MustWait` or `FactorDisabled`, and records it as `event_type`.
    """
    if event_type is not SECOND_STEP_FAILED:
        reserve_own(event_type, actor=actor, now=now)
    try:
        with transaction.atomic():
            return _count(auth, event_type=event_type, actor=actor, now=now)
    except Refusal as refusal:
        after_refusal(auth, refusal, event_type=event_type, actor=actor, now=now)
        raise


def _apps(auth: AuthContext) -> list[FactorRow]:
    return [row for row in auth.factors if row.kind is FactorKind.APP and row.usable]


def _count(
    auth: AuthContext, *, event_type: EventType, actor: Actor, now: datetime
) -> list[FactorRow]:
    known, address, apps = auth.browser.known, actor.client.address, _apps(auth)
    if event_type is SECOND_STEP_FAILED:
        counted = [
            app
            for app in apps
            if throttle.count_row(tried, app.id, known=known, address=address, now=now)
        ]
    else:
        counted = [app for app in apps if throttle.count_open_row(usable, app.id)]
    if counted:
        return counted
    rows = [row for app in apps for row in usable(app.id)]
    if rows:
        left = throttle.seconds_left(rows, known=known, address=address, now=now)
        raise MustWait(seconds=left)
    raise FactorDisabled


def _consume(  # noqa: PLR0913 - the code's app and step, and what a proof brings
    app: FactorRow,
    step: int,
    others: list[UUID],
    *,
    auth: AuthContext,
    event_type: EventType,
    now: datetime,
) -> bool:
    """Accept a time step once, in one statement (RFC 6238, 5.2), and uncount the others' tries."""
    known = auth.browser.known
    unused = Factor.objects.filter(USABLE, id=app.id, last_step__lt=step)
    right = throttle.cleared(known=known)
    if unused.update(last_step=step, last_used_at=now, taken_over=False, **right) != 1:
        return False
    rows = Factor.objects.filter(id__in=others)
    if others and event_type is SECOND_STEP_FAILED:
        throttle.uncount_row(rows, known=known)
    elif others:
        throttle.uncount_open_row(rows)
    return True
