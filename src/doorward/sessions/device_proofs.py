"""What a browser signs with a device's key (W3C DBSC, *DBSC proof*): read by joserfc alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey, import_key
from joserfc.jws import JWSRegistry

from doorward.sessions.errors import DeviceProofRefused

if TYPE_CHECKING:
    from joserfc.jwk import Key

_TYPE: Final = "dbsc+jwt"
_LONGEST: Final = 4096
_RSA_BITS: Final = range(2048, 4097)
# 2048 bits in base64url
_SHORTEST_MODULUS: Final = 342


class _Sizes(JWSRegistry):
    """How long the parts of a proof may be, in characters: there is a key in its head, of RSA some 1,100."""

    max_header_length = 1536
    max_payload_length = 512
    max_signature_length = 1024


def key_of(proof: str) -> str:
    """Return the public key (JWK) that a proof brings along and is signed by, or raise `DeviceProofRefused`."""
    try:
        brought = jws.extract_compact(_bounded(proof), registry=_Sizes()).headers()["jwk"]
        if brought["kty"] == "RSA" and len(brought["n"]) < _SHORTEST_MODULUS:
            raise DeviceProofRefused
        shown = import_key(brought)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DeviceProofRefused from None
    if shown.is_private:
        raise DeviceProofRefused
    _verify(proof, shown)
    return json.dumps(shown.as_dict(private=False), sort_keys=True)


def answered(proof: str, key: str) -> str:
    """Return the challenge that was answered with this key (JWK), or raise `DeviceProofRefused`.

    A key that the proof brings along counts for nothing.
    """
    return _verify(proof, import_key(json.loads(key)))


def _verify(proof: str, key: Key) -> str:
    try:
        token = jwt.decode(_bounded(proof), key, registry=_Sizes(algorithms=[_algorithm(key)]))
        challenge: Any = token.claims["jti"]
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise DeviceProofRefused from None
    if token.header.get("typ") != _TYPE or not isinstance(challenge, str):
        raise DeviceProofRefused
    return challenge


def _algorithm(key: Key) -> str:
    """Return the one algorithm that a key is for: nobody chooses another one for it."""
    if isinstance(key, ECKey) and key.curve_name == "P-256":
        return "ES256"
    if isinstance(key, RSAKey) and key.raw_value.key_size in _RSA_BITS:
        return "RS256"
    raise DeviceProofRefused


def _bounded(proof: str) -> bytes:
    if len(proof) > _LONGEST or not proof.isascii():
        raise DeviceProofRefused
    return proof.encode()
