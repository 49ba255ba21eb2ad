"""Whether sites behind the portal's sign-in can be answered for: who asks is believed, and they are none of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from doorward.applications import sites
from doorward.customers import cached
from doorward.operations.checks.finding import Finding, fine, unfit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward.environment.fields import Environment


def look(environment: Environment) -> Iterator[Finding]:
    """Return a finding where there are sites."""
    found = {site.origin: urlsplit(site.origin).hostname for site in sites.all_of_them()}
    if not found:
        return
    ours = {*cached.all_hosts(), urlsplit(environment.origin).hostname}
    if shared := [origin for origin, host in found.items() if host in ours]:
        yield unfit(
            "sites",
            f"The portal has the host name of the site {shared[0]}: the two share their cookies.",
            "Give the site a host name of its own (its tab's page, or `doorward sites`).",
        )
    elif not environment.trusted_proxies:
        yield unfit(
            "sites",
            "There are sites behind the sign-in, and no proxy is trusted: nobody is let through to them.",
            "Set DOORWARD_TRUSTED_PROXIES to the address that the proxy asks from.",
        )
    else:
        yield fine(
            "sites", f"Sites behind the sign-in: {len(found)}. Trusted proxies ask for them."
        )
