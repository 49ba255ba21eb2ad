"""Refresh tokens, rotated (RFC 9700, 4.14.2): `use` uses one up, `make` makes the next; a used one ends them all."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from doorward.applications.grants import end_reused, live
from doorward.applications.models import Application, Grant, RefreshToken
from doorward.applications.protocol import Code, ProtocolError
from doorward.applications.requested_scopes import Live, Part, part_of
from doorward.kernel.crypto.sealing import keyed_hash
from doorward.kernel.db.one_row import one_or_none
from doorward.kernel.ratelimit import limits, throttle

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.actor import ClientInfo


def make(grant: Grant, *, now: datetime) -> str:
    """Return a refresh token of a sign-in."""
    token = secrets.token_urlsafe(32)
    RefreshToken.objects.create(keyed_hash=_hash(token), grant=grant, made_at=now)
    return token


def use(
    application: Application, token: str, part: Part, *, client: ClientInfo, now: datetime
) -> Live:
    """Return the sign-in of a refresh token, which works once (RFC 9700, 4.14.2). Raises `ProtocolError`, `MustWait`.

    Who comes with a used one, a thief or the owner after a thief, ends all that came of it. One that is refused is not
    used up: no other was given for it, and who only has a step to take would be taken for a thief afterwards.
    """
    found = find(application, token)
    if found is None:
        raise ProtocolError(Code.INVALID_GRANT, "There is no such refresh token.")
    throttle.spend([limits.onward_key(found.grant_id)], now=now)
    sign_in = part_of(live(found.grant, now=now), part) if found.used_at is None else None
    unused = RefreshToken.objects.filter(keyed_hash=found.keyed_hash, used_at__isnull=True)
    if sign_in is None or unused.update(used_at=now) != 1:
        end_reused(found.grant, client=client, now=now)
        raise ProtocolError(Code.INVALID_GRANT, "This refresh token was used before.")
    return sign_in


def find(application: Application, token: str) -> RefreshToken | None:
    """Return a refresh token of an application, used or not; None: it is none of its own."""
    rows = RefreshToken.objects.select_related("grant__application__tab")
    return one_or_none(rows.filter(keyed_hash=_hash(token), grant__application=application))


def _hash(token: str) -> bytes:
    return keyed_hash("oidc-refresh", token)
