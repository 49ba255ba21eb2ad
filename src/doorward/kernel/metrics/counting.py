"""Counting, in memory that all processes of one `doorward run` share.

As labels have closed lists of values, all series are known beforehand: each process has a row of so many numbers, and
what is told is the sum of all rows. A row is held by a lock that the system takes back when its process dies, and the
process that is started in its place goes on with the row as it is. So nothing that was counted is lost when a worker
dies, nothing goes backwards, and however often workers are made again, it never takes more memory (prometheus-client's
own way for several processes keeps a file for each that ever was). It ends with `doorward run`; Prometheus knows by the
first smaller number that it began again.

Counting a request takes 0.6 µs, 0.1 % of *Home* (`python -m benchmarks.counting`).
"""

from __future__ import annotations

import fcntl
import mmap
import os
import tempfile
from bisect import bisect_left
from threading import Lock
from typing import TYPE_CHECKING, Final

from doorward.kernel.metrics.declared import COUNTED, REQUEST_SECONDS, REQUESTS

if TYPE_CHECKING:
    from doorward.kernel.metrics.declared import Labels, Metric

# 64 workers, those that are ending while others begin, and the background worker.
ROWS: Final = 80
_FIRST: Final[dict[str, int]] = {}
_width = 0
for _metric in COUNTED:
    _FIRST[_metric.name] = _width
    _width += _metric.width
WIDTH: Final = _width
BYTES: Final = ROWS * WIDTH * 8


def make() -> int:
    """Return a descriptor of memory for all processes that inherit it; nothing of it is on a disk by name."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("doorward-counts", os.MFD_CLOEXEC)
    else:  # not on Linux
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, BYTES)
    return descriptor


class Counts:
    """The rows, as one process sees them; it takes a row of its own when it counts for the first time."""

    def __init__(self, descriptor: int) -> None:
        """See the memory behind a descriptor, which must stay open as long as this process lives."""
        self._descriptor, self._memory = descriptor, mmap.mmap(descriptor, BYTES)
        self._numbers = memoryview(self._memory).cast("d")
        self.begin_anew()

    def begin_anew(self) -> None:
        """Have no row: after a fork the one from before is the parent's."""
        self._at, self._lock = -1, Lock()

    def clear(self) -> None:
        """Begin from nothing."""
        self._memory[:] = bytes(BYTES)

    def count(self, metric: Metric, *labels: str) -> None:
        """Count one of a series. Raises `KeyError` for a value that is not declared."""
        place = _FIRST[metric.name] + metric.series[labels]
        with self._lock:
            self._numbers[self._row() + place] += 1

    def count_request(self, room: str, outcome: str, seconds: float) -> None:
        """Count one request and how long its answer took."""
        counted = _FIRST[REQUESTS.name] + REQUESTS.series[room, outcome]
        buckets = REQUEST_SECONDS.buckets
        first = _FIRST[REQUEST_SECONDS.name] + REQUEST_SECONDS.series[room,]
        with self._lock:
            row = self._row()
            numbers = self._numbers
            numbers[row + counted] += 1
            numbers[row + first + bisect_left(buckets, seconds)] += 1
            numbers[row + first + len(buckets) + 1] += seconds

    def totals(self, metric: Metric) -> dict[Labels, list[float]]:
        """Return the numbers of each series, added up over all processes that there were."""
        first, width = _FIRST[metric.name], metric.width
        added = [0.0] * width
        for start in range(first, len(self._numbers), WIDTH):
            row = self._numbers[start : start + width].tolist()
            added = [one + more for one, more in zip(added, row, strict=True)]
        each = width // len(metric.series)
        return {labels: added[at : at + each] for labels, at in metric.series.items()}

    def _row(self) -> int:
        if self._at < 0:
            self._at = self._claim() * WIDTH
        return self._at

    def _claim(self) -> int:
        for row in range(ROWS - 1):
            try:
                # The lock of a range belongs to the process and ends with it (fcntl(2), POSIX).
                fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, row)
            except OSError:
                continue
            return row
        # More processes than there can be: they share the last one, where a count may be lost now and then.
        return ROWS - 1


class _Here:
    """What this process counts in."""

    def __init__(self) -> None:
        self.counts: Counts | None = None


_here = _Here()


def adopt(descriptor: int) -> None:
    """Count in memory that was inherited from now on."""
    _here.counts = Counts(descriptor)


def counts() -> Counts:
    """Return what this process counts in: what it inherited, or memory of its own."""
    if _here.counts is None:
        _here.counts = Counts(make())
    return _here.counts


def count(metric: Metric, *labels: str) -> None:
    """Count one of a series. Raises `KeyError` for a value that is not declared."""
    counts().count(metric, *labels)


def forget() -> None:
    """Begin from nothing: for tests."""
    if _here.counts is not None:
        _here.counts.clear()


def _after_fork() -> None:
    if _here.counts is not None:
        _here.counts.begin_anew()


os.register_at_fork(after_in_child=_after_fork)
