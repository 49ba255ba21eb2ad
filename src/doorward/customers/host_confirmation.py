"""How a host name shows that it is this portal: the page or the TXT record that only this installation can have.

Who asks is a person with a form, and where is what they typed. So only the address that links would have is asked
for, at an address of the internet (`kernel/ssrf.py`), once; nothing is followed, little is read, and not for long.
"""

from __future__ import annotations

import hmac
import ssl
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from threading import BoundedSemaphore
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from doorward.customers.errors import (
    HostCertificate,
    HostIsAnothers,
    HostPrivate,
    HostSilent,
    HostUnknown,
)
from doorward.kernel.connecting import connected
from doorward.kernel.crypto.sealing import keyed_hash
from doorward.kernel.errors import MustWait
from doorward.kernel.host_spelling import DEFAULT_PORTS
from doorward.kernel.ssrf import is_public

PATH: Final = "/.well-known/doorward-host/"
_RECORD: Final = "doorward-host="
_UNDER: Final = "_doorward."
_OK: Final = 200
_LONGEST: Final = 128
_TOKEN: Final = 40
# The name system is asked three times, then one connection is made: some twelve seconds at the very most.
_DNS_SECONDS: Final = 2.5
_HTTP_SECONDS: Final = 5.0
_MOST_ADDRESSES: Final = 3
# A process looks at one name at a time, so that looking takes no more than one thread.
_ONE = BoundedSemaphore(1)
_WAIT_SECONDS: Final = 10


def token(host: str) -> str:
    """Return what a host name is asked with: nobody else knows it."""
    return keyed_hash("host/asked", host).hex()[:_TOKEN]


def answer(host: str, asked: str) -> str | None:
    """Return what this portal answers under a host name; None: it was not asked with that name's token."""
    # Not the token itself, or a page that repeats its address would be confirmed.
    right = hmac.compare_digest(asked.encode(), token(host).encode())
    return _answer(host) if host and right else None


def record_name(host: str) -> str:
    """Return where the TXT record stands."""
    return f"{_UNDER}{host}"


def record(host: str) -> str:
    """Return what the TXT record says."""
    return f"{_RECORD}{token(host)}"


def look(host: str) -> None:
    """Ask a host name whether it is this portal; return when it is.

    Raises a `HostNotConfirmed`, or `MustWait` while another name is looked at.
    """
    if not _ONE.acquire(blocking=False):
        raise MustWait(_WAIT_SECONDS)
    try:
        if record(host) not in _texts(record_name(host)):
            _ask(host)
    finally:
        _ONE.release()


def _answer(host: str) -> str:
    return keyed_hash("host/answered", host).hex()


def _texts(name: str) -> set[str]:
    import dns.exception  # noqa: PLC0415 - 2 MiB that few processes ever need
    import dns.resolver  # noqa: PLC0415

    with suppress(dns.exception.DNSException):
        found = dns.resolver.resolve(name, "TXT", lifetime=_DNS_SECONDS, search=False)
        return {b"".join(one.strings).decode("ascii", "replace") for one in found}
    return set()


def _addresses(host: str) -> list[str]:
    import dns.exception  # noqa: PLC0415 - 2 MiB that few processes ever need
    import dns.resolver  # noqa: PLC0415

    found: list[str] = []
    for kind in ("A", "AAAA"):
        with suppress(dns.exception.DNSException):
            answers = dns.resolver.resolve(host, kind, lifetime=_DNS_SECONDS, search=False)
            found += [one.address for one in answers]
    if not found:
        raise HostUnknown
    allowed = [one for one in found if settings.DOORWARD.private_hosts or is_public(one)]
    if not allowed:
        raise HostPrivate
    return allowed[:_MOST_ADDRESSES]


def _ask(host: str) -> None:
    """Ask the address that links would have. Raises a `HostNotConfirmed`."""
    ends = time.monotonic() + _HTTP_SECONDS
    for address in _addresses(host):
        try:
            said = _said(host, address, ends=ends)
        except ssl.SSLCertVerificationError as error:
            raise HostCertificate from error
        except (OSError, HTTPException, ValueError):
            continue
        if not hmac.compare_digest(said, _answer(host).encode()):
            raise HostIsAnothers
        return
    raise HostSilent


def _said(host: str, address: str, *, ends: float) -> bytes:
    public = urlsplit(settings.DOORWARD.origin)
    port = public.port or DEFAULT_PORTS[public.scheme]
    context = ssl.create_default_context() if public.scheme == "https" else None
    with connected(host, (address, port), context=context, ends=ends) as sock:
        connection = HTTPConnection(host, None if public.port is None else port)
        # To this very address: another look at the name may give another one.
        connection.sock = sock
        headers = {"Accept": "text/plain", "Connection": "close", "User-Agent": "Doorward"}
        connection.request("GET", f"{PATH}{token(host)}", headers=headers)
        with connection.getresponse() as response:
            body = response.read(_LONGEST)
            if time.monotonic() >= ends:  # what was cut off looks like an end
                raise TimeoutError
            return body if response.status == _OK else b""
