"""The address of the portal from which links are made: a brand's first confirmed host, never what a request says."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings


def of(hosts: tuple[str, ...], path: str) -> str:
    """Return the whole address of a path. `hosts`: those of a brand that are used; none: the public address."""
    public = urlsplit(settings.DOORWARD.origin)
    if not hosts or hosts[0] == public.hostname:
        return f"{settings.DOORWARD.origin}{path}"
    port = f":{public.port}" if public.port else ""
    return f"{public.scheme}://{hosts[0]}{port}{path}"
