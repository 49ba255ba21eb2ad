"""A connection of Doorward's own to an address that was looked at before, cut off when its time is up."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import contextmanager, suppress
from threading import Timer
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_LEAST: Final = 0.1


@contextmanager
def connected(
    host: str, address: tuple[str, int], *, context: ssl.SSLContext | None, ends: float
) -> Iterator[socket.socket]:
    """Return a socket to this very address, with TLS for `host` where there is a `context`.

    `ends`: when it is cut off, by the monotonic clock. Raises `OSError`, of which `ssl.SSLError` is one.
    """
    sock = socket.create_connection(address, timeout=_left(ends))
    if context is not None:
        sock = context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    # Whoever answers byte by byte is cut off, too: a time limit of a socket is one for each byte.
    cut = Timer(_left(ends), _cut, args=[sock])
    cut.daemon = True
    cut.start()
    try:
        if isinstance(sock, ssl.SSLSocket):
            sock.do_handshake()
        yield sock
    finally:
        cut.cancel()
        sock.close()


def _left(ends: float) -> float:
    return max(_LEAST, ends - time.monotonic())


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
