"""Connections whose other end takes nothing are ended, and no others."""

from __future__ import annotations

import fcntl
import socket
import subprocess
import sys
from contextlib import ExitStack

import pytest

from doorward.web.server import stalled
from tests.kit.waiting import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what was taken")

START = 1000.0
LATER = START + stalled.PATIENCE_SECONDS + 1


@pytest.fixture
def connected():
    """Return a function that connects: the port that is served, our end, and the reader's."""
    with ExitStack() as opened:
        listener = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        port = listener.getsockname()[1]

        def connect():
            there = opened.enter_context(socket.create_connection(("127.0.0.1", port)))
            here = opened.enter_context(listener.accept()[0])
            return port, here, there

        yield connect


def fill(connection):
    """Send as much as is taken without a reader."""
    connection.settimeout(0)
    sent = 0
    try:
        while True:
            sent += connection.send(b"x" * 65536)
    except BlockingIOError:
        return sent


def read_all(connection, *, at_most):
    """Read to the end; it is an error that all of it came."""
    came = 0
    while part := connection.recv(65536):
        came += len(part)
    assert came < at_most


def seen(port):
    """Look for the first time, when what was on its way has arrived."""
    return until(
        lambda: (
            (found := stalled.end_stalled(port, {}, now=START))
            and found == stalled.end_stalled(port, {}, now=START)
            and found
        )
    )


def is_open(connection):
    try:
        connection.settimeout(0)
        connection.send(b"x")
    except BlockingIOError:
        return True
    except OSError:
        return False
    return True


def test_a_reader_that_takes_nothing_is_ended_and_its_answer_does_not_look_whole(connected):
    port, here, there = connected()
    sent = fill(here)
    before = seen(port)
    assert is_open(here)
    assert not stalled.end_stalled(port, before, now=LATER)
    assert not is_open(here)
    here.close()
    with pytest.raises(ConnectionResetError):
        read_all(there, at_most=sent)


def test_one_that_takes_a_drop_now_and_then_is_ended_too(connected):
    port, here, there = connected()
    fill(here)
    before = seen(port)
    there.recv(100)
    # A drop that is read lets the kernel send some more: it may take a little longer to be noticed.
    stalled.end_stalled(port, before, now=START + 1000)
    assert not is_open(here)


def test_one_that_takes_its_time_but_reads_is_left(connected):
    port, here, there = connected()
    fill(here)
    before = seen(port)
    taken = 0
    while taken < 1_000_000:
        taken += len(there.recv(65536))
    assert stalled.end_stalled(port, before, now=LATER) == before
    assert is_open(here)


def test_one_to_whom_nothing_is_owed_is_left(connected):
    port, here, there = connected()
    here.sendall(b"all of it")
    assert there.recv(100) == b"all of it"
    assert not stalled.end_stalled(port, {}, now=START)
    assert is_open(here)


def test_a_pause_between_two_answers_is_no_stall(connected):
    port, here, there = connected()
    fill(here)
    before = seen(port)
    while there.recv(65536, socket.MSG_DONTWAIT):
        with_nothing_left = stalled.end_stalled(port, before, now=START + 5)
        if not with_nothing_left:
            break
    fill(here)
    stalled.end_stalled(port, {}, now=LATER)
    assert is_open(here)


def test_what_is_not_a_connection_to_us_is_left(connected):
    port, here, _ = connected()
    fill(here)
    stalled.end_stalled(port + 1, stalled.end_stalled(port + 1, {}, now=START), now=LATER)
    assert is_open(here)


def test_what_waits_for_a_reader_is_bounded(connected):
    port, here, _ = connected()
    assert fill(here) > 8 * stalled.BUFFER_BYTES
    assert stalled.bound_buffers(port)
    _, here, _ = connected()
    assert fill(here) < 8 * stalled.BUFFER_BYTES


def test_nobody_listens_yet(connected):
    port, _, _ = connected()
    assert not stalled.bound_buffers(port + 1)


TRY_LOCK = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(3)
"""


def test_a_look_takes_no_lock_on_a_file_away(connected, tmp_path):
    """SQLite keeps other processes out by such locks, and closing any descriptor of the file drops them all."""
    port, *_ = connected()
    path = tmp_path / "locked"
    path.write_bytes(b"x")
    with path.open("r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        stalled.end_stalled(port, {}, now=START)
        stalled.bound_buffers(port)
        tried = subprocess.run([sys.executable, "-c", TRY_LOCK, path], check=False)
    assert tried.returncode == 3
