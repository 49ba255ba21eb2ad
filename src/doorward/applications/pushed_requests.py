"""Pushed authorization requests (RFC 9126): kept for 90 seconds, and asked for once."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction

from doorward.applications.models import PushedRequest
from doorward.kernel.crypto.sealing import keyed_hash

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.applications.models import Application

LASTS: Final = timedelta(seconds=90)
URN: Final = "urn:ietf:params:oauth:request_uri:"


def keep(application: Application, parameters: dict[str, str], *, now: datetime) -> str:
    """Keep what an application asked for; return the address that stands for it."""
    token = secrets.token_urlsafe(32)
    PushedRequest.objects.create(
        keyed_hash=_hashed(token),
        application=application,
        parameters=parameters,
        until=now + LASTS,
    )
    return f"{URN}{token}"


def take(application: Application, address: str, *, now: datetime) -> dict[str, str] | None:
    """Return what an address stands for, this once; None: for nothing of this application, or no more."""
    token = address.removeprefix(URN)
    rows = PushedRequest.objects.filter(
        keyed_hash=_hashed(token), application=application, until__gt=now
    )
    with transaction.atomic():
        kept: dict[str, str] | None = rows.values_list("parameters", flat=True).first()
        return kept if rows.delete()[0] == 1 else None


def _hashed(token: str) -> bytes:
    return keyed_hash("oidc-pushed", token)
