"""Where a request came from: one address or none, and whether a trusted proxy says https."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.http import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from ipaddress import IPv4Address, IPv6Address

# Some proxies write `192.0.2.1:4711` and `[2001:db8::1]:4711`.
_WITH_PORT: Final = re.compile(
    r"\[(?P<six>[0-9A-Fa-f:.]+)\](:[0-9]{1,5})?|(?P<four>[0-9.]+):[0-9]{1,5}"
)


def sender_of(meta: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the address that a request came from ('': none that can be read), and whether it was by https.

    Of X-Forwarded-For the last address that is not a trusted proxy's counts: what stands before
    it, anybody can write.
    """
    nearest = parse_address(meta.get("REMOTE_ADDR", ""))
    if nearest is None or not _is_proxy(nearest):
        return str(nearest or ""), False
    secure = meta.get("HTTP_X_FORWARDED_PROTO", "").strip().lower() == "https"
    for text in reversed(meta.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        hop = _parse_hop(text.strip(" \t"))
        if hop is None:
            break
        nearest = hop
        if not _is_proxy(hop):
            break
    return str(nearest), secure


def refuse_sender(meta: Mapping[str, Any]) -> HttpResponse | None:
    """Return 400 where a trusted proxy has passed on an X-Forwarded-For of which nothing can be read, else None.

    Its sender has put more than ASCII there, and the proxy has added the address that counts: it would pass for
    a request of the proxy's own.
    """
    if meta.get("HTTP_X_FORWARDED_FOR", "-").strip() or not is_from_proxy(meta):
        return None
    text = "The request does not say where it comes from.\n"
    return HttpResponse(text, status=400, content_type="text/plain; charset=utf-8")


def is_from_proxy(meta: Mapping[str, Any]) -> bool:
    """Return whether whoever has connected is a trusted proxy: what it says of a request is believed."""
    nearest = parse_address(meta.get("REMOTE_ADDR", ""))
    return nearest is not None and _is_proxy(nearest)


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a text is, all of it, or None; an IPv4 address written as IPv6 is one of IPv4."""
    # A zone (`fe80::1%eth0`) is a name on the machine that says it, and may be any text.
    if "%" in text:
        return None
    try:
        parsed = ip_address(text)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _parse_hop(text: str) -> IPv4Address | IPv6Address | None:
    written = _WITH_PORT.fullmatch(text)
    return parse_address((written["six"] or written["four"]) if written else text)


def _is_proxy(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in settings.DOORWARD.trusted_proxies)
