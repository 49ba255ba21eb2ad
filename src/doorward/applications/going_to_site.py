"""A page of a site that somebody is on the way to, by way of the portal: sealed, so that nothing of it is changed."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from doorward.applications import sealed_for_browser, visits
from doorward.kernel.clock_set_back import lasts

PARAMETER: Final = "for"
START: Final = "/forward-auth/start/"
# What comes back from a step by an address; to a longer one `safe_next` would not lead.
_LONGEST_ADDRESS: Final = 1900


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
        return sealed_for_browser.seal(json.dumps(said).encode(), sealed_for_browser.OF_SITE)

    def address(self) -> str:
        """Return the address of ours at which it goes on; a path that is too long for it is left out."""
        address = f"{START}?{urlencode({PARAMETER: self.packed()})}"
        if len(address) > _LONGEST_ADDRESS:
            return replace(self, path="/").address()
        return address


def unpack(packed: str, *, now: datetime) -> Wanted | None:
    """Return what an address carries; None: nothing of ours, or for too long."""
    try:
        plain = sealed_for_browser.unseal(packed, sealed_for_browser.OF_SITE)
    except sealed_for_browser.NotOurs:
        return None
    said = json.loads(plain)
    at = datetime.fromtimestamp(said["at"], UTC)
    if not lasts(at, visits.BEGUN_LASTS, now=now):
        return None
    state = bytes.fromhex(said["state"])
    return Wanted(UUID(said["site"]), state, said["path"], at, again=said["again"])
