"""The address at which a request goes on after a step: all of it, sealed, so that nothing of it is changed on the way.

A request keeps its id, whichever steps come between, and is answered once.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

from doorward.applications import sealed_for_browser
from doorward.kernel.clock_set_back import lasts

if TYPE_CHECKING:
    from collections.abc import Mapping

PARAMETER: Final = "continue"
PATH: Final = "/oidc/authorize/"
# As long as a sign-in may take before it counts as left (`sessions.ending.ABANDONED_AFTER`).
WAITS: Final = timedelta(minutes=30)
# More than the longest parameters make, each letter written as six.
_MOST_BYTES: Final = 65536


@dataclass(frozen=True, slots=True)
class Begun:
    """A request that was begun at a moment. `again`: it comes back from a step, by one of our own pages."""

    id: UUID
    at: datetime
    parameters: Mapping[str, str]
    again: bool = False

    def address(self) -> str:
        """Return the address of ours at which it goes on."""
        said = {"id": str(self.id), "at": self.at.timestamp(), "asked": dict(self.parameters)}
        packed = sealed_for_browser.seal(zlib.compress(json.dumps(said).encode(), 9))
        return f"{PATH}?{urlencode({PARAMETER: packed})}"

    def for_anybody(self) -> Begun:
        """Return the same request without a word of who is expected."""
        kept = {name: value for name, value in self.parameters.items() if name != "login_hint"}
        return replace(self, parameters=kept)


def begin(parameters: Mapping[str, str], *, now: datetime) -> Begun:
    """Return a request as it came."""
    return Begun(uuid4(), now, parameters)


def resume(packed: str, *, now: datetime) -> Begun | None:
    """Return the request that an address of ours carries; None: it carries none, or for too long."""
    try:
        plain = sealed_for_browser.unseal(packed)
    except sealed_for_browser.NotOurs:
        return None
    said = json.loads(zlib.decompressobj().decompress(plain, _MOST_BYTES))
    at = datetime.fromtimestamp(said["at"], UTC)
    if not lasts(at, WAITS, now=now):
        return None
    return Begun(UUID(said["id"]), at, said["asked"], again=True)
