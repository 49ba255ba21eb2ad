"""Which wave somebody is in: administrators in the first one, everybody else by a share that nobody chooses.

When a wave is asked, `day_of_wave` in `grace.py` says; whether the next one waits, `rollout/waiting_waves.py`.
"""

from __future__ import annotations

from typing import Final

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
