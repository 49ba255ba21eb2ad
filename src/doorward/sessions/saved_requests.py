"""A form that came too late for its proof waits in the session, sealed, until the proof is given.

Passwords and codes are never kept: their boxes are empty when the form goes on. It waits for ten
minutes: what somebody thought better of does not go on with a proof that they give for something else.

One that came after its session had ended waits there for the same person's next sign-in, for half an hour.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q

from doorward.kernel.clock_set_back import lasts
from doorward.kernel.crypto import sealing
from doorward.sessions import sealed as sessions_sealed
from doorward.sessions.issuing import browser_hash
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

WAITS = timedelta(minutes=10)
# `pass`: a set-up pass; `first` and `second`: two codes of an app in a row.
SECRET = frozenset({"password", "current", "code", "pass", "first", "second"}) | frozenset(
    {"credential", "csrfmiddlewaretoken"}
)
WAITS_UNSENT = timedelta(minutes=30)
LONGEST_UNSENT = 32 * 1024


@dataclass(frozen=True, slots=True)
class SavedRequest:
    """A form on hold: where it goes, and its fields in their order."""

    path: str
    fields: tuple[tuple[str, str], ...]
    # It came after its session had ended, and is sent when its owner says so.
    unsent: bool = False


def save(session_id: UUID, *, path: str, fields: Sequence[tuple[str, str]], now: datetime) -> None:
    """Keep a form in its session; a later one replaces it."""
    kept = [field for field in fields if field[0] not in SECRET]
    plain = json.dumps({"path": path, "fields": kept, "at": now.timestamp()}).encode()
    _write(session_id, plain)


def save_unsent(
    session_id: UUID,
    *,
    path: str,
    fields: Sequence[tuple[str, str]],
    browser_token: str,
    now: datetime,
) -> bool:
    """Keep a form in the session that ended before it came; return whether it was.

    Not one with a secret in it, which could not go on without, nor one of nothing but a button; and only from the
    browser that the session was in (by its mark): who has nothing but an old session's token leaves no form for
    its owner to send.
    """
    mine = Q(browser_hash=browser_hash(browser_token)) | Q(browser_hash__isnull=True)
    rows = Session.objects.filter(mine, id=session_id)
    # What a session sends from a customer's portal is for that portal, and the next one is in its own.
    if not rows.exclude(managings__is_in=True).exists():
        return False
    typed = [field for field in fields if field[0] != "csrfmiddlewaretoken"]
    if not typed or any(name in SECRET for name, _value in typed):
        return False
    said = {"path": path, "fields": typed, "at": now.timestamp(), "unsent": True}
    plain = json.dumps(said).encode()
    return len(plain) <= LONGEST_UNSENT and _write(session_id, plain)


def carry_over(ended: UUID, begun: UUID, *, now: datetime) -> bool:
    """Give a session the form that came too late for another one of the same person; return whether there is one."""
    rows = Session.objects.filter(id__in=[ended, begun])
    found = {row.id: row for row in rows.only("id", "administrator_id", "saved_request")}
    old, new = found.get(ended), found.get(begun)
    if old is None or new is None or old.saved_request is None:
        return False
    kept = restore(ended, bytes(old.saved_request), now=now)
    if kept is None or not kept.unsent or old.administrator_id != new.administrator_id:
        return False
    said = {"path": kept.path, "fields": kept.fields, "at": now.timestamp(), "unsent": True}
    clear(ended)
    return _write(begun, json.dumps(said).encode())


def _write(session_id: UUID, plain: bytes) -> bool:
    sealed = sealing.seal(plain, **sessions_sealed.of_saved_request(session_id))
    return Session.objects.filter(id=session_id).update(saved_request=sealed) == 1


def restore(session_id: UUID, sealed: bytes, *, now: datetime) -> SavedRequest | None:
    """Return a form that was kept; None: it waited too long, or its key left the ring."""
    try:
        kept = json.loads(
            sealing.open_sealed(sealed, **sessions_sealed.of_saved_request(session_id))
        )
    except sealing.SealBroken:
        return None
    unsent = bool(kept.get("unsent"))
    waits = WAITS_UNSENT if unsent else WAITS
    if not lasts(datetime.fromtimestamp(kept.get("at", 0), UTC), waits, now=now):
        return None
    fields = tuple((str(name), str(value)) for name, value in kept["fields"])
    return SavedRequest(path=kept["path"], fields=fields, unsent=unsent)


def clear(session_id: UUID) -> None:
    """Forget the form: it went on, or something else was done."""
    Session.objects.filter(id=session_id, saved_request__isnull=False).update(saved_request=None)


def forget(*, now: datetime) -> int:
    """Delete forms that waited too long; return their number."""
    forgotten = 0
    waiting = Session.objects.filter(saved_request__isnull=False)
    for session_id, sealed in waiting.values_list("id", "saved_request"):
        if sealed is not None and restore(session_id, bytes(sealed), now=now) is None:
            # Compared, so that a form that is saved just now stays.
            rows = Session.objects.filter(id=session_id, saved_request=sealed)
            forgotten += rows.update(saved_request=None)
    return forgotten
