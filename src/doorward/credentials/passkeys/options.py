"""What a browser is asked for, in the JSON that `PublicKeyCredential` itself reads (WebAuthn Level 3, 5.4 and 5.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from doorward.credentials.passkeys.answers import base64url
from doorward.credentials.passkeys.rules import ALGORITHMS

if TYPE_CHECKING:
    from collections.abc import Sequence

# 15.1: 300 to 600 seconds, so that nobody who is slow is shut out.
TIMEOUT_MS: Final = 300_000


@dataclass(frozen=True, slots=True)
class Party:
    """The relying party: its id (a host name), the one origin that answers may come from, its name."""

    id: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class User:
    """Whom a passkey is for: the handle is what counts, the names are for the person's own eyes."""

    handle: bytes
    name: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Described:
    """A passkey by its id, and how the browser reaches it."""

    id: bytes
    transports: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the descriptor."""
        return {"type": "public-key", "id": base64url(self.id), "transports": [*self.transports]}


def for_creation(
    *, challenge: bytes, party: Party, user: User, exclude: Sequence[Described]
) -> dict[str, Any]:
    """Ask for a new passkey: one that can be found without a name and verifies its user, if the device can.

    It is made by somebody who is signed in, as a second factor, so neither is demanded: a security key without a
    PIN, without room for passkeys, or older than both (U2F) serves beside the password. What it can do is recorded,
    and whether it may stand in for the password follows from that (`passkey_sign_in`), never from what was asked.
    """
    return {
        "rp": {"id": party.id, "name": party.name},
        "user": {
            "id": base64url(user.handle),
            "name": user.name,
            "displayName": user.display_name,
        },
        "challenge": base64url(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": int(one)} for one in ALGORITHMS],
        "timeout": TIMEOUT_MS,
        "excludeCredentials": [one.as_json() for one in exclude],
        "authenticatorSelection": {
            "residentKey": "preferred",
            "requireResidentKey": False,
            "userVerification": "preferred",
        },
        "attestation": "none",
        "extensions": {"credProps": True},
    }


def for_request(
    *, challenge: bytes, party: Party, allow: Sequence[Described], verified: bool
) -> dict[str, Any]:
    """Ask for an assertion: by one of these passkeys, or (none named) by any that the person picks."""
    return {
        "challenge": base64url(challenge),
        "rpId": party.id,
        "timeout": TIMEOUT_MS,
        "allowCredentials": [one.as_json() for one in allow],
        "userVerification": "required" if verified else "preferred",
    }
