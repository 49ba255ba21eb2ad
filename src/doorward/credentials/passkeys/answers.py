"""What a browser sent of a passkey, as JSON, and what it is held against."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any, Final

from doorward.credentials.errors import PasskeyUnreadable

_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a browser sent, read as far as it takes to find out whose it is."""

    given: dict[str, Any]
    credential_id: bytes
    client_data: dict[str, Any]
    challenge: bytes
    user_handle: bytes | None


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer is held against. `verified`: user verification was asked for as *required*.

    `handle`: who signs in is not known yet, so the answer has to say it.
    """

    challenge: bytes
    origin: str
    rp_id: str
    verified: bool = False
    handle: bool = False


def read_answer(text: str) -> Answer:
    """Read the JSON of `PublicKeyCredential.toJSON()`. Raises `PasskeyUnreadable`."""
    try:
        given = json.loads(text)
        if given["type"] != "public-key" or given["id"] != given["rawId"]:
            raise PasskeyUnreadable
        response = given["response"]
        # UTF-8 and nothing else, a byte order mark apart (7.1, step 5; `json` would take UTF-16).
        client_data = json.loads(from_base64url(response["clientDataJSON"]).decode("utf-8-sig"))
        handle = response.get("userHandle")
        return Answer(
            given=given,
            credential_id=from_base64url(given["id"]),
            client_data=dict(client_data),
            challenge=from_base64url(client_data["challenge"]),
            user_handle=None if handle is None else from_base64url(handle),
        )
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as unreadable:
        raise PasskeyUnreadable from unreadable


def base64url(value: bytes) -> str:
    """Write bytes as WebAuthn's JSON has them."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Return the bytes of text in WebAuthn's JSON. Raises `ValueError`."""
    if not _BASE64URL.fullmatch(text):
        raise ValueError("not base64url without padding")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
