"""Where a passkey's answer was made: on this portal's own page, in answer to what it asked, in no other page's frame.

The browser says it in what the passkey signs (WebAuthn Level 3, 5.8.1; steps 7 to 10 of 7.1, 11 to 14 of 7.2).
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from doorward.credentials.errors import (
    PasskeyChallengeInvalid,
    PasskeyEmbedded,
    PasskeyWrongOrigin,
    PasskeyWrongType,
)

if TYPE_CHECKING:
    from doorward.credentials.passkeys.answers import Answer, Expected


def check_origin(answer: Answer, type: str, expected: Expected) -> None:  # noqa: A002 - WebAuthn's own word
    """Hold what the browser says to what was asked: registration or assertion, the challenge, the page's origin.

    Raises `PasskeyWrongType`, `PasskeyChallengeInvalid`, `PasskeyWrongOrigin`, `PasskeyEmbedded`.
    """
    said = answer.client_data
    if said.get("type") != type:
        raise PasskeyWrongType
    if not hmac.compare_digest(answer.challenge, expected.challenge):
        raise PasskeyChallengeInvalid
    if said.get("origin") != expected.origin:
        raise PasskeyWrongOrigin
    if said.get("crossOrigin", False) is not False or "topOrigin" in said:
        raise PasskeyEmbedded
