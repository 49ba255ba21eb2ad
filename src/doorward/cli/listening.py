"""Where `doorward run` listens: a name is looked up, and the port is held, before anything is started."""

from __future__ import annotations

import errno
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from doorward.cli.failure import Failure
from doorward.kernel.host_spelling import is_loopback, join_netloc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doorward.environment.fields import Environment

_TRIES = 20
_BETWEEN_TRIES_SECONDS = 0.1
# An address that is not this machine's, or of a kind that it has none of: another one of the name may be.
_NOT_HERE = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


def find_address(environment: Environment) -> str:
    """Return the IP address to listen on, for a name one that it stands for here; else raise `Failure`.

    Of several, one of IPv4: browsers that are given a name try all of its addresses.
    """
    host = environment.host
    try:
        found = socket.getaddrinfo(host, environment.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Failure(
            f"Doorward cannot listen on {environment.bind}: the name {host} has no address here."
        ) from error
    addresses = dict.fromkeys(
        str(one[4][0]) for one in sorted(found, key=lambda one: one[0] != socket.AF_INET)
    )
    address = next((one for one in addresses if _is_here(one)), next(iter(addresses)))
    if environment.demo and not is_loopback(address):
        raise Failure("DOORWARD_DEMO: the demonstration listens on loopback only.")
    return address


@contextmanager
def port_held(address: str, port: int) -> Iterator[socket.socket]:
    """Refuse a port that somebody listens on, then hold it so that no other start takes it; give what holds it.

    granian's workers share their port (SO_REUSEPORT) and would share it with a stranger's, too.
    The socket that holds it never listens, so that no connection ends up in it.
    """
    if not soon(lambda: _try_port(address, port)):
        raise Failure(f"The port {join_netloc(address, port)} is taken by another program.")
    with _socket(address) as holder:
        if hasattr(socket, "SO_REUSEPORT"):
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            holder.bind((address, port))
        yield holder


def answers(address: str, port: int) -> bool:
    """Return whether somebody takes connections there."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104
    try:
        with socket.create_connection((host, port), timeout=0.2):
            return True
    except OSError:
        return False


def soon(attempt: Callable[[], bool]) -> bool:
    """Try for a moment: processes of a start that was just killed may still be going."""
    for _ in range(_TRIES):
        if attempt():
            return True
        time.sleep(_BETWEEN_TRIES_SECONDS)
    return False


def _is_here(address: str) -> bool:
    try:
        with _socket(address) as probe:
            probe.bind((address, 0))
    except OSError as error:
        return error.errno not in _NOT_HERE
    return True


def _try_port(address: str, port: int) -> bool:
    try:
        with _socket(address) as probe:
            probe.bind((address, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        said = f"Doorward cannot listen on {join_netloc(address, port)}: {error.strerror}."
        raise Failure(said) from error
    return True


def _socket(address: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made
