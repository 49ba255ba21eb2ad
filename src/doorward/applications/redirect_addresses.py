"""Where an application's answers may go, and how the address that is asked for is compared with its own: pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from doorward.applications.rules import LONGEST_ADDRESS, is_web_address

if TYPE_CHECKING:
    from collections.abc import Iterable

# What a phone's own application takes (RFC 8252, 7.1): a name turned around, so that it is somebody's.
_OWN_SCHEME: Final = re.compile(r"[a-z][a-z0-9+\-]*(\.[a-z0-9+\-]+)+:/[A-Za-z0-9\-._~/]*")
# Where an application on the person's own machine listens, on whichever port was free (RFC 8252, 7.3).
_LOOPBACK: Final = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(/.*)?")


def is_redirect(address: str, *, public: bool) -> bool:
    """Return whether people may be sent there with a code: https, or this very machine (RFC 8252, 7.3).

    `public`: it cannot keep a secret, and may have a scheme of its own.
    """
    if public and len(address) <= LONGEST_ADDRESS and _OWN_SCHEME.fullmatch(address):
        return True
    return is_web_address(address)


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
