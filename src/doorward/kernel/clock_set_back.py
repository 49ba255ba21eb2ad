"""Moments that were written down, and clocks that are set: what is dated in the future holds no longer for it.

Where a clock was ahead and was set right, what was made meanwhile bears a date that has yet to come. It does not
count: counted from that date it would live longer than it may.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

# By so much the clocks of two machines may differ that serve one portal.
SKEW: Final = timedelta(minutes=1)


def has_come(moment: datetime, *, now: datetime) -> bool:
    """Return whether `moment` is not in the future, but for what clocks may differ by."""
    return moment <= now + SKEW


def lasts(moment: datetime, lifetime: timedelta, *, now: datetime) -> bool:
    """Return whether what was made at `moment` and lives for `lifetime` is alive: neither over nor yet to come."""
    return has_come(moment, now=now) and now < moment + lifetime
