"""What a passkey's answer must fulfil: the steps of WebAuthn Level 3, 7.1 (registration) and 7.2 (assertion).

`webauthn` reads the structures and verifies the signature. What it leaves to the caller is checked here, and
what it checks too is checked here first, so that each refusal has its name. Challenge, origin and relying party
are arguments: published vectors can be run through these functions.

No statement of attestation is asked for. Some authenticators and browsers send one all the same (packed, TPM,
Android, Apple, U2F); it is not evaluated, whatever it says: what it could tell decides nothing here.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID

import webauthn
from webauthn.helpers import (
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    encode_cbor,
    parse_authenticator_data,
    parse_cbor,
)
from webauthn.helpers.cose import COSEKTY, COSEAlgorithmIdentifier

from doorward.credentials.errors import (
    PasskeyAlgorithmNotOffered,
    PasskeyBackupChanged,
    PasskeyBackupInvalid,
    PasskeyIdTooLong,
    PasskeyNotOffered,
    PasskeyNotPresent,
    PasskeyNotVerified,
    PasskeySignatureWrong,
    PasskeyUnreadable,
    PasskeyWrongPerson,
    PasskeyWrongRelyingParty,
)
from doorward.credentials.passkeys.answers import base64url, from_base64url
from doorward.credentials.passkeys.origin import check_origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from webauthn.helpers.structs import AuthenticatorData

    from doorward.credentials.passkeys.answers import Answer, Expected

T = TypeVar("T")

# In this order, each with the type of key that belongs to it (5.4 asks for at least these three).
ALGORITHMS: Final = {
    COSEAlgorithmIdentifier.EDDSA: COSEKTY.OKP,
    COSEAlgorithmIdentifier.ECDSA_SHA_256: COSEKTY.EC2,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256: COSEKTY.RSA,
}
LONGEST_ID: Final = 1023
TRANSPORTS: Final = frozenset({"usb", "nfc", "ble", "internal", "hybrid", "smart-card"})
_CREATE: Final = "webauthn.create"
_GET: Final = "webauthn.get"
_REGISTERED: Final = ("clientDataJSON", "attestationObject")
_ASSERTED: Final = ("clientDataJSON", "authenticatorData", "signature")


@dataclass(frozen=True, slots=True)
class Known:
    """A registered passkey, as an assertion is held against it."""

    credential_id: bytes
    public_key: bytes
    user_handle: bytes
    backup_eligible: bool


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """What a registration has shown (the credential record of 7.1, step 27).

    `discoverable`: whether it can be found without a name; None: the browser did not say.
    """

    credential_id: bytes
    public_key: bytes
    sign_count: int
    aaguid: UUID
    transports: tuple[str, ...]
    backup_eligible: bool
    backed_up: bool
    user_verified: bool
    discoverable: bool | None


@dataclass(frozen=True, slots=True)
class Asserted:
    """What a right assertion has shown."""

    sign_count: int
    backed_up: bool
    user_verified: bool


def check_registration(answer: Answer, expected: Expected) -> NewPasskey:
    """Return what is to be stored of a new passkey. Raises the refusal of the first step that fails."""
    check_origin(answer, _CREATE, expected)
    response = answer.given["response"]
    written = _read(lambda: _authenticator_data(response["attestationObject"]))
    attested = _read(lambda: parse_authenticator_data(written))
    made = attested.attested_credential_data
    if made is None or made.credential_id != answer.credential_id or not made.credential_id:
        raise PasskeyUnreadable
    _check_authenticator_data(attested, expected)
    _check_key(made.credential_public_key)
    if len(answer.credential_id) > LONGEST_ID:
        raise PasskeyIdTooLong
    _check_unattested(answer, expected, written)
    return NewPasskey(
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=attested.sign_count,
        aaguid=UUID(bytes=made.aaguid),
        transports=_transports(response.get("transports")),
        backup_eligible=attested.flags.be,
        backed_up=attested.flags.bs,
        user_verified=attested.flags.uv,
        discoverable=_discoverable(answer.given.get("clientExtensionResults")),
    )


def _check_unattested(answer: Answer, expected: Expected, written: bytes) -> None:
    unattested = encode_cbor({"fmt": "none", "attStmt": {}, "authData": written})
    _read(
        lambda: webauthn.verify_registration_response(
            credential=_plain(answer, _REGISTERED, attestationObject=base64url(unattested)),
            expected_challenge=expected.challenge,
            expected_rp_id=expected.rp_id,
            expected_origin=expected.origin,
            require_user_verification=expected.verified,
            supported_pub_key_algs=list(ALGORITHMS),
        )
    )


def check_assertion(answer: Answer, expected: Expected, known: Known) -> Asserted:
    """Return what a right assertion by a known passkey shows. Raises the refusal of the first step that fails.

    The counter is not among them: one that does not go up is a sign of a copy and no proof of it
    (`went_back`), and the caller says so.
    """
    if answer.credential_id != known.credential_id:
        raise PasskeyNotOffered
    if answer.user_handle is None and expected.handle:
        raise PasskeyWrongPerson
    if answer.user_handle is not None and answer.user_handle != known.user_handle:
        raise PasskeyWrongPerson
    check_origin(answer, _GET, expected)
    response = answer.given["response"]
    said = _read(lambda: parse_authenticator_data(from_base64url(response["authenticatorData"])))
    _read(lambda: from_base64url(response["signature"]))
    _check_authenticator_data(said, expected)
    if said.flags.be != known.backup_eligible:
        raise PasskeyBackupChanged
    _check_signature(answer, expected, known)
    return Asserted(
        sign_count=said.sign_count, backed_up=said.flags.bs, user_verified=said.flags.uv
    )


def _check_signature(answer: Answer, expected: Expected, known: Known) -> None:
    try:
        webauthn.verify_authentication_response(
            credential=_plain(answer, _ASSERTED),
            expected_challenge=expected.challenge,
            expected_rp_id=expected.rp_id,
            expected_origin=expected.origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=0,
            require_user_verification=expected.verified,
        )
    except Exception as refused:  # all else was checked, so it is the signature
        raise PasskeySignatureWrong from refused


def went_back(*, stored: int, shown: int) -> bool:
    """Return whether a counter did not go up (7.2, step 22); authenticators without one always say 0."""
    return (stored > 0 or shown > 0) and shown <= stored


def _read(reader: Callable[[], T]) -> T:
    try:
        return reader()
    except Exception as unreadable:  # what strangers send makes readers raise whatever they like
        raise PasskeyUnreadable from unreadable


def _authenticator_data(attestation_object: str) -> bytes:
    """Return the authenticator data of an attestation object, and nothing of its statement."""
    written = parse_cbor(from_base64url(attestation_object))["authData"]
    if not isinstance(written, bytes):
        raise TypeError("authenticator data are bytes")
    return written


def _plain(answer: Answer, parts: tuple[str, ...], **instead: str) -> dict[str, Any]:
    """Return the parts of an answer that count: what else a browser says of itself makes nothing fail."""
    id, given = answer.given["id"], answer.given["response"]
    response = {name: given[name] for name in parts} | instead
    return {"id": id, "rawId": id, "type": "public-key", "response": response}


def _discoverable(extensions: object) -> bool | None:
    """Read `credProps` (10.1.3); a browser may leave it out, or not know."""
    said = extensions.get("credProps") if isinstance(extensions, dict) else None
    found = said.get("rk") if isinstance(said, dict) else None
    return found if isinstance(found, bool) else None


def _transports(named: object) -> tuple[str, ...]:
    given = named if isinstance(named, list) else []
    return tuple(one for one in sorted(TRANSPORTS) if one in given)


def _check_authenticator_data(said: AuthenticatorData, expected: Expected) -> None:
    if said.rp_id_hash != sha256(expected.rp_id.encode()).digest():
        raise PasskeyWrongRelyingParty
    if not said.flags.up:
        raise PasskeyNotPresent
    if expected.verified and not said.flags.uv:
        raise PasskeyNotVerified
    if said.flags.bs and not said.flags.be:
        raise PasskeyBackupInvalid


def _check_key(encoded: bytes) -> None:
    """Take a key of an algorithm that was offered, and that is a key: nobody signs with it yet."""
    key = _read(lambda: decode_credential_public_key(encoded))
    if key.alg not in ALGORITHMS:
        raise PasskeyAlgorithmNotOffered
    if key.kty != ALGORITHMS[COSEAlgorithmIdentifier(key.alg)]:
        raise PasskeyUnreadable
    _read(lambda: decoded_public_key_to_cryptography(key))
