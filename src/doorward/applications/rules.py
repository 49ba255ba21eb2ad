"""Which addresses, words and keys an application may have: pure."""

from __future__ import annotations

import base64
import json
import re
from typing import Final
from urllib.parse import urlsplit

from doorward.kernel.host_spelling import clean_origin, is_loopback, split_netloc

# In the order of OpenID Connect Core, 5.4, then our own two.
SCOPES: Final = ("openid", "profile", "email", "phone", "customer", "tabs")
FIRST_SCOPES: Final = ("openid", "profile", "email")

LONGEST_ADDRESS: Final = 300
LONGEST_PATH: Final = 1000
MOST_ADDRESSES: Final = 10
MOST_SECRETS: Final = 2
MOST_KEYS: Final = 5

# RFC 3986, 2: nothing else stands in an address; no fragment (RFC 6749, 3.1.2), no wildcard.
_ADDRESS: Final = re.compile(r"https?://[A-Za-z0-9\-._~:/?\[\]@!$&'()+,;=%]+")
# As it stands in a request line; no fragment does.
_PATH: Final = re.compile(r"/[!\"$-\[\]-~]*")
_RSA_BITS: Final = 2048
_PRIVATE_PARTS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
# Of what a client signs with; one with a shared secret is none of these.
CLIENT_ALGORITHMS: Final = ("RS256", "ES256", "PS256")


def is_web_address(address: str) -> bool:
    """Return whether it is a whole https address without user or fragment; http only of this very machine."""
    if len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    # A name that nobody can have stands in no header, and nobody is asked for it.
    place = split_netloc(parts.netloc)
    return place is not None and (parts.scheme == "https" or is_loopback(place[0]))


def site_origin(address: str) -> str | None:
    """Return the one spelling of where a site is: https, or http of this very machine; None: it is no such place."""
    origin = clean_origin(address)
    if origin is None or len(origin) > LONGEST_ADDRESS:
        return None
    parts = urlsplit(origin)
    return origin if parts.scheme == "https" or is_loopback(parts.hostname or "") else None


def is_wanted_path(path: str) -> bool:
    """Return whether somebody may be led back to it at its site: a path and a query of letters that need no care.

    What it means there is the site's own matter: it comes after the site's address, and stays there.
    """
    return len(path) <= LONGEST_PATH and _PATH.fullmatch(path) is not None


def is_public_key(key: object) -> bool:
    """Return whether it is a public key of a client (RFC 7517), with nothing private in it, EC or RSA.

    One of RSA has 2048 bits or more (RFC 7518, 3.3).
    """
    if not isinstance(key, dict) or not _PRIVATE_PARTS.isdisjoint(key):
        return False
    # A NUL, or half a letter: PostgreSQL keeps none in JSON, and no key needs one.
    if "\\u" in json.dumps(key):
        return False
    return key.get("kty") == "EC" or (key.get("kty") == "RSA" and _bits(key.get("n")) >= _RSA_BITS)


def _bits(text: object) -> int:
    """Return how long a number is that a key has (RFC 7518, 2); 0: it is none."""
    if not isinstance(text, str):
        return 0
    try:
        value = base64.urlsafe_b64decode(f"{text}{'=' * (-len(text) % 4)}")
    except ValueError:
        return 0
    return int.from_bytes(value).bit_length()
