"""How far this machine's clock is from another: codes are good for half a minute each way."""

from __future__ import annotations

import secrets
import socket
import struct
import time
from typing import TYPE_CHECKING, Final

from doorward.kernel.db.clocks import LIMIT_SECONDS, database_ahead
from doorward.operations.checks.finding import Finding, advice, fine, unfit

if TYPE_CHECKING:
    from collections.abc import Iterator

_ANSWER_SECONDS: Final = 5.0
_NTP_PORT: Final = 123
# RFC 5905, figures 8 and 13: version 4, mode 3 (client); an answer has mode 4, and its stratum says
# whether the server itself knows the time (1 to 15). Seconds are counted from 1900.
_ASKING: Final = 0x23
_ANSWERING: Final = 4
_STRATA: Final = range(1, 16)
_PACKET: Final = struct.Struct("!BB22xQQQ")
_TO_1970: Final = 2_208_988_800
_ERA: Final = 2**32
_SET: Final = "Have a time service keep the clock (chrony, systemd-timesyncd)."


class NoTime(Exception):
    """A time server did not tell the time; the message says why."""


def look(ntp: str | None) -> Iterator[Finding]:
    """Compare with the database, and with the time server `ntp` (HOST or HOST:PORT) where one is named."""
    yield _database()
    if ntp is None:
        yield advice(
            "clock-ntp",
            "The clock was not compared with a time server.",
            "Name one: `doorward check --ntp HOST`.",
        )
    else:
        yield _server(ntp)


def _database() -> Finding:
    seconds = database_ahead(time.time)
    if seconds is None:
        return fine("clock-database", "SQLite has no clock but this machine's.")
    return _judge("clock-database", seconds, "the database's")


def _server(ntp: str) -> Finding:
    try:
        seconds = ntp_offset(ntp)
    except (NoTime, OSError, UnicodeError) as error:  # a name of no host, too
        said = getattr(error, "strerror", None) or error
        return unfit(
            "clock-ntp",
            f"The time server {ntp} did not tell the time: {said}.",
            "Name one that this machine can reach by UDP, port 123.",
        )
    return _judge("clock-ntp", seconds, f"that of {ntp}")


def _judge(check: str, seconds: float, whose: str) -> Finding:
    """Say what it means that another clock is so far ahead of ours."""
    if abs(seconds) > LIMIT_SECONDS:
        relation = "behind" if seconds > 0 else "ahead of"
        return unfit(
            check, f"This machine's clock is {abs(seconds):.1f} s {relation} {whose}.", _SET
        )
    return fine(check, f"This machine's clock and {whose} differ by {abs(seconds):.2f} s.")


def ntp_offset(server: str) -> float:
    """Ask a time server once (SNTP, RFC 5905, section 14) and give how far it is ahead of us, in seconds.

    Raises NoTime for an answer that tells no time, OSError (a timeout too) for none.
    """
    host, port = _split(server)
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    # Not our own time: the answer repeats these bits, by which it is known to be ours.
    mark = secrets.randbits(64)
    with socket.socket(family, kind, protocol) as asking:
        asking.settimeout(_ANSWER_SECONDS)
        asking.connect(address)
        asked = time.time()
        asking.send(_PACKET.pack(_ASKING, 0, 0, 0, mark))
        answer = asking.recv(512)
        between = (asked + time.time()) / 2
    if len(answer) < _PACKET.size:
        raise NoTime("its answer is too short")
    head, stratum, repeated, received, sent = _PACKET.unpack_from(answer)
    if repeated != mark or head & 7 != _ANSWERING:
        raise NoTime("its answer is not one to this question")
    if stratum not in _STRATA or head >> 6 == 3:  # noqa: PLR2004 - the leap indicator for "not set"
        raise NoTime("its own clock is not set")
    there: float = (received + sent) / 2 / _ERA - _TO_1970
    # The count of seconds starts again in 2036: the nearest moment is meant.
    ahead = there - between
    return ahead - round(ahead / _ERA) * _ERA


def _split(server: str) -> tuple[str, int]:
    host, colon, port = server.rpartition(":")
    if colon and port.isdecimal() and (host.endswith("]") or ":" not in host):
        return host.strip("[]"), int(port)
    return server.strip("[]"), _NTP_PORT
