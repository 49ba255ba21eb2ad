"""Proving a factor: the one place where a code of an authenticator app is looked at and burnt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from doorward.administrators import sessions
from doorward.administrators.accounts import hold
from doorward.administrators.models import Session
from doorward.audit.events import Kind
from doorward.audit.services import record
from doorward.core import attempts, errors, totp
from doorward.core.steps import FactorKind
from doorward.mfa import places, standing
from doorward.mfa.models import Factor
from doorward.mfa.shared import own_key, record_guess, step_up
from doorward.safe import throttle, vault
from doorward.safe.prepared import PreparedUpdate

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.administrators.sessions import Started
    from doorward.audit.origin import By
    from doorward.mfa.facts import FactorRow, Loaded


# From the third wrong code on, pages say how to recover and whom to call.
MANY = 3


def prove_second_step(
    *, loaded: Loaded, code: str, completes: bool, by: By, now: datetime
) -> Started:
    """Prove a factor at sign-in; give the stepped-up session.

    `completes`: nothing is due after it, so that the sign-in is recorded in the same transaction.
    Raises `WrongCode`, `CodeAlreadyUsed`, `MustWait`, `FactorDisabled`, or `StaleRequest` where this
    session already passed the step; then nothing is counted.
    """
    with transaction.atomic():
        if completes:
            # The last sign-in is written into the person's row, which comes before their factors'.
            hold(loaded.person.id)
        found = _look(loaded, code, kind=Kind.SECOND_STEP_FAILED, by=by, now=now)
        if not isinstance(found, errors.Refusal):
            return pass_on(loaded, found, completes=completes, by=by, now=now)
        if isinstance(found, errors.CodeAlreadyUsed) and passed_meanwhile(loaded):
            raise errors.StaleRequest
    remember(loaded, found, kind=Kind.SECOND_STEP_FAILED, by=by, now=now)
    raise found


def prove_again(*, loaded: Loaded, code: str, by: By, now: datetime) -> Started:
    """Prove a factor once more, as a fresh proof; the session gets a new identifier."""
    factor_id = prove(loaded=loaded, code=code, kind=Kind.PROOF_FAILED, by=by, now=now)
    with transaction.atomic():
        record(Kind.PROVED_AGAIN, by=by)
        return step_up(loaded.browser, factor_id, now=now)


def prove(*, loaded: Loaded, code: str, kind: Kind, by: By, now: datetime) -> UUID:
    """Burn a code of one of this person's apps; give the factor's id. Failures are recorded as `kind`."""
    reserve_own(kind, by=by, now=now)
    with transaction.atomic():
        found = _look(loaded, code, kind=kind, by=by, now=now)
    if isinstance(found, errors.Refusal):
        remember(loaded, found, kind=kind, by=by, now=now)
        raise found
    throttle.was_right([own_key(by)])
    return found.id


def reserve_own(kind: Kind, *, by: By, now: datetime) -> None:
    """Count a try in a session that is through, before it is looked at. Raises `MustWait`, and records it."""
    try:
        throttle.reserve([own_key(by)], now=now)
    except errors.MustWait as refusal:
        record_guess(kind, refusal, by=by, now=now)
        raise


def pass_on(
    loaded: Loaded, factor: FactorRow, *, completes: bool, by: By, now: datetime
) -> Started:
    """Step the session up with a factor that was proved, in the caller's transaction."""
    if not completes:
        return step_up(loaded.browser, factor.id, kind=factor.kind, now=now)
    known = loaded.browser.known_browser
    sessions.record_sign_in(by=by, with_what=factor.kind.value, known_browser=known, now=now)
    return step_up(loaded.browser, factor.id, kind=factor.kind, now=now, signed_in_at=now)


def failures(loaded: Loaded) -> int:
    """Give how many tries in a row were wrong, of the app that was tried most."""
    rows = Factor.objects.filter(administrator_id=loaded.person.id)
    return max(rows.values_list("failures_in_a_row", flat=True), default=0)


def _look(
    loaded: Loaded, code: str, *, kind: Kind, by: By, now: datetime
) -> FactorRow | errors.Refusal:
    """Count, look and burn, in the caller's transaction; return the app that was proved, or what refuses.

    A refusal is a result, so that its count is committed. The counted rows stay locked until then: who
    comes at the same moment waits for how it ends, and for nothing else.
    """
    if len(loaded.factors) > 1:
        # Several rows: who removes factors takes the person first and then these, so this does, too.
        hold(loaded.person.id)
    try:
        counted = _count(loaded, kind=kind, by=by, now=now)
    except errors.Refusal as refusal:
        return refusal
    typed = totp.normalise(code)
    for app, secret in zip(counted, opened(counted), strict=True):
        step = totp.matched_step(secret, typed, now=now, after=None)
        if step is not None:
            others = [other.id for other in counted if other.id != app.id]
            burnt = _burn(app, step, others, loaded=loaded, kind=kind, now=now)
            return app if burnt else errors.CodeAlreadyUsed()
    # Not how far the clock is off: one code more that is told apart helps who guesses (decision 0041).
    return errors.WrongCode()


def remember(loaded: Loaded, refusal: errors.Refusal, *, kind: Kind, by: By, now: datetime) -> None:
    """Remember what was refused, after it was counted, and disable what was guessed at too often."""
    record_guess(kind, refusal, by=by, now=now)
    # Whoever counted the last try may have ended before it was written down.
    lock_guessed([row.id for row in _apps(loaded)], by=by, now=now)


def opened(apps: list[FactorRow]) -> list[bytes]:
    """Give the secrets of apps on which a try was counted."""
    return [vault.open_sealed(app.sealed, **places.of_factor(app.id)) for app in apps]


def count(loaded: Loaded, *, kind: Kind, by: By, now: datetime) -> list[FactorRow]:
    """Count a try on each usable app before it is looked at; give those that need not wait.

    Raises `MustWait` or `FactorDisabled`, and records it as `kind`.
    """
    if kind is not Kind.SECOND_STEP_FAILED:
        reserve_own(kind, by=by, now=now)
    try:
        return _count(loaded, kind=kind, by=by, now=now)
    except errors.Refusal as refusal:
        remember(loaded, refusal, kind=kind, by=by, now=now)
        raise


def usable(factor_id: UUID) -> QuerySet[Factor]:
    """Give the row of a factor that may be tried."""
    return Factor.objects.filter(
        id=factor_id, locked_at__isnull=True, failures_in_a_row__lt=attempts.DISABLE_AT
    )


def _apps(loaded: Loaded) -> list[FactorRow]:
    return [row for row in loaded.factors if row.kind is FactorKind.APP and not row.locked]


def _count(loaded: Loaded, *, kind: Kind, by: By, now: datetime) -> list[FactorRow]:
    known, address, apps = loaded.browser.known, by.origin.address, _apps(loaded)
    if kind is Kind.SECOND_STEP_FAILED:
        counted = [
            app
            for app in apps
            if throttle.count_row(usable, app.id, known=known, address=address, now=now)
        ]
    else:
        counted = [app for app in apps if throttle.count_open_row(usable, app.id)]
    if counted:
        return counted
    rows = [row for app in apps for row in usable(app.id)]
    if rows:
        left = throttle.seconds_left(rows, known=known, address=address, now=now)
        raise errors.MustWait(seconds=left)
    raise errors.FactorDisabled


def _burn(  # noqa: PLR0913 - the code's app and step, and what a proof brings
    app: FactorRow, step: int, others: list[UUID], *, loaded: Loaded, kind: Kind, now: datetime
) -> bool:
    """Accept a time step once, in one statement (RFC 6238, 5.2), and give the counted tries back."""
    known = loaded.browser.known
    if _BURN[known].run(app.id, step, now) != 1:
        return False
    rows = Factor.objects.filter(id__in=others)
    if others and kind is Kind.SECOND_STEP_FAILED:
        throttle.uncount_row(rows, known=known)
    elif others:
        throttle.uncount_open_row(rows)
    return True


def _burning(*, known: bool) -> PreparedUpdate:
    def make(factor_id: UUID, step: int, now: datetime) -> tuple[QuerySet[Factor], dict[str, Any]]:
        rows = Factor.objects.filter(id=factor_id, last_step__lt=step, locked_at__isnull=True)
        burnt = {"last_step": step, "last_used_at": now}
        return rows, burnt | throttle.cleared(known=known)

    return PreparedUpdate(make)


_BURN = {known: _burning(known=known) for known in (True, False)}


def lock_guessed(app_ids: list[UUID], *, by: By, now: datetime) -> None:
    """Disable what was guessed at too often, until it is set up anew (NIST SP 800-63B-4, 3.2.2)."""
    guessed = Factor.objects.filter(
        id__in=app_ids, failures_in_a_row__gte=attempts.DISABLE_AT, locked_at__isnull=True
    )
    if not guessed.exists():
        return
    with transaction.atomic():
        # The person first, as for who removes factors; the row in which it is kept how they stand is theirs.
        for person_id in set(guessed.values_list("administrator_id", flat=True)):
            hold(person_id)
            if guessed.filter(administrator_id=person_id).update(locked_at=now):
                standing.keep(person_id)
                record(Kind.FACTOR_LOCKED, by=by)


def passed_meanwhile(loaded: Loaded) -> bool:
    """Tell a form that was sent twice from a code that was used before."""
    session = Session.objects.filter(id=loaded.browser.session_id).first()
    return session is not None and bytes(session.token_hash) != loaded.browser.token_hash
