"""Host names and origins: every spelling of the same one becomes the same text.

The form is the one that browsers send (WHATWG URL, UTS 46): ASCII, lower case, no dot at the end, an address
without needless zeros, and no port where it is the scheme's own.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

import idna

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
LAST_PORT: Final = 65535
_LONGEST_NAME: Final = 253
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@lru_cache(maxsize=1024)
def ascii_host(text: str) -> str | None:
    """Return a host name or an IP address (without brackets) as browsers send it; None: it is neither.

    International names by UTS 46 without its transitional rules: `straße.example` keeps its ß, as browsers do.
    """
    if text.isdecimal() or ":" in text or text.replace(".", "").isdecimal():
        return _address(text)
    name = text.removesuffix(".")
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii").removesuffix(".")
        except UnicodeError:
            return None
    name = name.lower()
    labels = name.split(".")
    fits = len(name) <= _LONGEST_NAME and all(_LABEL.fullmatch(label) for label in labels)
    # What ends in a number, browsers read as an address.
    return name if fits and not labels[-1].isdecimal() else None


@lru_cache(maxsize=1024)
def split_netloc(netloc: str) -> tuple[str, int | None] | None:
    """Return host and port of `host:port`, as a Host header has it; None: it is no such thing."""
    if netloc.startswith("["):
        inside, bracket, rest = netloc[1:].partition("]")
        host = ascii_host(inside) if bracket and ":" in inside else None
    else:
        name, colon, port = netloc.partition(":")
        host, rest = ascii_host(name), colon + port
    if host is None or not re.fullmatch(r"(:[0-9]{0,5})?", rest, re.ASCII):
        return None
    number = int(rest[1:]) if rest[1:] else None
    return None if number is not None and not 0 < number <= LAST_PORT else (host, number)


def join_netloc(host: str, port: int | None) -> str:
    """Return `host:port`, an IPv6 address in its brackets; the port only where there is one."""
    shown = f"[{host}]" if ":" in host else host
    return shown if port is None else f"{shown}:{port}"


def join_origin(scheme: str, host: str, port: int | None) -> str:
    """Return an origin as browsers write it (RFC 6454, 6.2)."""
    kept = None if port == DEFAULT_PORTS.get(scheme) else port
    return f"{scheme}://{join_netloc(host, kept)}"


@lru_cache(maxsize=1024)
def clean_origin(text: str) -> str | None:
    """Return scheme, host and port of an http or https address in the one spelling; None: it is no origin.

    A slash at the end does not matter; a path, a query or somebody's name makes it no origin.
    """
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    place = split_netloc(parts.netloc)
    if parts.scheme not in DEFAULT_PORTS or place is None:
        return None
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        return None
    return join_origin(parts.scheme, *place)


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine's own, wherever it is asked."""
    try:
        found = ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    # An address of IPv4 in the words of IPv6 is that one; Python says so itself from 3.13 on.
    inside = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return (inside or found).is_loopback


def is_nearby(host: str) -> bool:
    """Return whether a host is an address, or a name without a dot, which no DNS of somebody else's answers for."""
    return host != "" and ("." not in host or _address(host) is not None)


def _address(text: str) -> str | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.scope_id:
        return None
    return found.compressed
