"""The clock doctor where a factor is asked for: two codes in a row, counted as a wrong code and never accepted.

Decision 0041 says why two. Nothing is burnt and nothing is given back: what it says opens no door.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.core import errors
from doorward.core.clock import off_by_two_codes
from doorward.mfa import proving
from doorward.mfa.shared import record_guess

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.events import Kind
    from doorward.audit.origin import By
    from doorward.mfa.facts import Loaded


def examine(*, loaded: Loaded, first: str, second: str, kind: Kind, by: By, now: datetime) -> int:  # noqa: PLR0913 - two codes, and what a proof brings
    """Give by how many seconds the phone's clock is ahead (negative: behind; 0: it is right).

    `second` is the code that the app shows now, `first` the one before it. Recorded as `kind`, like the
    failed proof that it is. Raises `ClockUnknown`, `MustWait` or `FactorDisabled`.
    """
    apps = proving.count(loaded, kind=kind, by=by, now=now)
    told = [off_by_two_codes(secret, first, second, now=now) for secret in proving.opened(apps)]
    off = next((one for one in told if one is not None), None)
    wrong = errors.WrongCode() if off is None else errors.WrongCode(skew_seconds=off)
    record_guess(kind, wrong, by=by, now=now)
    proving.lock_guessed([app.id for app in apps], by=by, now=now)
    if off is None:
        raise errors.ClockUnknown
    return off
