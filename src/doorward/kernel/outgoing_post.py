"""A form that Doorward itself sends to a machine: to an address that was looked at, once, within its time."""

from __future__ import annotations

import socket
import ssl
import time
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit

from doorward.kernel.connecting import connected
from doorward.kernel.host_spelling import DEFAULT_PORTS
from doorward.kernel.ssrf import is_public

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_ADDRESSES: Final = 2
_LONGEST: Final = 1024


class NotSent(Exception):
    """Nobody took it: no address that may be asked, no connection, no answer in time. The message is a short reason."""


def post_form(address: str, fields: Mapping[str, str], *, inside: bool, seconds: float) -> int:
    """Send a form and return the status of the answer; where that leads is not followed. Raises `NotSent`.

    `inside`: addresses that are not of the internet may be asked, too.
    """
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme]
    context = ssl.create_default_context() if parts.scheme == "https" else None
    ends = time.monotonic() + seconds
    reason = "no address that may be asked"
    for found in _addresses(host, port, inside=inside):
        try:
            with connected(host, (found, port), context=context, ends=ends) as sock:
                return _send(sock, address, fields)
        except (OSError, HTTPException, ValueError) as error:
            reason = type(error).__name__
    raise NotSent(reason)


def _addresses(host: str, port: int, *, inside: bool) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        # It has no such name, or no name can be like that.
        return []
    each = dict.fromkeys(str(one[4][0]) for one in found)
    return [one for one in each if inside or is_public(one)][:_MOST_ADDRESSES]


def _send(sock: socket.socket, address: str, fields: Mapping[str, str]) -> int:
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port)
    # To this very address: another look at the name may give another one.
    connection.sock = sock
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Connection": "close",
        "User-Agent": "Doorward",
    }
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    connection.request("POST", target, urlencode(fields), headers)
    with connection.getresponse() as response:
        response.read(_LONGEST)
        return response.status
