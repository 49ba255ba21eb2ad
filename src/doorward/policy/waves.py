"""Which wave somebody is in, and when a wave starts: administrators first, all others by a share that nobody chooses.

Whether the next one waits, `rollout/waiting_waves.py` says.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

    from doorward.policy.series import Version

ADMINISTRATORS: Final = "administrators"
# How much of a customer's people a wave reaches, the ones before included, in percent.
WAVES: Final = (5, 25, 100)


def share_of(keyed: bytes) -> int:
    """Return 0 to 99 from a keyed hash of somebody's id."""
    return int.from_bytes(keyed[:8], "big") % 100


def wave_of(tabs: frozenset[str], share: int) -> int:
    """Return the wave in which a new requirement reaches somebody, from 1; who looks after others is in the first."""
    if ADMINISTRATORS in tabs:
        return 1
    return next(number for number, percent in enumerate(WAVES, 1) if share < percent)


def least_share(share: int) -> int:
    """Return the least share of the same wave."""
    return max((percent for percent in (0, *WAVES[:-1]) if percent <= share), default=0)


def day_of_wave(version: Version, wave: int, *, now: datetime) -> datetime:
    """Return the moment at which a version asks a wave; without waves, everybody."""
    values, begin = version.values, version.since
    day = begin if values.from_day is None else max(begin, midnight(values.from_day))
    if not values.waves:
        return day
    day = begin + (day - begin) * wave / len(WAVES)
    ends = now if version.ended_at is None else min(now, version.ended_at)
    for one in version.pauses:
        if one.wave <= wave:
            day += max((one.until or ends) - one.since, timedelta())
    return day


def midnight(day: date) -> datetime:
    """Return the beginning of a date, in UTC."""
    return datetime.combine(day, time(), UTC)
