"""A form that came too late for its proof waits in the session, sealed, until the proof is given.

Passwords and codes are never kept: their boxes are empty when the form goes on. It waits for ten
minutes: what somebody thought better of does not go on with a proof that they give for something else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from doorward.administrators import places
from doorward.administrators.models import Session
from doorward.core.moments import lasts
from doorward.safe import vault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

WAITS = timedelta(minutes=10)
SECRET = frozenset({"password", "current", "code", "credential", "csrfmiddlewaretoken"})


@dataclass(frozen=True, slots=True)
class Parked:
    """A form on hold: where it goes, and its fields in their order."""

    path: str
    fields: tuple[tuple[str, str], ...]


def park(session_id: UUID, *, path: str, fields: Sequence[tuple[str, str]], now: datetime) -> None:
    """Keep a form in its session; a later one replaces it."""
    kept = [field for field in fields if field[0] not in SECRET]
    plain = json.dumps({"path": path, "fields": kept, "at": now.timestamp()}).encode()
    sealed = vault.seal(plain, **places.of_parked(session_id))
    Session.objects.filter(id=session_id).update(parked=sealed)


def unpark(session_id: UUID, sealed: bytes, *, now: datetime) -> Parked | None:
    """Give a form that was kept; None: it waited too long, or its key left the ring."""
    try:
        kept = json.loads(vault.open_sealed(sealed, **places.of_parked(session_id)))
    except vault.SealBroken:
        return None
    if not lasts(datetime.fromtimestamp(kept.get("at", 0), UTC), WAITS, now=now):
        return None
    return Parked(
        path=kept["path"], fields=tuple((str(name), str(value)) for name, value in kept["fields"])
    )


def clear(session_id: UUID) -> None:
    """Forget the form: it went on, or something else was done."""
    Session.objects.filter(id=session_id, parked__isnull=False).update(parked=None)


def forget(*, now: datetime) -> int:
    """Delete forms that waited too long; give their number."""
    forgotten = 0
    waiting = Session.objects.filter(parked__isnull=False)
    for session_id, sealed in waiting.values_list("id", "parked"):
        if sealed is not None and unpark(session_id, bytes(sealed), now=now) is None:
            # Compared, so that a form that is parked just now stays.
            rows = Session.objects.filter(id=session_id, parked=sealed)
            forgotten += rows.update(parked=None)
    return forgotten
