"""Challenges: random bytes for one purpose, one session or browser, and ten minutes; answered once.

One that waits is kept nowhere: whoever looks at the sign-in page is given one, and strangers may do
that without end. It carries its end and a keyed hash of all that it is bound to; what is kept, until that end,
is that it was answered. Two tabs do not get in each other's way.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from doorward.core.errors import PasskeyChallengeInvalid
from doorward.mfa.models import AnsweredChallenge
from doorward.safe.prepared import PreparedInsert
from doorward.safe.vault import fingerprint

if TYPE_CHECKING:
    from uuid import UUID

# WebAuthn Level 3, 13.5.3: at least 16 random bytes; 15.1: as long as the ceremony's upper limit.
RANDOM_BYTES: Final = 32
LIFETIME: Final = timedelta(minutes=10)
_END_BYTES: Final = 8
_BODY_BYTES: Final = RANDOM_BYTES + _END_BYTES


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
    """Make a challenge: random bytes, its end (Unix time in ms, 8 bytes), the keyed hash (32 bytes)."""
    end = int((now + LIFETIME).timestamp() * 1000)
    body = secrets.token_bytes(RANDOM_BYTES) + end.to_bytes(_END_BYTES)
    return body + _hash(body, purpose, bound_to)


def burn(challenge: bytes, purpose: Purpose, *, bound_to: bytes, now: datetime) -> None:
    """Use a challenge up, in one statement; raise `PasskeyChallengeInvalid` where it does not hold."""
    body, hashed = challenge[:_BODY_BYTES], challenge[_BODY_BYTES:]
    if not hmac.compare_digest(hashed, _hash(body, purpose, bound_to)):
        raise PasskeyChallengeInvalid
    # It is one of ours from here on.
    expires_at = datetime.fromtimestamp(int.from_bytes(body[RANDOM_BYTES:]) / 1000, UTC)
    if expires_at <= now or _ANSWERED.run(fingerprint=hashed, expires_at=expires_at) != 1:
        raise PasskeyChallengeInvalid


_ANSWERED = PreparedInsert(AnsweredChallenge, once=True)


def forget(*, now: datetime) -> int:
    """Delete what would be too old by now."""
    return AnsweredChallenge.objects.filter(expires_at__lte=now).delete()[0]


def _hash(body: bytes, purpose: Purpose, bound_to: bytes) -> bytes:
    return fingerprint(f"challenge/{purpose}", bound_to + body)
