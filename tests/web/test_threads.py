"""The threads that answer: begun as they are wanted, never more than so many, and not ended by what goes wrong."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from uuid import uuid4

import pytest

from doorward.web.server.threads import Threads
from tests.kit.waiting import until

SECONDS = 20


class Turns:
    """Work that says that it began, in which thread, and goes on when it is let."""

    def __init__(self) -> None:
        self.began: list[str] = []
        self.ended: list[str] = []
        self.goes_on = threading.Event()

    def work(self) -> None:
        name = threading.current_thread().name
        self.began.append(name)
        assert self.goes_on.wait(SECONDS)
        self.ended.append(name)


@pytest.fixture
def name():
    return f"test-{uuid4().hex[:8]}"


@pytest.fixture
def made(name):
    """Return two threads at most; all are over in the end."""
    threads = Threads(2, name=name)
    yield threads
    threads.end()
    until(lambda: not _alive(name), seconds=SECONDS)


def _alive(name: str) -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith(name)]


def test_who_is_free_does_what_comes_next(made, name):
    for number in range(3):
        turns = Turns()
        turns.goes_on.set()
        made.hand(turns.work)
        until(lambda: turns.ended == [f"{name}_1"], seconds=SECONDS)  # noqa: B023 - at once
        until(lambda: len(made._free) == 1, seconds=SECONDS)
        assert len(_alive(name)) == 1, number


def test_a_slow_one_is_nobody_elses_wait_and_there_are_never_more_than_so_many(made, name):
    turns = Turns()
    for _ in range(5):
        made.hand(turns.work)
    until(lambda: len(turns.began) == 2, seconds=SECONDS)
    assert sorted(turns.began) == sorted(_alive(name)) == [f"{name}_1", f"{name}_2"]
    turns.goes_on.set()
    until(lambda: len(turns.ended) == 5, seconds=SECONDS)
    assert len(_alive(name)) == 2


def test_who_became_free_last_does_what_comes_next(made, name):
    first, last = Turns(), Turns()
    for free, turns in enumerate((first, last)):
        made.hand(turns.work)
        until(lambda: turns.began == [f"{name}_{free + 1}"], seconds=SECONDS)  # noqa: B023 - at once
    for free, turns in enumerate((first, last)):
        turns.goes_on.set()
        until(lambda: len(made._free) == free + 1, seconds=SECONDS)  # noqa: B023 - at once
    for _ in range(3):
        made.hand(last.work)
        until(lambda: len(made._free) == 2, seconds=SECONDS)
    assert last.ended == [f"{name}_2"] * 4


def test_what_goes_wrong_is_written_down_and_ends_no_thread(made, name, caplog):
    def fail() -> None:
        raise ValueError("no")

    with caplog.at_level(logging.ERROR, logger="doorward.errors"):
        for _ in range(3):
            made.hand(fail)
        turns = Turns()
        turns.goes_on.set()
        made.hand(turns.work)
        until(lambda: len(turns.ended) == 1, seconds=SECONDS)
    assert [one.getMessage() for one in caplog.records] == ["something was not done"] * 3


def test_at_the_end_what_was_begun_is_done_and_nothing_else(made, name):
    begun, waiting = Turns(), Turns()
    for _ in range(2):
        made.hand(begun.work)
    until(lambda: len(begun.began) == 2, seconds=SECONDS)
    made.hand(waiting.work)
    made.end()
    begun.goes_on.set()
    waiting.goes_on.set()
    until(lambda: not _alive(name), seconds=SECONDS)
    assert len(begun.ended) == 2
    assert waiting.began == []


def test_what_is_done_is_not_held_any_longer(made):
    class Held:
        gone = threading.Event()

        def __del__(self) -> None:
            self.gone.set()

    def hold(held: Held) -> None:
        made.hand(lambda: held)

    hold(Held())
    assert Held.gone.wait(SECONDS)


BROKEN = """
from doorward.web.server import threads
threads.LOOK_SECONDS = 0.05
threads.Threads(1, name="idle").hand(lambda: None)
raise SystemExit(3)
"""


def test_a_process_whose_server_broke_ends_all_the_same():
    said = subprocess.run([sys.executable, "-c", BROKEN], timeout=SECONDS, check=False)
    assert said.returncode == 3
