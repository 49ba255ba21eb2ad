"""Recovery codes: made with the first factor, shown until they are saved, used once each."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from doorward.accounts.account import locked
from doorward.audit.record import record
from doorward.credentials import sealed as credentials_sealed
from doorward.credentials import standing
from doorward.credentials.errors import NotEnabled, RecoveryCodeWrong
from doorward.credentials.events import (
    RECOVERY_CODE_USED,
    RECOVERY_CODES_MADE,
    RECOVERY_CODES_SAVED,
    SECOND_STEP_FAILED,
)
from doorward.credentials.models import WORKS, RecoveryCode, RecoverySet
from doorward.credentials.recovery_codes.rules import new_codes, normalise
from doorward.credentials.trusted_browsers import trust
from doorward.credentials.wrong_proofs import record_guess
from doorward.customers.rights import authorise
from doorward.kernel.crypto import sealing
from doorward.kernel.errors import MustWait, Refusal
from doorward.kernel.ratelimit import throttle
from doorward.permissions.actions import Action
from doorward.sessions import issuing
from doorward.sessions.errors import StaleRequest
from doorward.sessions.lock import hold
from doorward.sessions.reauthentication import SHOWN_CODES_SECONDS

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.accounts.models import Administrator
    from doorward.audit.actor import Actor
    from doorward.sessions.context import AuthContext
    from doorward.sessions.issuing import Started


@dataclass(frozen=True, slots=True)
class Shown:
    """The codes that wait to be saved, and which set they are. Secret."""

    set_id: UUID
    codes: list[str]


def make(person: Administrator, *, now: datetime, session_id: UUID | None = None) -> RecoverySet:
    """Make a set, in the caller's transaction; it replaces the old one once it is saved.

    Until then it belongs to this session (None: to none): the gate shows it in no other one that has not
    verified a factor just now.
    """
    RecoverySet.objects.filter(administrator=person, saved_at__isnull=True).delete()
    codes = new_codes(secrets.token_bytes)
    made = RecoverySet(administrator=person, made_at=now, shown_at=now, session_id=session_id)
    made.sealed = sealing.seal("\n".join(codes).encode(), **credentials_sealed.of_recovery(made.id))
    made.save(force_insert=True)
    RecoveryCode.objects.bulk_create(
        RecoveryCode(set=made, keyed_hash=_keyed_hash(normalise(code) or "")) for code in codes
    )
    return made


def make_new(*, auth: AuthContext, actor: Actor, now: datetime) -> None:
    """Make a new set for somebody who has a factor; the old one works until it is saved."""
    authorise(actor, Action.MAKE_RECOVERY_CODES, subject=auth.person.id)
    with transaction.atomic():
        person = locked(auth.person.id)
        if not person.factors.exists():
            raise NotEnabled
        make(person, now=now, session_id=actor.session_id)
        record(RECOVERY_CODES_MADE, actor=actor)


def unsaved(administrator_id: UUID) -> list[str]:
    """Return the codes that are still to be saved, as they are shown; empty: none. Raises `SealBroken`."""
    found = RecoverySet.objects.filter(
        administrator_id=administrator_id, saved_at__isnull=True
    ).first()
    return [] if found is None else _opened(found)


def shown(*, auth: AuthContext, actor: Actor, now: datetime) -> Shown:
    """Return the codes that wait to be saved; from now on they belong to the session that asks.

    The gate has made sure that it may see these. They are new ones where the key of these left the key file.
    Raises `StaleRequest` where they were saved, or others were made elsewhere, since the gate looked.
    """
    authorise(actor, Action.SAVE_RECOVERY_CODES, subject=auth.person.id)
    with transaction.atomic():
        person = locked(auth.person.id)
        waiting = RecoverySet.objects.filter(administrator=person, saved_at__isnull=True).first()
        looked_at = auth.facts.recovery_unsaved
        own = waiting is not None and waiting.session_id == actor.session_id
        if waiting is None or looked_at is None or looked_at.own is not own:
            raise StaleRequest
        if not own or now >= waiting.shown_at + timedelta(seconds=SHOWN_CODES_SECONDS):
            taken = RecoverySet.objects.filter(id=waiting.id)
            taken.update(session_id=actor.session_id, shown_at=now)
        try:
            return Shown(waiting.id, _opened(waiting))
        except sealing.SealBroken:
            made = make(person, now=now, session_id=actor.session_id)
            record(RECOVERY_CODES_MADE, actor=actor)
            return Shown(made.id, _opened(made))


def confirm_saved(
    *, administrator_id: UUID, actor: Actor, now: datetime, set_id: UUID | None = None
) -> None:
    """Take the person's word that the codes are saved; they are never shown again.

    Only codes that belong to the session of `by` are meant: others, made elsewhere since, stay as they are.
    `set_id`: which ones were on the page, where the form says it.
    """
    authorise(actor, Action.SAVE_RECOVERY_CODES, subject=administrator_id)
    with transaction.atomic():
        hold(administrator_id)
        mine = RecoverySet.objects.filter(administrator_id=administrator_id)
        own = mine.filter(saved_at__isnull=True, session_id=actor.session_id)
        waiting = own.select_for_update().first()
        if waiting is None or set_id not in {None, waiting.id}:
            return
        mine.filter(saved_at__isnull=False).delete()
        mine.filter(id=waiting.id).update(saved_at=now, sealed=None)
        standing.keep(administrator_id)
        record(RECOVERY_CODES_SAVED, actor=actor)


def _opened(found: RecoverySet) -> list[str]:
    """Return the codes of a set that is not saved, as they are shown. Raises `SealBroken`."""
    sealed = found.sealed or b""
    return (
        sealing.open_sealed(sealed, **credentials_sealed.of_recovery(found.id)).decode().split("\n")
    )


def left(administrator_id: UUID) -> int:
    """Return how many saved codes still work."""
    return RecoveryCode.objects.filter(WORKS, set__administrator_id=administrator_id).count()


def use(*, auth: AuthContext, code: str, actor: Actor, now: datetime) -> Started:
    """Sign in with a recovery code, which is consumed; return the stepped-up session.

    Counted before it is looked at. Raises `RecoveryCodeWrong`, `MustWait`, or
    `StaleRequest` where this session already passed the step.
    """
    with transaction.atomic():
        refusal = _look(auth, code, actor=actor, now=now)
        if refusal is None:
            return _pass_on(auth, actor=actor, now=now)
    record_guess(SECOND_STEP_FAILED, refusal, actor=actor, now=now, recovery=True)
    raise refusal


def _look(auth: AuthContext, code: str, *, actor: Actor, now: datetime) -> Refusal | None:
    """Count, look and consume, in the caller's transaction; return what refuses, if anything.

    A refusal is a result, so that its count is committed. The person is taken first, as by who takes the codes
    away: who comes at the same moment waits for how it ends, and finds no failure that was none.
    """
    person_id = auth.person.id
    hold(person_id)
    try:
        _count(person_id, known=auth.browser.known, address=actor.client.address, now=now)
        found = _find(person_id, code)
    except Refusal as refusal:
        return refusal
    consumed = RecoveryCode.objects.filter(id=found, used_at__isnull=True).update(used_at=now)
    return None if consumed else RecoveryCodeWrong()


def _pass_on(auth: AuthContext, *, actor: Actor, now: datetime) -> Started:
    """Step the session up after a code was consumed, in the caller's transaction."""
    person_id, browser = auth.person.id, auth.browser
    mine = RecoverySet.objects.filter(administrator_id=person_id)
    mine.update(**throttle.cleared(known=browser.known))
    # Something was lost: perhaps the very device that is trusted.
    trust.forget_all(person_id)
    still_there = left(person_id)
    if not still_there:
        standing.keep(person_id)
    record(RECOVERY_CODE_USED, actor=actor, details={"left": still_there})
    return issuing.step_up(browser.session_id, old_hash=browser.token_hash, recovery_at=now)


def _find(administrator_id: UUID, code: str) -> int:
    typed = normalise(code)
    if typed is None:
        raise RecoveryCodeWrong
    codes = RecoveryCode.objects.filter(WORKS, set__administrator_id=administrator_id)
    found = codes.filter(keyed_hash=_keyed_hash(typed)).values_list("id", flat=True).first()
    if found is None:
        raise RecoveryCodeWrong
    return found


def _usable(administrator_id: UUID) -> QuerySet[RecoverySet]:
    """Return a person's set that may be tried, the saved one: codes that are still shown let nobody in.

    No number of wrong tries disables them: 120 bits are not guessed, and whoever has had an app
    disabled by guessing must not take the owner's way back too (docs/decisions/0012-waiting.md).
    """
    return RecoverySet.objects.filter(administrator_id=administrator_id, saved_at__isnull=False)


def _count(administrator_id: UUID, *, known: bool, address: str, now: datetime) -> None:
    if throttle.count_row(_usable, administrator_id, known=known, address=address, now=now):
        return
    rows = list(_usable(administrator_id))
    if not rows:
        raise RecoveryCodeWrong
    left = throttle.seconds_left(rows, known=known, address=address, now=now)
    raise MustWait(seconds=left)


def _keyed_hash(code: str) -> bytes:
    return sealing.keyed_hash("recovery", code)
