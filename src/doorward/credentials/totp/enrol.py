"""Setting up an authenticator app: a secret is shown, and counts once a right code was given."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from doorward.credentials import enrolment, standing
from doorward.credentials import sealed as credentials_sealed
from doorward.credentials.errors import AlreadyEnabled, KindNotAccepted, SetUpExpired, WrongCode
from doorward.credentials.events import TWO_FACTOR_ENABLE_FAILED
from doorward.credentials.models import Factor, SetUp
from doorward.credentials.totp import rules
from doorward.credentials.totp.clock_rules import off_by_one_code
from doorward.credentials.wrong_proofs import record_failure
from doorward.customers.rights import authorise
from doorward.kernel.clock_set_back import SKEW, lasts
from doorward.kernel.crypto import sealing
from doorward.kernel.errors import Refusal
from doorward.kernel.ratelimit import limits, throttle
from doorward.kernel.text.cleaning import clean_line
from doorward.permissions.actions import Action
from doorward.policy.rules import FactorKind
from doorward.sessions import queries
from doorward.sessions.errors import StaleRequest
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.sessions.context import AuthContext, Browser
    from doorward.sessions.issuing import Started

LIFETIME = timedelta(minutes=10)
NAME_LENGTH = 60
DEFAULT_NAME = "Authenticator app"


def begin(*, session_id: UUID, now: datetime) -> bytes:
    """Return the secret to be shown in this session: the same one for ten minutes, then a new one.

    It is bound to the session, so that nobody else who is signed in as this person sees it, and it
    never touches a factor that works.
    """
    with transaction.atomic():
        Session.objects.select_for_update().get(id=session_id)
        pending = SetUp.objects.filter(session_id=session_id).first()
        if pending is not None and lasts(pending.shown_at, LIFETIME, now=now):
            with suppress(sealing.SealBroken):  # Its key left the key file: another one is shown.
                return _open_set_up(pending)
        secret = rules.new_secret(secrets.token_bytes)
        sealed = sealing.seal(secret, **credentials_sealed.of_set_up(session_id))
        SetUp.objects.update_or_create(
            session_id=session_id, defaults={"sealed": sealed, "shown_at": now}
        )
        return secret


def confirm(*, auth: AuthContext, code: str, name: str, actor: Actor, now: datetime) -> Started:
    """Add the app whose secret was shown, with a right code of it; the first one turns 2FA on.

    Raises `WrongCode` (with `skew_seconds` where the phone's clock is off), `MustWait`, `SetUpExpired`,
    what `clean_line` raises for the name, or what
    `adding.add` raises, which does all that follows.
    """
    authorise(actor, Action.SET_UP_FACTOR, subject=auth.person.id)
    name = clean_line(name, maximum=NAME_LENGTH) or DEFAULT_NAME
    try:
        if not auth.facts.policy.accepts(FactorKind.APP):
            raise KindNotAccepted
        secret, step = _check(auth, code, now=now)
    except (AlreadyEnabled, StaleRequest):
        raise
    except Refusal as refusal:
        record_failure(TWO_FACTOR_ENABLE_FAILED, refusal, actor=actor, now=now)
        raise

    def write(person_id: UUID) -> Factor:
        _use_up(auth.browser)
        return write_factor(person_id, secret, step=step, name=name, now=now)

    return enrolment.add(auth=auth, write=write, actor=actor, now=now)


def forget(*, now: datetime) -> int:
    """Delete what was shown and not confirmed in time."""
    return SetUp.objects.filter(shown_at__lt=now - LIFETIME).delete()[0]


def _use_up(browser: Browser) -> None:
    """Delete the session's set-up; whoever comes second finds none, with the code that was right a moment ago."""
    if SetUp.objects.filter(session_id=browser.session_id).delete()[0] != 1:
        raise StaleRequest


def write_factor(
    administrator_id: UUID, secret: bytes, *, step: int, name: str, now: datetime
) -> Factor:
    """Insert a confirmed app with its sealed secret, in the caller's transaction."""
    factor = made(administrator_id, secret, name=name, now=now)
    factor.last_step, factor.last_used_at = step, now if step else None
    factor.save(force_insert=True)
    standing.keep(administrator_id)
    return factor


def made(
    administrator_id: UUID, secret: bytes, *, name: str, now: datetime, taken_over: bool = False
) -> Factor:
    """Return the row of an app with its sealed secret, to be inserted."""
    factor = Factor(
        administrator_id=administrator_id,
        kind=FactorKind.APP,
        name=name,
        confirmed_at=now,
        taken_over=taken_over,
    )
    factor.sealed = sealing.seal(secret, **credentials_sealed.of_factor(factor.id))
    return factor


def _check(auth: AuthContext, code: str, *, now: datetime) -> tuple[bytes, int]:
    """Return the secret and the time step of a right code; counted before it is looked at."""
    session_id = auth.browser.session_id
    # Of nobody else: what is guessed at is a secret that this session sees, and no sign-in fails by it.
    keys = [limits.set_up_key(session_id)]
    throttle.reserve(keys, now=now)
    try:
        secret = _open_set_up(_shown(session_id, now=now))
    except (SetUp.DoesNotExist, sealing.SealBroken) as gone:
        throttle.was_right(keys)
        raise _why_gone(auth) from gone
    typed = rules.normalise(code)
    step = rules.matched_step(secret, typed, now=now, after=None)
    if step is None:
        throttle.was_wrong(keys, now=now)
        off = off_by_one_code(secret, typed, now=now)
        raise WrongCode() if off is None else WrongCode(skew_seconds=off)
    throttle.was_right(keys)
    return secret, step


def _why_gone(auth: AuthContext) -> Refusal:
    """Return why there is no set-up of this session: too long ago, or another window was faster."""
    if queries.is_current(auth.browser):
        return SetUpExpired()
    there = Factor.objects.filter(administrator_id=auth.person.id).exists()
    return AlreadyEnabled() if there and not auth.factors else StaleRequest()


def _shown(session_id: UUID, *, now: datetime) -> SetUp:
    """Return what was shown in this session and still lasts, or raise `SetUp.DoesNotExist`."""
    latest = now + SKEW
    return SetUp.objects.get(
        session_id=session_id, shown_at__gt=now - LIFETIME, shown_at__lte=latest
    )


def _open_set_up(pending: SetUp) -> bytes:
    return sealing.open_sealed(pending.sealed, **credentials_sealed.of_set_up(pending.session_id))
