"""Which addresses, words and keys an application may have: pure."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from doorward.kernel.hosts import clean_origin, is_loopback, split_netloc

if TYPE_CHECKING:
    from collections.abc import Iterable

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
# What a phone's own application takes (RFC 8252, 7.1): a name turned around, so that it is somebody's.
_OWN_SCHEME: Final = re.compile(r"[a-z][a-z0-9+\-]*(\.[a-z0-9+\-]+)+:/[A-Za-z0-9\-._~/]*")
# Where an application on the person's own machine listens, on whichever port was free (RFC 8252, 7.3).
_LOOPBACK: Final = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(/.*)?")
# As it stands in a request line; no fragment does.
_PATH: Final = re.compile(r"/[!\"$-\[\]-~]*")
_RSA_BITS: Final = 2048
_PRIVATE_PARTS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
# Of what a client signs with; one with a shared secret is none of these.
CLIENT_ALGORITHMS: Final = ("RS256", "ES256", "PS256")


def is_redirect(address: str, *, public: bool) -> bool:
    """Return whether people may be sent there with a code: https, or this very machine (RFC 8252, 7.3).

    `public`: it cannot keep a secret, and may have a scheme of its own.
    """
    if public and len(address) <= LONGEST_ADDRESS and _OWN_SCHEME.fullmatch(address):
        return True
    return is_web_address(address)


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


def is_same_redirect(registered: str, asked: str, *, public: bool) -> bool:
    """Return whether an answer goes to one of an application's addresses: letter by letter (RFC 9700, 2.1).

    `public`: at 127.0.0.1 and [::1] the port may be another, since such an application takes what is free.
    """
    if registered == asked:
        return True
    one, other = _LOOPBACK.fullmatch(registered), _LOOPBACK.fullmatch(asked)
    alike = bool(public and one and other and one.groups() == other.groups())
    # A port that there is none of is no address that anybody could be sent to.
    return alike and is_web_address(asked)


def is_one_of(registered: Iterable[str], asked: str, *, public: bool) -> bool:
    """Return whether an answer goes to one of an application's addresses (`is_same_redirect`)."""
    return any(is_same_redirect(one, asked, public=public) for one in registered)


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
