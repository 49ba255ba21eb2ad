"""The cookies of a site's own host: by which a browser is known that began, and by which it is signed in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from doorward.applications import visits
from doorward.web.http import cookies

if TYPE_CHECKING:
    from django.http import HttpResponse

    from doorward.web.http.requests import Request

# 256 bits as they are written (`visits.new_secret`): nothing else is looked up.
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")


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
