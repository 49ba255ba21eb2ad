"""Heartbeats: a row by which others see that a process runs, on this machine or another."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from doorward.kernel.models import Heartbeat

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

WORKER: Final = "worker"
READINESS: Final = "readiness"
# The worker has looked at all that was due.
ROUND: Final = "round"

EVERY_SECONDS: Final = 10.0
# How long it may be silent: usually, while it sends one message (`mail.SECONDS`), and at what takes long.
USUAL: Final = timedelta(seconds=45)
AT_A_MESSAGE: Final = timedelta(seconds=120)
AT_LENGTH: Final = timedelta(minutes=10)
# How far the clocks of two machines may be apart.
_APART: Final = timedelta(minutes=1)


def beat(name: str, *, now: datetime, within: timedelta = USUAL) -> None:
    """Write down that it is alive, and that it will say so again `within` that time."""
    said = {"at": now, "due_by": now + within}
    if not Heartbeat.objects.filter(name=name).update(**said):
        Heartbeat.objects.update_or_create(name=name, defaults=said)


def seen(name: str) -> Heartbeat | None:
    """Return what was said last; None: nothing ever was."""
    return Heartbeat.objects.filter(name=name).first()


def is_alive(said: Heartbeat | None, *, now: datetime) -> bool:
    """Return whether it kept to what it said.

    What was said at a time that is still to come was said by a clock that was ahead: whoever is alive has said it
    again since the clock was set right.
    """
    return said is not None and said.at <= now + _APART and now < said.due_by


@dataclass(slots=True)
class Heart:
    """Beats for a process, no more often than others need to see it. Waits are of the monotonic clock."""

    name: str
    clock: Callable[[], datetime]
    _last: float = float("-inf")
    _within: timedelta = timedelta(0)

    def beat(self, within: timedelta = USUAL) -> None:
        """Say that it is alive, where it is time to, or where it may be silent for another while from now on."""
        moment = time.monotonic()
        if within == self._within and moment - self._last < EVERY_SECONDS:
            return
        beat(self.name, now=self.clock(), within=within)
        self._last, self._within = moment, within
