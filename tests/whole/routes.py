"""Every address of the site, found by walking the site map: a new page is in every test at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import URLPattern, URLResolver, get_resolver

from doorward.web.http.needs import Declaration, declared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
TOKEN = "A" * 43
# What applications post to: they say themselves who they are, and no cookie counts there; or it only leads on.
# Proxies ask, whatever the method is.
OF_APPLICATIONS = frozenset(
    [
        *(
            f"oidc/{what}/"
            for what in ("authorize", "par", "token", "userinfo", "introspect", "revoke", "logout")
        ),
        "forward-auth/",
    ]
)
# What a browser asks by itself: without its headers, which no form has, nothing is done.
OF_DEVICES = frozenset(["session/device/", "session/device/renew/"])
NOBODY = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Route:
    """One address, with its view and what the view declares."""

    pattern: str
    view: Callable[..., Any]
    arguments: tuple[str, ...]

    @property
    def declaration(self) -> Declaration | None:
        return declared(self.view)

    def path(self, **values: str) -> str:
        """Return an address to ask for; what is not named becomes somebody who is not there."""
        path = f"/{self.pattern}"
        for name in self.arguments:
            for kind in ("uuid", "str", "slug", "path", "int"):
                sample = {"str": TOKEN, "int": "1", "slug": "two-factor", "path": "x"}
                value = values.get(name, sample.get(kind, NOBODY))
                path = path.replace(f"<{kind}:{name}>", value)
        return path


def walk() -> list[Route]:
    """Return all routes, sorted by their pattern."""
    return sorted(_routes(get_resolver().url_patterns, ""), key=lambda route: route.pattern)


def _routes(patterns: list[Any], prefix: str) -> Iterator[Route]:
    for entry in patterns:
        text = f"{prefix}{entry.pattern}"
        if isinstance(entry, URLResolver):
            yield from _routes(entry.url_patterns, text)
        elif isinstance(entry, URLPattern):
            yield Route(text, entry.callback, tuple(entry.pattern.converters))


ROUTES = walk()


def is_open(route: Route) -> bool:
    """Return whether an address is open to everybody."""
    need = route.declaration.need if route.declaration else None
    return need is not None and need.open
