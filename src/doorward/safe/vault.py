"""The vault: what is sealed at rest (AES-256-GCM), and keyed hashes of what is only compared."""

from __future__ import annotations

import hmac
import secrets
from functools import cache
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from doorward.safe.keyring import Key, derive
from doorward.safe.models import SealedKey

if TYPE_CHECKING:
    from doorward.safe.keyring import KeyRing

_VERSION = 1
_NONCE_BYTES = 12
_FINGERPRINT_KEY = "fingerprint"


class SealBroken(Exception):
    """A sealed value is not what this row and purpose sealed: changed, moved or of another key."""


def seal(plain: bytes, *, table: str, row: str, purpose: str) -> bytes:
    """Encrypt a secret so that it opens only in this table, row and purpose.

    Gives: version (1 byte), length of the key id (1), key id, nonce (12), ciphertext and tag.
    """
    key = _ring().newest
    nonce = secrets.token_bytes(_NONCE_BYTES)
    key_id = key.id.encode()
    head = bytes((_VERSION, len(key_id))) + key_id
    bound = _bound(head, table=table, row=row, purpose=purpose)
    return head + nonce + _cipher(key).encrypt(nonce, plain, bound)


def open_sealed(sealed: bytes | memoryview, *, table: str, row: str, purpose: str) -> bytes:
    """Decrypt what `seal` gave for the same table, row and purpose, or raise `SealBroken`."""
    sealed = bytes(sealed)
    if len(sealed) < 2 or sealed[0] != _VERSION:  # noqa: PLR2004 - the two bytes of the head
        raise SealBroken
    end = 2 + sealed[1]
    head, nonce, text = sealed[:end], sealed[end : end + _NONCE_BYTES], sealed[end + _NONCE_BYTES :]
    bound = _bound(head, table=table, row=row, purpose=purpose)
    try:
        key = _ring().find(head[2:].decode("ascii"))
        return _cipher(key).decrypt(nonce, text, bound)
    except (InvalidTag, ValueError) as error:
        raise SealBroken from error


def fingerprint(purpose: str, value: bytes | str) -> bytes:
    """Give the keyed hash (HMAC-SHA-256, 32 bytes) of a value, apart for each purpose."""
    plain = value.encode() if isinstance(value, str) else value
    # The purpose is closed off by its length, so that no pair of purpose and value runs together.
    message = len(purpose).to_bytes(2) + purpose.encode() + plain
    return hmac.digest(_fingerprint_key(), message, "sha256")


def _bound(head: bytes, *, table: str, row: str, purpose: str) -> bytes:
    parts = (head, table.encode(), row.encode(), purpose.encode())
    return b"".join(len(part).to_bytes(2) + part for part in parts)


def _ring() -> KeyRing:
    ring: KeyRing = settings.KEY_RING
    return ring


@cache
def _cipher(key: Key) -> AESGCM:
    return AESGCM(derive(key, "seal"))


@cache
def _fingerprint_key() -> bytes:
    """Give the key of all fingerprints: random, made once, sealed by the ring.

    Fingerprints cannot be computed anew from what is stored, so their key outlives the ring's.
    """
    where = {"table": "safe_sealedkey", "row": _FINGERPRINT_KEY, "purpose": "key"}
    row = SealedKey.objects.filter(purpose=_FINGERPRINT_KEY).first()
    if row is None:
        made = seal(secrets.token_bytes(32), **where)
        row, _ = SealedKey.objects.get_or_create(
            purpose=_FINGERPRINT_KEY, defaults={"sealed": made}
        )
    return open_sealed(row.sealed, **where)
