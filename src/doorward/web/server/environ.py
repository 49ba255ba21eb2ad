"""A request as granian gives it (RSGI), in the words that Django's handler reads (PEP 3333)."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from granian.rsgi import Headers, Scope

_ALWAYS: Final[dict[str, Any]] = {
    "SCRIPT_NAME": "",
    "CONTENT_LENGTH": "",
    "CONTENT_TYPE": "",
    "wsgi.version": (1, 0),
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}
# Cookies may not be joined by commas (RFC 6265, 5.4).
_JOINED_BY: Final = {"HTTP_COOKIE": ";"}
# Of names there are as many as a sender likes.
_NAMES_KEPT: Final = 512


def environ_of(scope: Scope) -> dict[str, Any]:
    """Return the environment of a request; what a header says twice is joined.

    A header whose name has an underscore is left out: it would be taken for the one that proxies
    write with a hyphen, and some proxies pass it on as it came.
    """
    host, _, port = scope.server.rpartition(":")
    # Each look at the scope's own makes a copy.
    headers = scope.headers
    items = headers.items()
    environ = {
        **_ALWAYS,
        "REQUEST_METHOD": scope.method,
        # The bytes of UTF-8, each as one character.
        "PATH_INFO": scope.path.encode(errors="replace").decode("latin-1"),
        "QUERY_STRING": scope.query_string.encode(errors="replace").decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": host.strip("[]"),
        "SERVER_PORT": port,
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "HTTP_HOST": scope.authority or "",
        **dict.fromkeys(_unreadable(headers, items), ""),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
    }
    seen = set()
    for name, value in items:
        key = _key(name)
        if key is None:
            continue
        environ[key] = f"{environ[key]}{_JOINED_BY.get(key, ',')}{value}" if key in seen else value
        seen.add(key)
    return environ


def _unreadable(headers: Headers, items: list[tuple[str, str]]) -> list[str]:
    """Return the keys of headers that are there, but whose values are more than ASCII: nobody may miss them."""
    there = headers.keys()
    readable = {name for name, _ in items}
    if len(readable) == len(there):
        return []
    keys = (_key(name) for name in there if name not in readable)
    return [key for key in keys if key is not None]


@lru_cache(_NAMES_KEPT)
def _key(name: str) -> str | None:
    if "_" in name:
        return None
    key = name.upper().replace("-", "_")
    return key if key in {"CONTENT_LENGTH", "CONTENT_TYPE"} else f"HTTP_{key}"
