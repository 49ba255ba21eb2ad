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


class CredentialType(StrEnum):
    """What kind of thing somebody acts by. Stored values never change their meaning."""

    SESSION = "session"
    MAILED_LINK = "mailed_link"
    PRINTED_LINK = "printed_link"
    CONSOLE = "console"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Credential:
    """By what somebody acts: a session, a link that was mailed or printed (with its id), or one of ours."""

    type: CredentialType
    id: UUID | None = None


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
    """Who does it, by what credential, for whom if not for themselves, and from where.

    `person`: None where nobody is signed in, or where it is one of ours. `credential`: None where nothing was verified
    yet. `on_behalf_of`: as whom somebody acts who was let in to help them. `why`: the reason for which a step of
    signing in, or reauthentication, asked for it.
    """

    person: Who | None
    client: ClientInfo
    credential: Credential | None = None
    on_behalf_of: Who | None = None
    why: Why | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it is the operator at the console, or the worker."""
        return self.actor_type in WITHOUT_BROWSER

    @property
    def actor_type(self) -> ActorType:
        """Who acts, told by where it is done and never by a text."""
        if self.credential and self.credential.type in _OURS:
            return _OURS[self.credential.type]
        return ActorType.PERSON if self.person else ActorType.STRANGER

    @property
    def session_id(self) -> UUID | None:
        """The session that acts; None: something else does."""
        if self.credential and self.credential.type is CredentialType.SESSION:
            return self.credential.id
        return None

    @property
    def people(self) -> tuple[Who, ...]:
        """Whose rights it takes: of who acts, and of whom they act for."""
        if self.person is None:
            return ()
        return (self.person, self.on_behalf_of) if self.on_behalf_of else (self.person,)


_OURS = {
    CredentialType.CONSOLE: ActorType.OPERATOR,
    CredentialType.WORKER: ActorType.PORTAL,
}


def by_session(id: UUID) -> Credential:
    """Return the credential of who acts in this session."""
    return Credential(CredentialType.SESSION, id)


def by_link(id: UUID) -> Credential:
    """Return the credential of who acts by this mailed link."""
    return Credential(CredentialType.MAILED_LINK, id)


def by_printed_link(id: UUID) -> Credential:
    """Return the credential of who acts by this link, which the operator at the console was shown."""
    return Credential(CredentialType.PRINTED_LINK, id)


CONSOLE = Actor(None, ClientInfo(), Credential(CredentialType.CONSOLE))
WORKER = Actor(None, ClientInfo(), Credential(CredentialType.WORKER))
