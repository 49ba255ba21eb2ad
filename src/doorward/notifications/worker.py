"""The background worker: rounds of looking at events, sending mail, and what is periodic."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from django.db import connections
from django.utils import timezone

from doorward.kernel.db.postgresql import patience
from doorward.kernel.heartbeat import AT_A_MESSAGE, ROUND, USUAL, WORKER, Heart
from doorward.kernel.metrics import counting
from doorward.kernel.metrics.declared import WORKER_FAILURES
from doorward.kernel.why_not_saved import Fault, fault_in, log_failure
from doorward.notifications import outbox
from doorward.notifications.delivery import LOOK_SECONDS, deliver_due
from doorward.notifications.housekeeping import tidy
from doorward.signin import forgotten_password

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from datetime import datetime, timedelta

_log = logging.getLogger("doorward.notifications")

LONGEST_WAIT_SECONDS = 30.0
# A database that moves is back soon.
GONE_SECONDS = 2.0
# What takes longer is no work but a server that stopped answering.
LONGEST_STATEMENT_SECONDS = 60.0


def run_forever(stop: threading.Event) -> None:
    """Work until `stop` is set. A round that fails is logged, and the next one waits longer."""
    patience.allow(statement=LONGEST_STATEMENT_SECONDS)
    last: dict[str, float] = {}
    heart, rounds = Heart(WORKER, timezone.now), Heart(ROUND, timezone.now)
    wait = LOOK_SECONDS
    while not stop.wait(wait):
        try:
            heart.beat()
            _round(
                clock=timezone.now,
                stopped=stop.is_set,
                last=last,
                beat=heart.beat,
                looked=rounds.beat,
            )
            # With nothing to do it is missed soon, and not after what the longest of its work takes.
            heart.beat()
            wait = LOOK_SECONDS
        except Exception as error:  # noqa: BLE001 - a round that fails never ends the worker
            counting.count(WORKER_FAILURES)
            log_failure(_log, "a round of the worker failed", error)
            # A connection that broke is made again.
            connections.close_all()
            gone = fault_in(error) in {Fault.AWAY, Fault.LOST}
            wait = min(wait * 2, LONGEST_WAIT_SECONDS if not gone else GONE_SECONDS)


def run_once(now: datetime) -> int:
    """Do all that is due at `now`; return how many messages were sent. For the demo and tests."""
    return _round(
        clock=lambda: now,
        stopped=lambda: False,
        last={},
        beat=lambda _within: None,
        looked=lambda: None,
    )


def _round(
    *,
    clock: Callable[[], datetime],
    stopped: Callable[[], bool],
    last: dict[str, float],
    beat: Callable[[timedelta], None],
    looked: Callable[[], None],
) -> int:
    def look() -> None:
        # First what makes events.
        tidy(now=clock(), moment=time.monotonic(), last=last, beat=beat)
        while (
            not stopped() and forgotten_password.answer(now=clock()) == forgotten_password.AT_ONCE
        ):
            beat(USUAL)
        while not stopped() and outbox.dispatch(now=clock()) == outbox.EVENTS_AT_ONCE:
            beat(USUAL)
        # Who begins rounds and ends none is alive, and of no use.
        looked()
        beat(USUAL)

    def will_send() -> None:
        beat(AT_A_MESSAGE)

    return deliver_due(clock=clock, stopped=stopped, look=look, before_sending=will_send)
