"""Challenges: random bytes for one purpose, one session or browser, one host, and ten minutes; answered once.

One that waits is kept nowhere: whoever looks at the sign-in page is given one, and strangers may do
that without end. It carries its end, its period and a keyed hash of all that it is bound to; what is kept is
that it was answered. Two tabs do not get in each other's way.

That it was answered must not be forgotten while it could still be taken, and a clock that was ahead, or is set
back, would have it so. Hence the period: a number that only goes up. A challenge holds in its own period and the next
one; only then are the answers of its period forgotten.
"""

from __future__ import annotations

import hmac
import secrets
import struct
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.db import connection
from django.db.models import F

from doorward.credentials.errors import PasskeyChallengeInvalid
from doorward.credentials.models import AnsweredChallenge, ChallengePeriod
from doorward.kernel.clock_set_back import lasts
from doorward.kernel.crypto.sealing import keyed_hash

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.credentials.passkeys.options import Party

# WebAuthn Level 3, 13.5.3: at least 16 random bytes; 15.1: as long as the ceremony's upper limit.
RANDOM_BYTES: Final = 32
LIFETIME: Final = timedelta(minutes=10)
# So long a period is at least; a challenge of its last moment lives on in the next one.
PERIOD: Final = timedelta(minutes=15)
_NUMBERS: Final = struct.Struct(">QQ")
_BODY_BYTES: Final = RANDOM_BYTES + _NUMBERS.size


class Purpose(StrEnum):
    """What an answer is for; it is good for nothing else."""

    SIGN_IN = "sign_in"
    SECOND_STEP = "second_step"
    REAUTHENTICATE = "reauthenticate"
    DISABLE = "disable"
    SET_UP = "set_up"


def of_session(session_id: UUID) -> bytes:
    """Return what the challenges of a session are bound to."""
    return keyed_hash("challenge/session", session_id.bytes)


def make(purpose: Purpose, *, bound_to: bytes, party: Party, now: datetime) -> bytes:
    """Make a challenge: random bytes, its end (Unix time in ms), its period (8 bytes each), the keyed hash (32)."""
    end = int((now + LIFETIME).timestamp() * 1000)
    body = secrets.token_bytes(RANDOM_BYTES) + _NUMBERS.pack(end, _period())
    return body + _hash(body, purpose, bound_to, party)


def consume(
    challenge: bytes, purpose: Purpose, *, bound_to: bytes, party: Party, now: datetime
) -> None:
    """Use a challenge up, in one statement; raise `PasskeyChallengeInvalid` where it does not hold."""
    body, hashed = challenge[:_BODY_BYTES], challenge[_BODY_BYTES:]
    if not hmac.compare_digest(hashed, _hash(body, purpose, bound_to, party)):
        raise PasskeyChallengeInvalid
    # It is one of ours from here on.
    end, period = _NUMBERS.unpack_from(body, RANDOM_BYTES)
    made_at = datetime.fromtimestamp(end / 1000, UTC) - LIFETIME
    if not lasts(made_at, LIFETIME, now=now):
        raise PasskeyChallengeInvalid
    # In this order: where its answers were forgotten in between, the period has ended for the second look, too.
    if not _answered_first(hashed, period) or not _holds(period):
        raise PasskeyChallengeInvalid


def _answered_first(hashed: bytes, period: int) -> bool:
    """Write an answer down, in one statement: the ORM's own does not say whether it was there already."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO credentials_answeredchallenge (keyed_hash, period)"
            " VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [hashed, period],
        )
        return bool(cursor.rowcount == 1)


def forget(*, now: datetime) -> int:
    """Begin another period where this one is old enough, and delete the answers of those that are gone."""
    _go_on(now)
    return AnsweredChallenge.objects.filter(period__lt=_period() - 1).delete()[0]


def _period() -> int:
    """Return the number of the period that new challenges belong to."""
    found = ChallengePeriod.objects.filter(id=1).values_list("number", flat=True)
    return next(iter(found), 0)


def _holds(period: int) -> bool:
    return 0 <= _period() - period <= 1


def _go_on(now: datetime) -> None:
    """Begin the next period, in one statement. One that begins in the future was begun by a clock that was ahead."""
    first = {"number": 1, "begun_at": now}
    current, _ = ChallengePeriod.objects.get_or_create(id=1, defaults=first)
    if lasts(current.begun_at, PERIOD, now=now):
        return
    same = ChallengePeriod.objects.filter(id=1, number=current.number)
    same.update(number=F("number") + 1, begun_at=now)


def _hash(body: bytes, purpose: Purpose, bound_to: bytes, party: Party) -> bytes:
    # The other two are of one length each, so that no origin runs into them.
    return keyed_hash(f"challenge/{purpose}", bound_to + body + party.origin.encode())
