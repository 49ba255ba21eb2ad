"""Setting up an authenticator app: a secret is shown, and counts once a right code was given."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from doorward.administrators.models import Session
from doorward.audit.events import Kind
from doorward.core import errors, totp
from doorward.core.clock import off_by_one_code
from doorward.core.moments import SKEW, lasts
from doorward.core.steps import FactorKind
from doorward.core.text import clean_line
from doorward.mfa import adding, places, standing
from doorward.mfa.models import Factor, SetUp
from doorward.mfa.shared import record_failure
from doorward.safe import throttle, vault

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.administrators.sessions import Started
    from doorward.audit.origin import By
    from doorward.mfa.facts import Browser, Loaded

LIFETIME = timedelta(minutes=10)
NAME_LENGTH = 60
DEFAULT_NAME = "Authenticator app"


def begin(*, session_id: UUID, now: datetime) -> bytes:
    """Give the secret to be shown in this session: the same one for ten minutes, then a new one.

    It is bound to the session, so that nobody else who is signed in as this person sees it, and it
    never touches a factor that works.
    """
    with transaction.atomic():
        Session.objects.select_for_update().get(id=session_id)
        pending = SetUp.objects.filter(session_id=session_id).first()
        if pending is not None and lasts(pending.shown_at, LIFETIME, now=now):
            with suppress(vault.SealBroken):  # Its key left the key file: another one is shown.
                return _open_set_up(pending)
        secret = totp.new_secret(secrets.token_bytes)
        sealed = vault.seal(secret, **places.of_set_up(session_id))
        SetUp.objects.update_or_create(
            session_id=session_id, defaults={"sealed": sealed, "shown_at": now}
        )
        return secret


def confirm(*, loaded: Loaded, code: str, name: str, by: By, now: datetime) -> Started:
    """Add the app whose secret was shown, with a right code of it; the first one turns 2FA on.

    Raises `WrongCode` (with `skew_seconds` where the phone's clock is off), `MustWait`, `SetUpExpired`,
    what `clean_line` raises for the name, or what
    `adding.add` raises, which does all that follows.
    """
    name = clean_line(name, maximum=NAME_LENGTH) or DEFAULT_NAME
    try:
        if not loaded.facts.policy.accepts(FactorKind.APP):
            raise errors.KindNotAccepted
        secret, step = _check(loaded, code, now=now)
    except errors.Refusal as refusal:
        record_failure(Kind.TWO_FACTOR_ENABLE_FAILED, refusal, by=by, now=now)
        raise

    def write(person_id: UUID) -> Factor:
        _use_up(loaded.browser)
        return write_factor(person_id, secret, step=step, name=name, now=now)

    return adding.add(loaded=loaded, write=write, by=by, now=now)


def forget(*, now: datetime) -> int:
    """Delete what was shown and not confirmed in time."""
    return SetUp.objects.filter(shown_at__lt=now - LIFETIME).delete()[0]


def _use_up(browser: Browser) -> None:
    """Delete the session's set-up; whoever comes second finds none."""
    if SetUp.objects.filter(session_id=browser.session_id).delete()[0] != 1:
        raise errors.SetUpExpired


def write_factor(
    administrator_id: UUID, secret: bytes, *, step: int, name: str, now: datetime
) -> Factor:
    """Insert a confirmed app with its sealed secret, in the caller's transaction."""
    factor = Factor(
        administrator_id=administrator_id,
        kind=FactorKind.APP,
        name=name,
        confirmed_at=now,
        last_step=step,
        last_used_at=now if step else None,
    )
    factor.sealed = vault.seal(secret, **places.of_factor(factor.id))
    factor.save(force_insert=True)
    standing.keep(administrator_id)
    return factor


def _check(loaded: Loaded, code: str, *, now: datetime) -> tuple[bytes, int]:
    """Give the secret and the time step of a right code; counted before it is looked at."""
    session_id = loaded.browser.session_id
    # Of nobody else: what is guessed at is a secret that this session sees, and no sign-in fails by it.
    keys = [throttle.set_up_key(session_id)]
    throttle.reserve(keys, now=now)
    try:
        secret = _open_set_up(_shown(session_id, now=now))
    except (SetUp.DoesNotExist, vault.SealBroken) as gone:
        throttle.was_right(keys)
        raise errors.SetUpExpired from gone
    typed = totp.normalise(code)
    step = totp.matched_step(secret, typed, now=now, after=None)
    if step is None:
        throttle.was_wrong(keys, now=now)
        off = off_by_one_code(secret, typed, now=now)
        raise errors.WrongCode() if off is None else errors.WrongCode(skew_seconds=off)
    throttle.was_right(keys)
    return secret, step


def _shown(session_id: UUID, *, now: datetime) -> SetUp:
    """Return what was shown in this session and still lasts, or raise `SetUp.DoesNotExist`."""
    latest = now + SKEW
    return SetUp.objects.get(
        session_id=session_id, shown_at__gt=now - LIFETIME, shown_at__lte=latest
    )


def _open_set_up(pending: SetUp) -> bytes:
    return vault.open_sealed(pending.sealed, **places.of_set_up(pending.session_id))
