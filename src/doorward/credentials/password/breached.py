"""Passwords known from break-ins, as Have I Been Pwned or a copy of it tells, where the provider switches it on.

Only the first five characters of a password's SHA-1 leave (k-anonymity), and the answer is padded: neither who
answers nor who listens learns which password it was. See docs/decisions/0043-passwords-from-break-ins.md.
"""

from __future__ import annotations

import hashlib
import logging
import re
import ssl
import time
from collections.abc import Container
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

if TYPE_CHECKING:
    from http.client import HTTPResponse

_log = logging.getLogger("doorward.passwords")

SECONDS: Final = 2.0
# Who did not answer is not asked again at once: nobody else waits for it.
REST_SECONDS: Final = 60.0
LONGEST: Final = 512 * 1024
_PIECE: Final = 16 * 1024
_PREFIX: Final = 5
_HEADERS: Final = {"Accept": "text/plain", "Add-Padding": "true", "User-Agent": "Doorward"}
_OK: Final = 200
_LINE: Final = re.compile(rb"([0-9A-Fa-f]{35}):([0-9]{1,12})")


class NoAnswer(Exception):
    """What came is no answer to this question; the message says why."""


class _Breached(Container[str]):
    """Asks the service of one address. Who asks waits two seconds at most, and a failure is a no."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._silent_until = 0.0

    def __contains__(self, password: object) -> bool:
        if not isinstance(password, str) or time.monotonic() < self._silent_until:
            return False
        digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        prefix, rest = digest[:_PREFIX], digest[_PREFIX:]
        try:
            asked = _threads().submit(_ask, self._address, prefix)
            return rest in asked.result(timeout=SECONDS)
        except (OSError, HTTPException, NoAnswer) as error:
            self._silent_until = time.monotonic() + REST_SECONDS
            said = str(error) if isinstance(error, NoAnswer) else type(error).__name__
            _log.warning("passwords known from break-ins could not be asked for: %s", said)
            return False


def breached_passwords() -> Container[str]:
    """Return what `credentials.password.rules.check` asks last of all; nothing is in it unless the setting is there.

    A look-up asks the network, so no transaction may be open.
    """
    url: str = settings.DOORWARD.breach_check_url
    return _service(url) if url else frozenset()


@cache
def _service(url: str) -> _Breached:
    return _Breached(url)


@cache
def _threads() -> ThreadPoolExecutor:
    # In a thread, since neither a name's look-up nor an answer that trickles knows a time limit.
    return ThreadPoolExecutor(max_workers=4, thread_name_prefix="breached-passwords")


def _ask(address: SplitResult, prefix: str) -> frozenset[str]:
    """Return the rests of all known passwords with this prefix. Follows no redirect, uses no proxy."""
    ends = time.monotonic() + SECONDS
    connection = _connection(address)
    try:
        connection.request("GET", f"{address.path.rstrip('/')}/{prefix}", headers=_HEADERS)
        with connection.getresponse() as answer:
            if answer.status != _OK:
                raise NoAnswer(f"status {answer.status}")
            return _rests(_body(answer, ends=ends))
    finally:
        connection.close()


def _connection(address: SplitResult) -> HTTPConnection:
    host = address.hostname or ""
    if address.scheme == "https":
        context = ssl.create_default_context()
        return HTTPSConnection(host, address.port, timeout=SECONDS, context=context)
    return HTTPConnection(host, address.port, timeout=SECONDS)


def _body(answer: HTTPResponse, *, ends: float) -> bytes:
    body = bytearray()
    while piece := answer.read1(_PIECE):
        body += piece
        if len(body) > LONGEST:
            raise NoAnswer("too long")
        if time.monotonic() > ends:
            raise NoAnswer("too slow")
    return bytes(body)


def _rests(body: bytes) -> frozenset[str]:
    """Read lines of `REST:COUNT`; a count of zero is padding."""
    found = [_LINE.fullmatch(line) for line in body.split()]
    read = [line for line in found if line is not None]
    if len(read) != len(found) or not read:
        raise NoAnswer("not in the form that was asked for")
    return frozenset(line[1].decode().upper() for line in read if int(line[2]))
