"""Who acts, and from where: what every service is told and every event keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.core.why import Why


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from: address, the browser's own words (User-Agent), request id.

    `host`: the name under which it asked for the portal.
    """

    address: str = ""
    browser: str = ""
    request_id: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class Who:
    """A person as history names them: the names are copied, so that they stay when people go."""

    id: UUID
    name: str
    customer_id: UUID
    customer_name: str


@dataclass(frozen=True, slots=True)
class By:
    """Who does it (None: nobody signed in, or the operator at the console) and from where.

    `why`: the reason for which a step of signing in, or a fresh proof, asked for it.
    """

    who: Who | None
    origin: Origin
    session_id: UUID | None = None
    why: Why | None = None


CONSOLE = By(who=None, origin=Origin(browser="console"))
WORKER = By(who=None, origin=Origin(browser="worker"))
