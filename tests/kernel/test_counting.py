"""Counting over processes: nothing is lost or goes back when one dies, and nothing grows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from doorward.kernel.metrics import counting
from doorward.kernel.metrics.declared import (
    ALL,
    COUNTED,
    FACTORS_LOCKED,
    REQUEST_SECONDS,
    REQUESTS,
    SIGN_INS,
    STATE,
    Kind,
)

HOME = ("home", "answered")
# Counts so many requests in memory that it inherits, says so, and waits for its end.
WORKER = """
import sys
from doorward.kernel.metrics import counting
counting.adopt(int(sys.argv[1]))
for _ in range(int(sys.argv[2])):
    counting.counts().count_request("home", "answered", 0.02)
print("counted", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def memory():
    descriptor = counting.make()
    yield descriptor
    os.close(descriptor)


def begin(memory: int, requests: int) -> subprocess.Popen[str]:
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(memory), str(requests)],
        pass_fds=[memory],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "counted\n"
    return worker


def end(worker: subprocess.Popen[str]) -> None:
    worker.kill()
    worker.communicate()


def rows_used(counts: counting.Counts) -> int:
    numbers = counts._numbers.tolist()
    rows = (numbers[at : at + counting.WIDTH] for at in range(0, len(numbers), counting.WIDTH))
    return sum(any(row) for row in rows)


def test_what_processes_count_is_added_up_and_who_dies_is_followed_in_its_row(memory):
    seen = counting.Counts(memory)
    workers = [begin(memory, 10), begin(memory, 100)]
    assert seen.totals(REQUESTS)[HOME] == [110]
    assert rows_used(seen) == 2
    for times in range(3):
        end(workers.pop(0))
        assert seen.totals(REQUESTS)[HOME] == [110 + 1000 * times]
        workers.append(begin(memory, 1000))
    assert seen.totals(REQUESTS)[HOME] == [3110]
    assert rows_used(seen) == 2
    for worker in workers:
        end(worker)


def test_a_worker_that_is_forked_has_a_row_of_its_own(memory, monkeypatch):
    counts = counting.Counts(memory)
    monkeypatch.setattr(counting._here, "counts", counts)
    counting.count(FACTORS_LOCKED)
    child = os.fork()
    if not child:
        with suppress(BaseException):
            counting.count(FACTORS_LOCKED)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    counting.count(FACTORS_LOCKED)
    assert counts.totals(FACTORS_LOCKED) == {(): [3]}
    assert rows_used(counts) == 2


def test_threads_lose_nothing(memory):
    counts = counting.Counts(memory)
    turn = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def work() -> None:
        for _ in range(5000):
            counts.count_request(*HOME, 0.02)

    try:
        with ThreadPoolExecutor(8) as threads:
            for _ in range(8):
                threads.submit(work)
    finally:
        sys.setswitchinterval(turn)
    assert counts.totals(REQUESTS)[HOME] == [40_000]


@pytest.mark.parametrize(
    ("seconds", "place"), [(0.0, 0), (0.005, 0), (0.0051, 1), (10.0, 10), (10.1, 11)]
)
def test_a_time_is_counted_in_the_first_bucket_that_it_fits_in(memory, seconds, place):
    counts = counting.Counts(memory)
    counts.count_request(*HOME, seconds)
    *buckets, added = counts.totals(REQUEST_SECONDS)[HOME[:1]]
    assert [at for at, number in enumerate(buckets) if number] == [place]
    assert added == seconds


def test_what_is_not_declared_is_not_counted(memory):
    counts = counting.Counts(memory)
    for labels in (("succeeded",), ("succeeded", "ines@harbourbakery.example"), ()):
        with pytest.raises(KeyError):
            counts.count(SIGN_INS, *labels)
    assert rows_used(counts) == 0


def test_no_two_series_share_a_number():
    places = [
        counting._FIRST[metric.name] + at + more
        for metric in COUNTED
        for at in metric.series.values()
        for more in range(metric.width // len(metric.series))
    ]
    assert sorted(places) == list(range(counting.WIDTH))


def test_what_is_counted_and_what_is_read_are_told_apart():
    assert not any(metric.kind is Kind.GAUGE for metric in COUNTED)
    assert all(metric.kind is Kind.GAUGE for metric in STATE)
    assert len({metric.name for metric in ALL}) == len(ALL)
