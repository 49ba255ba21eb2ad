"""Binding a session to the device it was begun on (W3C, Device Bound Session Credentials).

The browser makes a key that never leaves the device, and proves every few minutes that it has it; each proof is worth
a short-lived cookie. The long-lived cookie alone, copied to somewhere else, then opens nothing. A challenge is a keyed
hash of the session, of the cookie that it renews, and of the time: nothing is stored for it, and once that cookie is
renewed it is void, so that it works once.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from doorward.audit import repeats
from doorward.audit.events import Outcome
from doorward.audit.record import record
from doorward.kernel.clock_set_back import lasts
from doorward.kernel.crypto.sealing import keyed_hash
from doorward.kernel.metrics import counting
from doorward.kernel.metrics.declared import DEVICES, Device
from doorward.sessions import device_proofs
from doorward.sessions.errors import DeviceProofRefused, StaleChallenge
from doorward.sessions.events import NOT_FROM_ITS_DEVICE, SESSION_BOUND
from doorward.sessions.issuing import new_token
from doorward.sessions.models import Session
from doorward.sessions.rules import IN_FLIGHT

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.audit.actor import Actor

# So long the browser keeps the cookie.
LIFE: Final = timedelta(minutes=10)
# So long after a sign-in a key is taken: whoever has an older session's cookie alone binds it to nothing of theirs.
OFFERED_FOR: Final = timedelta(minutes=2)
CHALLENGE_LASTS: Final = timedelta(minutes=1)
_SECONDS: Final = re.compile(r"[0-9]{1,11}")


def cookie_hash(token: str) -> bytes:
    """Return what a session row stores of the cookie that its device renews."""
    return keyed_hash("device", token)


def challenge(session_id: UUID, *, bound_hash: bytes | None, now: datetime) -> str:
    """Return what the device is to sign for its session; `bound_hash`: of the cookie to renew, None: of its first."""
    return _challenge(session_id, bound_hash, int(now.timestamp()))


def bind(session_id: UUID, *, proof: str, now: datetime) -> str:
    """Bind a session that was signed in just now to the key of this proof; return the first value of its cookie.

    Raises `StaleChallenge`, or `DeviceProofRefused`, also where the session has a key already or is no longer young.
    """
    key = device_proofs.key_of(proof)
    _must_answer(device_proofs.answered(proof, key), session_id, None, now=now)
    young = Session.objects.filter(
        id=session_id, ended_at__isnull=True, signed_in_at__gt=now - OFFERED_FOR
    )
    token = new_token()
    if young.filter(device_key="").update(device_key=key, **_cookie(token, now=now)) != 1:
        raise DeviceProofRefused
    return token


def renew(session_id: UUID, *, proof: str, now: datetime) -> str:
    """Return a new value for the cookie, for a proof by the session's device; the value of before is soon over.

    Raises `StaleChallenge` where the proof is right but answers an old challenge, else `DeviceProofRefused`.
    """
    rows = Session.objects.filter(id=session_id, ended_at__isnull=True).exclude(device_key="")
    found = rows.values_list("device_key", "bound_hash", "bound_until").first()
    if found is None or found[1] is None:
        raise DeviceProofRefused
    key, before, until = found[0], bytes(found[1]), found[2] or now
    _must_answer(device_proofs.answered(proof, key), session_id, before, now=now)
    token = new_token()
    renewed = rows.filter(bound_hash=before).update(
        bound_before=before,
        bound_before_until=min(until, now + IN_FLIGHT),
        **_cookie(token, now=now),
    )
    if renewed != 1:
        raise StaleChallenge
    counting.count(DEVICES, Device.RENEWED)
    return token


def bound_hash_of(session_id: UUID) -> bytes | None:
    """Return the hash of the cookie that the session's device renews next; None: it has no key."""
    rows = Session.objects.filter(id=session_id).exclude(device_key="")
    found = rows.values_list("bound_hash", flat=True).first()
    return bytes(found) if found is not None else None


def goes_on(session_id: UUID, *, device: str, now: datetime) -> bool:
    """Return whether a session is open whose device this cookie is of now, whatever its own cookie is by now."""
    rows = Session.objects.filter(id=session_id, ended_at__isnull=True, bound_until__gt=now)
    return rows.filter(bound_hash=cookie_hash(device)).exists()


def mark_bound(session_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Write down that the browser brought the cookie of its device: from now on nobody gets in without it."""
    with transaction.atomic():
        first = Session.objects.filter(id=session_id, bound_at__isnull=True).exclude(device_key="")
        if first.update(bound_at=now) == 1:
            record(SESSION_BOUND, actor=actor)
            counted = partial(counting.count, DEVICES, Device.BOUND)
            transaction.on_commit(counted, robust=True)


def note_elsewhere(*, actor: Actor, now: datetime) -> None:
    """Write down that a session's cookie came, and not from the device that the session is bound to."""
    repeats.record_once(
        NOT_FROM_ITS_DEVICE, actor=actor, outcome=Outcome.REFUSED, details={}, now=now
    )
    counting.count(DEVICES, Device.REFUSED)


def _cookie(token: str, *, now: datetime) -> dict[str, Any]:
    return {"bound_hash": cookie_hash(token), "bound_until": now + LIFE + IN_FLIGHT}


def _challenge(session_id: UUID, bound_hash: bytes | None, seconds: int) -> str:
    what = f"{session_id} {(bound_hash or b'').hex()} {seconds}"
    mac = urlsafe_b64encode(keyed_hash("device-challenge", what)).decode().rstrip("=")
    return f"{seconds}.{mac}"


def _must_answer(said: str, session_id: UUID, bound_hash: bytes | None, *, now: datetime) -> None:
    written = _SECONDS.match(said)
    seconds = int(written[0]) if written else 0
    ours = _challenge(session_id, bound_hash, seconds)
    if not hmac.compare_digest(said.encode(errors="replace"), ours.encode()):
        raise StaleChallenge
    if not lasts(datetime.fromtimestamp(seconds, UTC), CHALLENGE_LASTS, now=now):
        raise StaleChallenge
