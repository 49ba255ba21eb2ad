"""What goes with a browser from a site to the portal and back: sealed, so that nothing of it is changed on the way."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from doorward.applications import carried, visits
from doorward.kernel.moments import lasts
from doorward.web.http import cookies

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request

PARAMETER: Final = "for"
START: Final = "/forward-auth/start/"
SIGN_IN: Final = "/.doorward/sign-in/"
# What comes back from a step by an address; to a longer one `safe_next` would not lead.
_LONGEST_ADDRESS: Final = 1900
# 256 bits as they are written (`visits.new_secret`): nothing else is looked up.
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page of a site, wanted by the browser with this state, since a moment. `again`: it comes back from a step."""

    site_id: UUID
    state: bytes
    path: str
    at: datetime
    again: bool = False

    def packed(self) -> str:
        """Return it sealed, for an address."""
        said = {
            "site": str(self.site_id),
            "state": self.state.hex(),
            "path": self.path,
            "at": self.at.timestamp(),
            "again": self.again,
        }
        sealed = carried.seal(json.dumps(said).encode(), carried.OF_SITE)
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def address(self) -> str:
        """Return the address of ours at which it goes on; a path that is too long for it is left out."""
        address = f"{START}?{urlencode({PARAMETER: self.packed()})}"
        if len(address) > _LONGEST_ADDRESS:
            return replace(self, path="/").address()
        return address


def unpack(packed: str, *, now: datetime) -> Wanted | None:
    """Return what an address carries; None: nothing of ours, or for too long."""
    try:
        padded = packed.encode("ascii") + b"=" * (-len(packed) % 4)
        plain = carried.unseal(base64.urlsafe_b64decode(padded), carried.OF_SITE)
    except (ValueError, carried.NotOurs):
        return None
    said = json.loads(plain)
    at = datetime.fromtimestamp(said["at"], UTC)
    if not lasts(at, visits.BEGUN_LASTS, now=now):
        return None
    state = bytes.fromhex(said["state"])
    return Wanted(UUID(said["site"]), state, said["path"], at, again=said["again"])


def cookie_of(request: Request, origin: str) -> str:
    """Return the cookie that a browser has of a site; empty: none that could be ours."""
    return _brought(request, _name("site", origin))


def state_of(request: Request, origin: str) -> str:
    """Return by what the browser is known that began at a site; empty: it did not."""
    return _brought(request, _name("begun", origin))


def keep_cookie(response: HttpResponse, origin: str, cookie: str) -> HttpResponse:
    """Let a browser keep the cookie of a site, for the host of that site alone.

    The one by which it began stays: another window of it may have begun as well.
    """
    return cookies.put(response, _name("site", origin), cookie, secure=_is_secure(origin))


def keep_state(response: HttpResponse, origin: str, state: str) -> HttpResponse:
    """Let a browser be known as the one that began, for as long as signing in may take."""
    seconds = int(visits.BEGUN_LASTS.total_seconds())
    return cookies.put(
        response, _name("begun", origin), state, max_age=seconds, secure=_is_secure(origin)
    )


def drop_cookie(response: HttpResponse, origin: str) -> HttpResponse:
    """Take the cookie of a site out of the browser."""
    return cookies.drop(response, _name("site", origin))


def _brought(request: Request, name: str) -> str:
    value: str = request.COOKIES.get(name, "")
    return value if _SECRET.fullmatch(value) else ""


def _name(what: str, origin: str) -> str:
    """Return what a cookie is called at a site: `__Host-` keeps sibling hosts from setting it (RFC 6265bis, 4.1.3)."""
    if _is_secure(origin):
        return f"__Host-doorward-{what}"
    # This very machine; browsers do not tell cookies apart by port.
    return f"doorward-{what}-{urlsplit(origin).port or 80}"


def _is_secure(origin: str) -> bool:
    return origin.startswith("https://")
