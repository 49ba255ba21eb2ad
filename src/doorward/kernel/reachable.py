"""Which addresses Doorward itself may ask for: those of the internet, and none behind it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

# RFC 4291, 2.4: what the internet routes. Within it, what only carries an address of the other family.
_ROUTED: Final = IPv6Network("2000::/3")
_CARRIERS: Final = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))


def is_public(text: str) -> bool:
    """Return whether an IP address is one of the internet: not of this machine, an inner network or a special use.

    An IPv6 address that carries an IPv4 address (mapped, translated, tunnelled) is none: it would lead past this look.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return isinstance(address, IPv4Address) or _is_plain(address)


def _is_plain(address: IPv6Address) -> bool:
    return address in _ROUTED and not any(address in network for network in _CARRIERS)
