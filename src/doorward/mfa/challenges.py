"""Challenges: 32 random bytes for one purpose, one session and ten minutes, answered once."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from doorward.core.errors import PasskeyChallengeInvalid
from doorward.mfa.models import Challenge
from doorward.safe.prepared import PreparedInsert, PreparedUpdate
from doorward.safe.vault import fingerprint

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

# WebAuthn Level 3, 13.5.3: at least 16 bytes; 15.1: as long as the ceremony's upper limit.
BYTES: Final = 32
LIFETIME: Final = timedelta(minutes=10)
# When a challenge ended that was answered: before any clock of a machine beside this one.
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Purpose(StrEnum):
    """What an answer is for; it is good for nothing else."""

    SIGN_IN = "sign_in"
    SECOND_STEP = "second_step"
    PROVE = "prove"
    DISABLE = "disable"
    SET_UP = "set_up"


def of_session(session_id: UUID) -> bytes:
    """Give what the challenges of a session are bound to."""
    return fingerprint("challenge/session", session_id.bytes)


def make(purpose: Purpose, *, bound_to: bytes, now: datetime) -> bytes:
    """Make a challenge. Several may wait at once: two tabs do not get in each other's way."""
    challenge = secrets.token_bytes(BYTES)
    _INSERT.run(
        hash=_hash(challenge), purpose=purpose.value, bound_to=bound_to, expires_at=now + LIFETIME
    )
    return challenge


def burn(challenge: bytes, purpose: Purpose, *, bound_to: bytes, now: datetime) -> None:
    """Use a challenge up, in one statement; raise `PasskeyChallengeInvalid` where it does not hold."""
    if _BURN.run(_hash(challenge), purpose.value, bound_to, now) != 1:
        raise PasskeyChallengeInvalid


def _burning(
    hashed: bytes, purpose: str, bound_to: bytes, now: datetime
) -> tuple[QuerySet[Challenge], dict[str, Any]]:
    waiting = Challenge.objects.filter(
        hash=hashed, purpose=purpose, bound_to=bound_to, expires_at__gt=now
    )
    return waiting, {"expires_at": _LONG_AGO}


_INSERT = PreparedInsert(Challenge)
_BURN = PreparedUpdate(_burning)


def forget(*, now: datetime) -> int:
    """Delete those that were answered, or by nobody in time."""
    return Challenge.objects.filter(expires_at__lte=now).delete()[0]


def _hash(challenge: bytes) -> bytes:
    return fingerprint("challenge", challenge)
