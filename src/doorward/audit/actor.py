"""Who acts, and from where: what every service is told and every event keeps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.audit.reason import Why


class ActorType(StrEnum):
    """Who acts. Stored values never change their meaning, and nothing that is sent to us becomes one."""

    PERSON = "person"
    # Nobody who is signed in: a browser, or whatever says that it is one.
    STRANGER = "stranger"
    # At the command line of the server.
    OPERATOR = "operator"
    # The background work.
    PORTAL = "portal"


# Who acts without a browser, so that nothing in the event was sent by anybody.
WITHOUT_BROWSER = frozenset({ActorType.OPERATOR, ActorType.PORTAL})


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """Where a request came from: address (one, or empty), the browser's own words (User-Agent), request id.

    `host`: the name under which it asked for the portal.
    """

    address: str = ""
    browser: str = ""
    request_id: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class Who:
    """A person as history names them: name and e-mail are copied, as they were at that moment."""

    id: UUID
    name: str
    email: str
    customer_id: UUID
    customer_name: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it (None: nobody signed in, or one of ours, told by `ours`) and from where.

    `why`: the reason for which a step of signing in, or reauthentication, asked for it.
    """

    who: Who | None
    client: ClientInfo
    session_id: UUID | None = None
    why: Why | None = None
    ours: ActorType | None = None

    @property
    def actor_type(self) -> ActorType:
        """Who acts, told by where it is done and never by a text."""
        return self.ours or (ActorType.PERSON if self.who else ActorType.STRANGER)


CONSOLE = Actor(who=None, client=ClientInfo(), ours=ActorType.OPERATOR)
WORKER = Actor(who=None, client=ClientInfo(), ours=ActorType.PORTAL)
