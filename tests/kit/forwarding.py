"""The network between two programs on loopback, which can be cut: nothing arrives any more, and nobody is told."""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_AT_ONCE = 64 * 1024


class Forwarder:
    """Passes bytes on to a port. While it is cut, whoever connects or sends has no answer, and no error.

    `in_vain`: how often somebody connected where nobody was.
    """

    def __init__(self, to: int) -> None:
        self.to = to
        self.is_cut, self.in_vain = False, 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._other: dict[socket.socket, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        for one in [*self._other, self._listener]:
            one.close()
        self._selector.close()

    def _run(self) -> None:
        while not self._over.is_set():
            if self.is_cut:
                # The system still takes what is sent, as far as its own memory goes.
                self._over.wait(0.02)
                continue
            for key, _ in self._selector.select(0.05):
                one = key.fileobj
                assert isinstance(one, socket.socket)
                if one is self._listener:
                    self._connect()
                elif one in self._other:
                    self._pass_on(one)

    def _connect(self) -> None:
        ours, _ = self._listener.accept()
        try:
            theirs = socket.create_connection(("127.0.0.1", self.to), timeout=60)
        except OSError:
            self.in_vain += 1
            ours.close()
            return
        for one, other in ((ours, theirs), (theirs, ours)):
            self._other[one] = other
            self._selector.register(one, selectors.EVENT_READ)

    def _pass_on(self, one: socket.socket) -> None:
        other = self._other[one]
        with suppress(OSError):
            if part := one.recv(_AT_ONCE):
                other.sendall(part)
                return
        for end in (one, other):
            self._selector.unregister(end)
            del self._other[end]
            end.close()


@contextmanager
def forwarder(to: int) -> Iterator[Forwarder]:
    """Return a way to a port that can be cut."""
    made = Forwarder(to)
    try:
        yield made
    finally:
        made.close()
