"""The request that a proxy asks about, as the proxy says it: believed of a trusted one alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from doorward.applications import rules
from doorward.kernel.host_spelling import join_origin, split_netloc
from doorward.web.http.addresses import is_from_proxy

if TYPE_CHECKING:
    from doorward.web.http.requests import Request

# Traefik names a WebSocket by the scheme of its address.
_SCHEMES: Final = {"https": "https", "http": "http", "wss": "https", "ws": "http"}
_READING: Final = frozenset({"GET", "HEAD"})


class Unsaid(Exception):
    """Nobody who is believed says which request it is."""


@dataclass(frozen=True, slots=True)
class Original:
    """A request to a site. `path`: with its query, as it came; "/" where nobody can be led back to it."""

    origin: str
    path: str
    method: str
    is_navigation: bool

    @property
    def address(self) -> str:
        """Return the whole address: behind the site's own origin, whatever the path is."""
        return f"{self.origin}{self.path}"

    @property
    def is_by_a_person(self) -> bool:
        """Whether somebody did something: opened a page, or sent something."""
        return self.is_navigation or self.method not in _READING


def read(request: Request) -> Original:
    """Return the request that is asked about. Raises `Unsaid`.

    Two headers of the same name are one with a comma, which is no host.
    """
    meta = request.META
    scheme = _SCHEMES.get(meta.get("HTTP_X_FORWARDED_PROTO", "").strip().lower())
    place = split_netloc(meta.get("HTTP_X_FORWARDED_HOST", "").strip())
    if scheme is None or place is None or not is_from_proxy(meta):
        raise Unsaid
    method = meta.get("HTTP_X_FORWARDED_METHOD", "GET")
    path = meta.get("HTTP_X_FORWARDED_URI", "/")
    return Original(
        origin=join_origin(scheme, *place),
        # What was sent is not sent again.
        path=path if method in _READING and rules.is_wanted_path(path) else "/",
        method=method,
        is_navigation=_is_navigation(request),
    )


def _is_navigation(request: Request) -> bool:
    """Return whether a browser opens a page, and can be led elsewhere (Fetch Metadata, 2.2); old ones want HTML."""
    mode = request.META.get("HTTP_SEC_FETCH_MODE")
    if mode is not None:
        return bool(mode == "navigate")
    return "text/html" in request.META.get("HTTP_ACCEPT", "")
