"""Codes for tests: of an authenticator app, and for recovery."""

from __future__ import annotations

import re
from base64 import b32decode
from secrets import token_bytes
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from doorward.credentials import sealed
from doorward.credentials.models import Factor
from doorward.credentials.recovery_codes import codes as recovery_codes
from doorward.credentials.totp import rules
from doorward.credentials.totp.enrol import write_factor
from doorward.kernel.crypto import sealing
from tests.kit.people import actor

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.accounts.models import Administrator


def enable_app(person: Administrator, *, name: str = "Pixel 9") -> bytes:
    """Give a person a confirmed authenticator app, of which no code was used; return its secret."""
    secret = rules.new_secret(token_bytes)
    write_factor(person.id, secret, step=0, name=name, now=timezone.now())
    return secret


def shown_secret(answer: Any) -> bytes:
    """Return the secret that a page shows to set an app up with."""
    found = re.search(r'id="manual-code">([^<]+)<', answer.content.decode())
    assert found
    return b32decode(found[1].replace(" ", ""))


def saved_codes(person: Administrator) -> list[str]:
    """Return the recovery codes that a person has made and saved just now."""
    now = timezone.now()
    recovery_codes.make(person, now=now)
    codes = recovery_codes.unsaved(person.id)
    recovery_codes.confirm_saved(administrator_id=person.id, actor=actor(person), now=now)
    return codes


def code(secret: bytes, *, now: datetime | None = None, offset: int = 0) -> str:
    """Return the code that an app with this secret shows, `offset` steps of 30 seconds away."""
    return rules.code_at(secret, rules.step_at(now or timezone.now()) + offset)


def next_code(person: Administrator, *, name: str = "") -> str:
    """Return a code of the person's first app (of this name) that is accepted now, however many were before it.

    Where all three of the window are consumed, the row forgets: as if a minute had gone by.
    """
    rows = Factor.objects.filter(administrator=person, **({"name": name} if name else {}))
    factor = rows.order_by("confirmed_at")[0]
    secret = sealing.open_sealed(factor.sealed or b"", **sealed.of_factor(factor.id))
    current = rules.step_at(timezone.now())
    step = max(factor.last_step + 1, current)
    if step > current + 1:
        step = current
        Factor.objects.filter(id=factor.id).update(last_step=current - 2)
    return rules.code_at(secret, step)
