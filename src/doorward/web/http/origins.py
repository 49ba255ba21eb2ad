"""Where a request believes to be: the public address and the brands' hosts count, whatever a proxy makes of `Host`.

A proxy that ends TLS on another port often leaves the port out of `Host`, or says its own name for us.
So Django is given the one spelling of the origin that people use, and of the origin of a form that
stood on one of our pages; a form from anywhere else keeps what it says, and is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings

from doorward.customers.cached import all_hosts
from doorward.kernel.host_spelling import clean_origin, is_loopback, join_origin, split_netloc
from doorward.kernel.text.cleaning import safe_next

if TYPE_CHECKING:
    from django.http import HttpRequest

    from doorward.web.http.requests import Request

# For a Host header that is no name: nothing that is shown follows from it.
_NOWHERE = ("localhost", None)
_READING = frozenset({"GET", "HEAD"})


def settle(request: Request) -> None:
    """Set `request.host` (empty: the header is missing, or no name) and have Django see the one spelling."""
    # Without the header, as before HTTP/1.1, what the server calls itself.
    named = request.META.get("HTTP_HOST", request.META.get("SERVER_NAME", ""))
    place = split_netloc(named)
    request.host = place[0] if place else ""
    given = place or _NOWHERE
    origin = _origin_of(request, *given)
    request.META["HTTP_HOST"] = origin.partition("://")[2]
    request.page_origin = origin
    request.form_at = ""
    if request.method not in _READING:
        _settle_form(request, {origin}, given)


def _origin_of(request: HttpRequest, host: str, port: int | None) -> str:
    """Return the origin that a page at this host and port has for a browser."""
    public = urlsplit(settings.DOORWARD.public_url)
    if not public.hostname:
        return join_origin(request.scheme or "http", host, port)
    if host == public.hostname:
        return join_origin(public.scheme, host, public.port)
    if is_loopback(host):
        # Here is a proxy that keeps the name to itself, unless loopback is how people reach it.
        here = is_loopback(public.hostname)
        return join_origin(public.scheme, host, port) if here else settings.DOORWARD.public_url
    return join_origin(public.scheme, host, public.port)


def _also(request: HttpRequest, host: str, port: int | None) -> set[str]:
    """Return what else is our own for a form that comes to loopback: its address there, and the brands'."""
    if not is_loopback(host):
        return set()
    public = urlsplit(settings.DOORWARD.origin)
    brands = {join_origin(public.scheme, name, public.port) for name in all_hosts()}
    return brands | {join_origin(request.scheme or "http", host, port)}


def _settle_form(request: Request, own: set[str], place: tuple[str, int | None]) -> None:
    """Write the origin of a form that stood on a page of ours as Django compares it."""
    here = f"{request.scheme}://{request.META['HTTP_HOST']}"
    said = {
        "HTTP_ORIGIN": clean_origin(request.META.get("HTTP_ORIGIN", "")),
        "HTTP_REFERER": _origin_in(request.META.get("HTTP_REFERER", "")),
    }
    if not any(said.values()):
        return
    if not own.issuperset(filter(None, said.values())):
        own |= _also(request, *place)
    # The scheme is https where a proxy that is trusted says so, whatever the public address says.
    own |= {f"{request.scheme}://{one.partition('://')[2]}" for one in own}
    if said["HTTP_REFERER"] in own:
        request.form_at = _path_in(request.META["HTTP_REFERER"])
    for name, origin in said.items():
        if origin in own:
            request.META[name] = here if name == "HTTP_ORIGIN" else f"{here}/"


def _path_in(address: str) -> str:
    """Return where on this site a form stood; empty where that is no address to lead back to."""
    parts = urlsplit(address)
    return safe_next(f"{parts.path}?{parts.query}" if parts.query else parts.path) or ""


def _origin_in(address: str) -> str | None:
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return clean_origin(f"{parts.scheme}://{parts.netloc}")
