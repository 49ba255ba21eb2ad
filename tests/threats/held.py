"""Connections that are held open in every way in which a sender or a reader can be slow."""

from __future__ import annotations

import os
import resource
import socket
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.kit.wire import Wire

# More than there are threads and connections of the database; `make faults` holds 500.
HELD = int(os.environ.get("FAULTS_HELD", "100"))
FORM = "application/x-www-form-urlencoded"


@dataclass
class Held:
    """Connections of one kind. `head` is what each sends at the beginning, `drop` what it sends now and then."""

    port: int
    head: bytes
    drop: bytes = b""
    sockets: list[socket.socket] = field(default_factory=list)
    _came: dict[socket.socket, bytes] = field(default_factory=dict)
    _ended: dict[socket.socket, bytes] = field(default_factory=dict)

    def open(self, number: int = HELD) -> None:
        """Open so many; each takes as little as it can."""
        for _ in range(number):
            one = socket.socket()
            self.sockets.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            one.settimeout(20)
            one.connect(("127.0.0.1", self.port))
            one.sendall(self.head)

    def go_on(self) -> None:
        """Send a little on each that is still open."""
        for one in self.sockets:
            try:
                one.sendall(self.drop)
            except OSError:
                continue

    def ended(self) -> list[bytes]:
        """Return what came so far on each connection that the other side has ended, without waiting."""
        for one in self.sockets:
            one.settimeout(0)
            try:
                while part := one.recv(65536):
                    self._came[one] = self._came.get(one, b"") + part
            except BlockingIOError:
                continue
            except OSError:
                pass
            self._ended[one] = self._came.get(one, b"")
        return list(self._ended.values())

    def close(self) -> None:
        """Let go of all of them."""
        for one in self.sockets:
            one.close()


def kinds(wire: Wire, path: str, port: int) -> dict[str, Held]:
    """Return a kind of each; `wire`: somebody who is signed in and may see `path`, which is long."""
    cookie = "; ".join(f"{name}={value}" for name, value in wire.cookies.items())
    signed_in = f"Host: localhost\r\nCookie: {cookie}\r\n\r\n"
    form = f"Host: localhost\r\nContent-Type: {FORM}\r\nCookie: csrf={'a' * 32}\r\n"
    return {
        "heads": Held(port, b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: a", b"a"),
        "bodies": Held(
            port,
            f"POST /sign-in/ HTTP/1.1\r\n{form}Content-Length: 65536\r\n\r\nemail=".encode(),
            b"a",
        ),
        "readers of exports": Held(port, f"GET {path} HTTP/1.1\r\n{signed_in}".encode()),
        "readers of files": Held(
            port, (f"GET {_file(wire)} HTTP/1.1\r\nHost: localhost\r\n\r\n" * 40).encode()
        ),
        "idle": Held(port, b""),
        "idle after an answer": Held(port, b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    }


def _file(wire: Wire) -> str:
    page = wire.get("/sign-in/").text
    return f"/static/portal.{page.partition('/static/portal.')[2].partition('.css')[0]}.css"


@contextmanager
def held(one: Held, number: int = HELD) -> Iterator[Held]:
    """Hold so many connections of a kind."""
    with _many_files():
        try:
            one.open(number)
            yield one
        finally:
            one.close()


@contextmanager
def _many_files() -> Iterator[None]:
    """Let this process have many connections."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], min(8192, before[1])), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
