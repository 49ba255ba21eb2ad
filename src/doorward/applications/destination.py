"""What an address of ours leads on to: the application, or the site, whose request was looked at and sealed here.

A request as it comes, which nobody has looked at yet, has no seal, and says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from doorward.applications import going_to_site, redirect_addresses, resuming, sites
from doorward.applications.models import Application, ClientType
from doorward.kernel.db.one_row import one_or_none

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from doorward.customers.models import Tab


@dataclass(frozen=True, slots=True)
class Destination:
    """The tab that is behind an address, and the host name that its people come from and go back to.

    `host`: empty where they go to their own device.
    """

    tab: Tab
    host: str


def of(address: str, *, now: datetime) -> Destination | None:
    """Return what an address of ours leads on to; None: to a page of ours, to what is gone, or it was too long ago."""
    if not address.startswith((f"{resuming.PATH}?", f"{going_to_site.START}?")):
        return None
    parts = urlsplit(address)
    sent = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if parts.path == resuming.PATH:
        return _of_application(sent, now=now)
    wanted = going_to_site.unpack(sent.get(going_to_site.PARAMETER, ""), now=now)
    site = sites.with_id(wanted.site_id) if wanted else None
    return Destination(site.tab, urlsplit(site.origin).hostname or "") if site else None


def _of_application(sent: Mapping[str, str], *, now: datetime) -> Destination | None:
    begun = resuming.resume(sent.get(resuming.PARAMETER, ""), now=now)
    if begun is None:
        return None
    rows = Application.objects.select_related("tab")
    found = one_or_none(rows.filter(client_id=begun.parameters.get("client_id", "")))
    redirect = begun.parameters.get("redirect_uri", "")
    if found is None or not redirect_addresses.is_one_of(
        found.redirect_uris, redirect, public=found.client_type == ClientType.PUBLIC
    ):
        # It is gone, or has another address since.
        return None
    parts = urlsplit(redirect)
    host = parts.hostname or "" if parts.scheme == "https" else ""
    return Destination(found.tab, host)
