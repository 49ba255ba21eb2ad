"""What is done in a process that is forked: its value, its failure, its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

from tests.kit.waiting import until

FIRST = """
import os, signal, sys, time
from doorward.cli import forked
from doorward.cli.failure import Failure
"""


def run(script: str) -> subprocess.CompletedProcess[str]:
    """Run this in a program that has no thread, as whoever forks is one."""
    return subprocess.run(
        [sys.executable, "-c", FIRST + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_is_made_aside_comes_back_and_nothing_else() -> None:
    done = run("""
        kept = []
        def make():
            kept.append(1)
            return os.getpid(), "a link"
        pid, made = forked.done_aside(make)
        print(made, pid != os.getpid(), kept)
        """)
    assert (done.stdout, done.stderr, done.returncode) == ("a link True []\n", "", 0)


def test_a_failure_aside_is_a_failure_here() -> None:
    done = run("""
        def make():
            raise Failure("The database cannot be used.")
        try:
            forked.done_aside(make)
        except Failure as failure:
            print(failure.message)
        """)
    assert (done.stdout, done.stderr) == ("The database cannot be used.\n", "")


def test_a_full_disk_aside_is_said_in_its_sentence() -> None:
    done = run("""
        import errno
        def make():
            raise OSError(errno.ENOSPC, "No space left on device")
        try:
            forked.done_aside(make)
        except Failure as failure:
            print(failure.message)
        """)
    assert "full" in done.stdout
    assert done.stderr == ""


def test_what_nobody_foresaw_is_told_once_and_ends_both() -> None:
    done = run("""
        def make():
            raise RuntimeError("nobody foresaw this")
        forked.done_aside(make)
        print("went on")
        """)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("RuntimeError: nobody foresaw this") == 1


def test_one_that_is_killed_is_a_failure() -> None:
    done = run("""
        try:
            forked.done_aside(lambda: os.kill(os.getpid(), signal.SIGKILL))
        except Failure as failure:
            print(failure.message)
        """)
    assert done.stdout == "What comes before the start was ended by a signal (9).\n"


def test_whoever_is_ended_meanwhile_leaves_nobody_at_work(tmp_path) -> None:
    """As a demonstration is, whose folder is thrown away then."""
    made = tmp_path / "made"
    script = FIRST + textwrap.dedent(f"""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        def make():
            open({str(made)!r}, "w").write(str(os.getpid()))
            time.sleep(600)
        forked.done_aside(make)
        """)
    with subprocess.Popen([sys.executable, "-c", script]) as first:
        until(lambda: made.exists() and made.read_text())
        first.terminate()
        assert first.wait(timeout=60) == 0
    assert name_of(int(made.read_text())) == ""


def test_signals_that_were_taken_over_are_not_so_in_the_other() -> None:
    done = run("""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
            process = forked.begin("doorward-test", lambda: time.sleep(600))
            os.kill(process.pid, number)
            process.join(60)
            print(process.exitcode == -number)
        """)
    assert done.stdout == "True\n" * 3


def test_it_has_its_name_and_dies_with_whoever_forked_it() -> None:
    script = FIRST + textwrap.dedent("""
        process = forked.begin("doorward-test", lambda: time.sleep(600))
        print(process.pid, flush=True)
        time.sleep(600)
        """)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as first:
        assert first.stdout
        pid = int(first.stdout.readline())
        until(lambda: name_of(pid) == "doorward-test")
        os.kill(first.pid, signal.SIGKILL)
        until(lambda: name_of(pid) == "")


def name_of(pid: int) -> str:
    """Return a process's name; empty: it is gone."""
    try:
        with open(f"/proc/{pid}/comm") as file:  # noqa: PTH123 - no file of anybody's
            return file.read().strip()
    except OSError:
        return ""
