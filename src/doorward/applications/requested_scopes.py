"""A sign-in to an application, and what of it a token is asked for: fewer scopes, the interface that it is for.

More than was given is asked for by a new sign-in, never by a token request.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from doorward.applications.protocol import Code, ProtocolError

if TYPE_CHECKING:
    from doorward.applications.models import Grant
    from doorward.sessions.context import AuthContext


@dataclass(frozen=True, slots=True)
class Live:
    """A sign-in to an application that is worth something now: its row, and what is known of the session.

    `auth.portal`: of staff who opened it while managing, the customer's portal. `scopes`: what of it is looked at.
    """

    grant: Grant
    auth: AuthContext
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What a token request says (RFC 6749, 6; RFC 8707, 2.2). Empty: all that was given."""

    scopes: tuple[str, ...] = ()
    resource: str = ""


def part_of(live: Live, wanted: Part) -> Live:
    """Return the sign-in with what is asked for of it. Raises `ProtocolError` where that was not given.

    Scopes that the application may not ask for were passed over when it was begun, and are here, too.
    """
    grant = live.grant
    if wanted.resource not in {"", grant.resource}:
        raise ProtocolError(Code.INVALID_TARGET, "It was not given for this interface.")
    if not wanted.scopes:
        return live
    may_ask = [one for one in wanted.scopes if one in grant.application.scopes]
    if not set(may_ask) <= set(grant.scopes):
        raise ProtocolError(Code.INVALID_SCOPE, "More is asked for than was given.")
    return limited(live, wanted.scopes)


def limited(live: Live, scopes: tuple[str, ...]) -> Live:
    """Return the sign-in with these of its scopes alone; it is one of OpenID in any case."""
    return replace(
        live, scopes=tuple(one for one in live.scopes if one in scopes or one == "openid")
    )
