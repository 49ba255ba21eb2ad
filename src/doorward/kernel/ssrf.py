"""Which addresses Doorward itself may ask for: those of the internet, and none behind it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

# RFC 4291, 2.4: what the internet routes.
_ROUTED: Final = IPv6Network("2000::/3")
# Within what is routed, and as good as inside. Python's own list (IANA's) follows its releases, and has no clouds.
_INSIDE: Final = (
    # What a cloud answers its own machines at: Azure; Oracle's and others' are in special or link-local networks.
    IPv4Network("168.63.129.16/32"),
    # RFC 6598 (a provider's own, Alibaba's metadata), RFC 6890 (special uses), RFC 7526 (6to4), RFC 7534 and 7535
    # (AS112), RFC 7450 (multicast relays).
    IPv4Network("100.64.0.0/10"),
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("192.31.196.0/24"),
    IPv4Network("192.52.193.0/24"),
    IPv4Network("192.175.48.0/24"),
    # RFC 2928 (special uses, Teredo among them), RFC 3056 (6to4), RFC 3849 and 9637 (examples), RFC 7534 (AS112).
    IPv6Network("2001::/23"),
    IPv6Network("2002::/16"),
    IPv6Network("2001:db8::/32"),
    IPv6Network("3fff::/20"),
    IPv6Network("2620:4f:8000::/48"),
)
# RFC 5214, 6.1: the middle of an ISATAP address, before the IPv4 address that it carries. RFC 6052's well-known prefix
# is not routed; one that a network chose for itself looks like any other.
_CARRIES: Final = frozenset({0x00005EFE, 0x02005EFE})


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
    if any(address in network for network in _INSIDE if network.version == address.version):
        return False
    return isinstance(address, IPv4Address) or _is_plain(address)


def _is_plain(address: IPv6Address) -> bool:
    if address.scope_id is not None or address not in _ROUTED:
        return False
    return int(address) >> 32 & 0xFFFFFFFF not in _CARRIES
