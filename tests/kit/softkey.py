"""A software authenticator of our own: keys from `cryptography`, CBOR and COSE from python-fido2.

It answers as a browser's `toJSON()` would, rightly or, when told so, wrongly: each part of an answer
can be given.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from fido2 import cbor
from fido2.cose import ES256, RS256, EdDSA

UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
ALGORITHMS = {"EdDSA": -8, "ES256": -7, "RS256": -257}
SYNCED = BE | BS
NOBODY = UUID(int=0)


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@cache
def _rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _new_key(algorithm: int) -> Any:
    match algorithm:
        case -8:
            return ed25519.Ed25519PrivateKey.generate()
        case -7:
            return ec.generate_private_key(ec.SECP256R1())
        case -257:
            return _rsa()  # the one that is slow to make
        case _:
            raise ValueError(algorithm)


@dataclass
class SoftKey:
    """One credential on one device. `flags`: those that it sets besides, and `UP`, always."""

    algorithm: int = -7
    flags: int = UP | UV
    aaguid: UUID = NOBODY
    counts: bool = True
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    sign_count: int = 0
    user_handle: bytes = b""
    rp_id: str = ""

    def __post_init__(self) -> None:
        self.key = _new_key(self.algorithm)

    @property
    def public_key(self) -> bytes:
        kinds: dict[int, Any] = {-8: EdDSA, -7: ES256, -257: RS256}
        written = kinds[self.algorithm].from_cryptography_key(self.key.public_key())
        return cbor.encode(dict(written))

    def sign(self, data: bytes) -> bytes:
        how: dict[int, tuple[Any, ...]] = {
            -7: (ec.ECDSA(hashes.SHA256()),),
            -257: (padding.PKCS1v15(), hashes.SHA256()),
        }
        return bytes(self.key.sign(data, *how.get(self.algorithm, ())))

    def count(self) -> int:
        if self.counts:
            self.sign_count += 1
        return self.sign_count

    def create(self, options: dict[str, Any], origin: str, **given: Any) -> str:
        """Answer creation options. Keys of `given` replace parts: see `_client_data`, `auth_data`."""
        self.rp_id = options["rp"]["id"]
        self.user_handle = unb64(options["user"]["id"])
        client = _client_data("webauthn.create", options["challenge"], origin, given)
        auth_data = self.auth_data(AT, **given) + self.attested(**given) + given.get("after", b"")
        statement = {"fmt": "none", "attStmt": {}, "authData": auth_data}
        if given.get("self_attested"):
            signature = given.get("signature") or self.sign(auth_data + sha256(client).digest())
            statement |= {"fmt": "packed", "attStmt": {"alg": self.algorithm, "sig": signature}}
        statement |= given.get("statement", {})
        attestation = cbor.encode(statement)[: given.get("cut")]
        response = {
            "clientDataJSON": b64(client),
            "attestationObject": b64(attestation),
            "transports": given.get("transports", ["internal", "hybrid"]),
        }
        return self._answer(response, given)

    def get(self, options: dict[str, Any], origin: str, **given: Any) -> str:
        """Answer request options."""
        client = _client_data("webauthn.get", options["challenge"], origin, given)
        auth_data = (self.auth_data(**given) + given.get("after", b""))[: given.get("cut")]
        signed = given.get("signed", auth_data + sha256(client).digest())
        response = {
            "clientDataJSON": b64(client),
            "authenticatorData": b64(auth_data),
            "signature": b64(given.get("signature") or self.sign(signed)),
        }
        handle = given.get("user_handle", self.user_handle)
        if handle is not None:
            response["userHandle"] = b64(handle)
        return self._answer(response, given)

    def attested(self, **given: Any) -> bytes:
        """Return what authenticator data has besides in a registration: id and public key."""
        credential_id = given.get("attested_id", self.credential_id)
        length = len(credential_id).to_bytes(2, "big")
        public_key: bytes = given.get("public_key", self.public_key)
        return self.aaguid.bytes + length + bytes(credential_id) + public_key

    def auth_data(self, more: int = 0, **given: Any) -> bytes:
        """Return authenticator data up to the counter, which goes up; `more` flags than the key's own."""
        rp_hash = sha256(given.get("rp_id", self.rp_id).encode()).digest()
        flags: int = given.get("flags", self.flags) | more
        count: int = given.get("count", self.count())
        return rp_hash + bytes([flags]) + count.to_bytes(4, "big")

    def _answer(self, response: dict[str, Any], given: dict[str, Any]) -> str:
        credential_id = b64(given.get("id", self.credential_id))
        answer = {
            "id": credential_id,
            "rawId": credential_id,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {"credProps": {"rk": True}, "junk": [1, {"a": None}]},
            "response": response | given.get("response", {}),
        }
        return json.dumps(answer | given.get("answer", {}))


def _client_data(kind: str, challenge: str, origin: str, given: dict[str, Any]) -> bytes:
    if "client" in given:
        return bytes(given["client"])
    data = {"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}
    data |= given.get("data", {})
    for name in given.get("without", ()):
        del data[name]
    before: bytes = given.get("before", b"")
    return before + json.dumps(data).encode()
