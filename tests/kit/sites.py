"""Sites behind tabs, and a proxy in front of one as far as the portal sees it, through Django's own test client."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.test import Client
from django.utils import timezone

from doorward.applications import sites
from doorward.audit.actor import CONSOLE
from tests.kit.applications import make_tab

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doorward.applications.models import Site

    Given = Mapping[str, str | None]

ORIGIN = "https://wiki.example"
TAB = "wiki"
# What a browser says that opens a page.
OPENS = {"Sec-Fetch-Mode": "navigate", "Accept": "text/html"}


def believe(settings: Any, network: str = "127.0.0.0/8") -> None:
    """Let what is said by whoever connects from there be believed."""
    settings.DOORWARD = settings.DOORWARD.model_copy(
        update={"trusted_proxies": (ip_network(network),)}
    )


def make_site(origin: str = ORIGIN, key: str = TAB, required_acr: str = "") -> Site:
    details = sites.SiteDetails(origin=origin, required_acr=required_acr)
    return sites.add(make_tab(key).id, details, actor=CONSOLE, now=timezone.now())


class AtSite:
    """A browser at a site: its cookies there are others than at the portal (`portal`: the same browser's there)."""

    def __init__(self, portal: Client | None = None, origin: str = ORIGIN) -> None:
        self.portal, self.origin = portal or Client(), origin
        self.site = Client()

    def ask(
        self,
        path: str = "/",
        *,
        answer: str = "",
        method: str = "GET",
        headers: Given | None = None,
    ):
        """Ask as a proxy does before it passes a request on."""
        given = self._forwarded(path, method) | OPENS | dict(headers or {})
        given = {name: value for name, value in given.items() if value is not None}
        query = {"answer": answer} if answer else {}
        return self.site.get("/forward-auth/", query, headers=given)

    def at(self, address: str, headers: Given | None = None):
        """Open an address at the site that the proxy passes on to the portal."""
        path = address.removeprefix(self.origin)
        given = self._forwarded(path, "GET") | OPENS | dict(headers or {})
        return self.site.get(path, headers=given)

    def lead(self, path: str = "/"):
        """Return the portal's answer to a browser that was led there from the site."""
        return self.portal.get(self.to_portal(path))

    def to_portal(self, path: str = "/") -> str:
        address = self.ask(path)["Location"]
        parts = urlsplit(address)
        return f"{parts.path}?{parts.query}"

    def sign_in(self, path: str = "/"):
        """Go the whole way of somebody who has a session at the portal; return the last answer."""
        led = self.lead(path)
        assert led.status_code == 303, led.content.decode()
        return self.at(led["Location"])

    def _forwarded(self, path: str, method: str) -> dict[str, str]:
        parts = urlsplit(self.origin)
        return {
            "X-Forwarded-For": "192.0.2.7",
            "X-Forwarded-Proto": parts.scheme,
            "X-Forwarded-Host": parts.netloc,
            "X-Forwarded-Uri": path,
            "X-Forwarded-Method": method,
        }
