"""Ends connections whose other end does not take what it was sent, and bounds what waits for it.

granian has no deadline for writing: a reader that stops would keep its connection, and what waits
for it, for ever. The kernel knows how much of an answer is not taken yet (`SIOCOUTQ`) and how much
was (`TCP_INFO`), so a look at all connections every few seconds is enough. On other systems than
Linux nothing is done.
"""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import struct
import sys
import termios
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISSOCK
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_log = logging.getLogger("doorward.run")

LOOK_SECONDS: Final = 5.0
# So long an answer may be on its way in any case; from then on so much of it must have been taken
# for each second, which is a tenth of what the slowest mobile network does.
PATIENCE_SECONDS: Final = 30.0
LEAST_BYTES_A_SECOND: Final = 500
LISTEN_SECONDS: Final = 0.1
# The kernel takes twice as much: enough for some megabytes a second to the other side of the world.
BUFFER_BYTES: Final = 128 * 1024
_DESCRIPTORS: Final = Path("/proc/self/fd")
# `tcpi_bytes_acked` of `struct tcp_info` (linux/tcp.h), since Linux 4.1.
_ACKED: Final = struct.Struct("=120xQ")
_LEFT: Final = struct.Struct("=i")
_AT_ONCE: Final = struct.pack("=ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Since when a connection has something that is not taken, and how much was taken until then."""

    since: float
    taken: int


def watch(port: int) -> None:
    """Look after the connections to this port from now on, in a thread of its own."""
    if sys.platform == "linux":
        threading.Thread(target=_look_again_and_again, args=(port,), daemon=True).start()


def _look_again_and_again(port: int) -> None:
    while not bound_buffers(port):
        time.sleep(LISTEN_SECONDS)
    waiting: dict[int, Waiting] = {}
    while True:
        time.sleep(LOOK_SECONDS)
        try:
            waiting = end_stalled(port, waiting, now=time.monotonic())
        except Exception:  # noqa: BLE001 - the next look may go well
            _log.exception("stalled connections were not looked for")


def bound_buffers(port: int) -> bool:
    """Bound what the kernel keeps for each connection to this port; return whether somebody listens yet.

    By itself it keeps megabytes for a reader that takes nothing. What a listener has set, its
    connections inherit.
    """
    found = False
    for _, listener in _sockets(port, listening=True):
        with listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        found = True
    return found


def end_stalled(port: int, before: dict[int, Waiting], *, now: float) -> dict[int, Waiting]:
    """End the connections that stalled; return those that have something not taken, by their inode."""
    found = {}
    for inode, connection in _sockets(port, listening=False):
        with connection, suppress(OSError):
            taken = _taken(connection)
            if taken is None:
                continue
            waiting = before.get(inode, Waiting(since=now, taken=taken))
            seconds = now - waiting.since
            if seconds < PATIENCE_SECONDS or taken - waiting.taken > seconds * LEAST_BYTES_A_SECOND:
                found[inode] = waiting
            else:
                _end(connection)
    return found


def _sockets(port: int, *, listening: bool) -> Iterator[tuple[int, socket.socket]]:
    """Yield what listens on this port, or each connection to it, with its inode.

    Each by a descriptor of our own: it is still the same one, whatever the server closes and opens
    meanwhile. Of nothing but sockets: whoever closes any descriptor of a file takes all locks of the process on it
    along (fcntl(2), POSIX), those of SQLite on the database, too, and then writes are lost and the file is damaged.
    """
    for entry in _DESCRIPTORS.iterdir():
        with suppress(OSError):
            number = int(entry.name)
            if not S_ISSOCK(os.fstat(number).st_mode):
                continue
            descriptor = os.dup(number)
            status = os.fstat(descriptor)
            if not S_ISSOCK(status.st_mode):
                continue  # a file took the number meanwhile: for its locks' sake it is left open
            found = _as_socket(descriptor, port, listening)
            if found is None:
                os.close(descriptor)
            else:
                yield status.st_ino, found


def _as_socket(descriptor: int, port: int, listening: bool) -> socket.socket | None:  # noqa: FBT001
    made = socket.socket(fileno=descriptor)
    try:
        wanted = (
            made.family != socket.AF_UNIX
            and made.getsockname()[1] == port
            and bool(made.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)) is listening
            and (listening or made.getpeername())
        )
    except OSError:
        wanted = False  # it is over
    if wanted:
        return made
    made.detach()
    return None


def _end(connection: socket.socket) -> None:
    """Break a connection off: what it did not take is thrown away, and it does not look whole."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    connection.shutdown(socket.SHUT_RDWR)


def _taken(connection: socket.socket) -> int | None:
    """Return how many bytes were taken; None where nothing waits."""
    [left] = _LEFT.unpack(fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(_LEFT.size)))
    if not left:
        return None
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _ACKED.size)
    return int(_ACKED.unpack(info)[0])
