"""Where passkeys can be made at all: under which names of a portal, and in which browsers."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from doorward.audit import browser_patterns
from doorward.kernel.host_spelling import is_loopback

if TYPE_CHECKING:
    from doorward.customers.brand_look import BrandLook

# The first version with WebAuthn, by the name that the browser gives itself (caniuse.com/webauthn); 0: none has it.
_FIRST: Final = {
    "Chrome": 67,
    "Chrome Mobile": 70,
    "Edge": 18,
    "Firefox": 60,
    "Firefox Mobile": 92,
    "IE": 0,
    "Mobile Safari": 14,
    "Opera": 54,
    "Opera Mini": 0,
    "Safari": 14,
    "Samsung Internet": 17,
}


def are_possible(brand: BrandLook) -> bool:
    """Return whether people of this brand can make passkeys: browsers want a name, and https or this machine."""
    origin = urlsplit(brand.address(""))
    host = origin.hostname or ""
    return (origin.scheme == "https" or is_loopback(host)) and not is_number(host)


@lru_cache(maxsize=64)
def is_number(host: str) -> bool:
    """Return whether this is an address in numbers, for which no passkey can be made."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=2048)
def browser_makes_them(user_agent: str) -> bool:
    """Return whether a browser knows passkeys, as far as it says what it is; of one that is not known, yes."""
    found = browser_patterns.browsers().find(user_agent)
    if found is None or found.family not in _FIRST:
        return True
    first, version = _FIRST[found.family], found.major
    return first > 0 and (not version.isdigit() or int(version) >= first)
