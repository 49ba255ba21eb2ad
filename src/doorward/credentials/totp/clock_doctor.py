"""The clock doctor where a factor is asked for: two codes in a row, counted as a wrong code and never accepted.

Decision 0041 says why two. Nothing is consumed and nothing is given back: what it says opens no door.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.credentials.errors import ClockUnknown, WrongCode
from doorward.credentials.totp import verify
from doorward.credentials.totp.clock_rules import off_by_two_codes
from doorward.credentials.wrong_proofs import lock_guessed, record_guess

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.actor import Actor
    from doorward.audit.events import EventType
    from doorward.sessions.context import AuthContext


def examine(  # noqa: PLR0913 - two codes, and what a proof brings
    *,
    auth: AuthContext,
    first: str,
    second: str,
    event_type: EventType,
    actor: Actor,
    now: datetime,
) -> int:
    """Return by how many seconds the phone's clock is ahead (negative: behind; 0: it is right).

    `second` is the code that the app shows now, `first` the one before it. Recorded as `event_type`, like the
    failed proof that it is. Raises `ClockUnknown`, `MustWait` or `FactorDisabled`.
    """
    apps = verify.count(auth, event_type=event_type, actor=actor, now=now)
    offsets = [off_by_two_codes(secret, first, second, now=now) for secret in verify.opened(apps)]
    off = next((one for one in offsets if one is not None), None)
    wrong = WrongCode() if off is None else WrongCode(skew_seconds=off)
    record_guess(event_type, wrong, actor=actor, now=now)
    lock_guessed([app.id for app in apps], actor=actor, now=now)
    if off is None:
        raise ClockUnknown
    return off
