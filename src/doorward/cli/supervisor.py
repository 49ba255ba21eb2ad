"""One process tree: starts the parts, starts again what dies, and ends with all of them."""

from __future__ import annotations

import logging
import os
import select
import signal
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from doorward.cli import forked
from doorward.cli.notifying import tell
from doorward.kernel.metrics import counting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from multiprocessing.context import ForkProcess
    from types import FrameType

_log = logging.getLogger("doorward.run")

FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 30.0
# A part that ran this long was well: the next wait is the first again.
WELL_SECONDS = 60.0
STOP_SECONDS = 8.0
_READY_LOOK_SECONDS = 0.05
_IDLE_SECONDS = 60.0


@dataclass(slots=True)
class Part:
    """One child process. Times are of the monotonic clock, in seconds."""

    name: str
    run: Callable[[], object]
    process: ForkProcess | None = None
    started: float = 0.0
    start_at: float = 0.0
    wait: float = FIRST_WAIT_SECONDS

    def start(self, now: float) -> None:
        """Start the process; it dies with this one (`parent_death`)."""
        self.process = forked.begin(f"doorward-{self.name}", self.run)
        self.started = now

    def notice_death(self, now: float) -> None:
        """Note when to start again, if the process is gone; each time later, until it stays."""
        if self.process is None or self.process.exitcode is None:
            return
        code, self.process = self.process.exitcode, None
        if now - self.started >= WELL_SECONDS:
            self.wait = FIRST_WAIT_SECONDS
        self.start_at = now + self.wait
        _log.warning("%s ended (%s), starts again in %.1f s", self.name, code, self.wait)
        self.wait = min(self.wait * 2, LONGEST_WAIT_SECONDS)


@dataclass(slots=True)
class Signals:
    """Wakes the loop when a child dies or somebody wants the end; `end` says which."""

    end: bool = False
    pipe: tuple[int, int] = field(default_factory=os.pipe)

    def listen(self) -> None:
        """Take over the signals of this process; only from its main thread."""
        for end in self.pipe:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self.pipe[1], warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._end)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def wait(self, seconds: float) -> None:
        """Sleep until a signal comes, at most so long."""
        readable, _, _ = select.select([self.pipe[0]], [], [], max(seconds, 0))
        if readable:
            os.read(self.pipe[0], 4096)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.end = True


def supervise(
    runs: Mapping[str, Callable[[], object]],
    *,
    is_ready: Callable[[], bool],
    on_ready: Callable[[], None],
) -> None:
    """Run the parts, each forked from here, until SIGTERM, SIGINT or SIGHUP, then end them all.

    All of them count in the same memory.

    `on_ready` is called once, when `is_ready` first says so; systemd is told then, and when the end begins.
    """
    signals = Signals()
    signals.listen()
    counting.adopt(counting.make())
    parts = [Part(name, run) for name, run in runs.items()]
    ready = False
    try:
        while not signals.end:
            now = time.monotonic()
            _tend(parts, now)
            if not ready and is_ready():
                ready = True
                on_ready()
                tell("READY=1")
            signals.wait(_pause(parts, now) if ready else _READY_LOOK_SECONDS)
    finally:
        tell("STOPPING=1")
        _end_all(parts)


def _tend(parts: Sequence[Part], now: float) -> None:
    for part in parts:
        part.notice_death(now)
        if part.process is None and part.start_at <= now:
            part.start(now)


def _pause(parts: Sequence[Part], now: float) -> float:
    waiting = [part.start_at - now for part in parts if part.process is None]
    return min([*waiting, _IDLE_SECONDS])


def _end_all(parts: Sequence[Part]) -> None:
    for process in _running(parts):
        process.terminate()
    last = time.monotonic() + STOP_SECONDS
    for process in _running(parts):
        process.join(max(last - time.monotonic(), 0.1))
        if process.exitcode is None:
            process.kill()
            process.join()


def _running(parts: Sequence[Part]) -> Iterator[ForkProcess]:
    for part in parts:
        if part.process is not None and part.process.exitcode is None:
            yield part.process
