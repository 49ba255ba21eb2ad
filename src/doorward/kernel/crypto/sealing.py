"""The vault: what is sealed at rest (AES-256-GCM), and keyed hashes of what is only compared."""

from __future__ import annotations

import logging
import secrets
from contextlib import suppress
from functools import cache, lru_cache
from typing import TYPE_CHECKING, TypedDict

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from django.conf import settings

from doorward.kernel.crypto.keyring import SafeBroken, derive
from doorward.kernel.models import SealedKey

if TYPE_CHECKING:
    from doorward.kernel.crypto.keyring import Key, KeyFile
    from doorward.kernel.crypto.keys_command import CommandedKeys

_VERSION = 1
_NONCE_BYTES = 12
_HASH_KEY = "keyed_hash"

_log = logging.getLogger("doorward.kernel")
# By the head of the values that they open. Ids are never used again, so none ever changes.
_ciphers: dict[bytes, AESGCM] = {}


class SealBroken(SafeBroken):
    """A sealed value is not what this row and purpose sealed: changed, moved, or its key is gone."""


class AssociatedData(TypedDict):
    """Where a sealed value stands. It opens in this table, row and purpose, and nowhere else."""

    table: str
    row: str
    purpose: str


def seal(plain: bytes, *, table: str, row: str, purpose: str) -> bytes:
    """Encrypt a secret so that it opens only in this table, row and purpose.

    Returned are: version (1 byte), length of the key id (1), key id, nonce (12), ciphertext and tag.
    """
    key = key_file().ring.newest
    head = head_of(key)
    nonce = secrets.token_bytes(_NONCE_BYTES)
    bound = _bound(head, table=table, row=row, purpose=purpose)
    cipher = _ciphers.get(head) or _learn(head, key)
    return head + nonce + cipher.encrypt(nonce, plain, bound)


def open_sealed(sealed: bytes | memoryview, *, table: str, row: str, purpose: str) -> bytes:
    """Decrypt what `seal` gave for the same table, row and purpose, or raise `SealBroken`, and say so."""
    try:
        return unseal(bytes(sealed), table=table, row=row, purpose=purpose)
    except SealBroken as error:
        _log.error("%s", error)
        raise


def unseal(sealed: bytes, *, table: str, row: str, purpose: str) -> bytes:
    """Do what `open_sealed` does, and say nothing: for who looks at many."""
    head = sealed[: 2 + sealed[1]] if len(sealed) > 1 else b""
    end = len(head) + _NONCE_BYTES
    bound = _bound(head, table=table, row=row, purpose=purpose)
    cipher = _ciphers.get(head) or _cipher(head)
    why = "it was changed, or it is another row's"
    if cipher is None:
        why = f"its key {key_id_of(head)!r} is not in the key file"
    else:
        with suppress(InvalidTag, ValueError):
            return cipher.decrypt(sealed[len(head) : end], sealed[end:], bound)
    raise SealBroken(f"The {purpose} of {table} {row} does not open: {why}.")


def head_of(key: Key) -> bytes:
    """Return what every value that this key sealed begins with."""
    return bytes((_VERSION, len(key.id))) + key.id.encode()


def key_id_of(sealed: bytes) -> str:
    """Return the id of the key that sealed a value; empty: none that we know did."""
    if len(sealed) < 2 or sealed[0] != _VERSION:  # noqa: PLR2004 - the two bytes of the head
        return ""
    return sealed[2 : 2 + sealed[1]].decode("ascii", errors="replace")


def key_file() -> KeyFile | CommandedKeys:
    """Return the keys of this installation, of its file or of its command."""
    found: KeyFile | CommandedKeys = settings.KEYS
    return found


def keyed_hash(purpose: str, value: bytes | str) -> bytes:
    """Return the keyed hash (HMAC-SHA-256, 32 bytes) of a value, apart for each purpose."""
    plain = value.encode() if isinstance(value, str) else value
    # The purpose is closed off by its length, so that no pair of purpose and value runs together.
    message = len(purpose).to_bytes(2) + purpose.encode() + plain
    keyed = _keyed(_hash_key()).copy()
    keyed.update(message)
    return keyed.finalize()


def of_key(purpose: str) -> AssociatedData:
    """Return the place of a random key that the ring seals."""
    return {"table": "kernel_sealedkey", "row": purpose, "purpose": "key"}


def _bound(head: bytes, *, table: str, row: str, purpose: str) -> bytes:
    parts = (head, table.encode(), row.encode(), purpose.encode())
    return b"".join(len(part).to_bytes(2) + part for part in parts)


def _cipher(head: bytes) -> AESGCM | None:
    """Return what opens the values with this head, where the key file holds its key."""
    key = key_file().ring.find(key_id_of(head))
    return _learn(head, key) if key else None


def _learn(head: bytes, key: Key) -> AESGCM:
    return _ciphers.setdefault(head, AESGCM(derive(key, "seal")))


@lru_cache(maxsize=2)
def _keyed(key: bytes) -> HMAC:
    """Return what each keyed hash begins as: copied, it costs a quarter of one that is made again."""
    return HMAC(key, SHA256())


@cache
def _hash_key() -> bytes:
    """Return the key of all keyed hash: random, made once, sealed by the ring.

    Keyed hashes cannot be computed again from what is stored, so their key outlives the ring's.
    """
    where = of_key(_HASH_KEY)
    row = SealedKey.objects.filter(purpose=_HASH_KEY).first()
    if row is None:
        made = seal(secrets.token_bytes(32), **where)
        row, _ = SealedKey.objects.get_or_create(purpose=_HASH_KEY, defaults={"sealed": made})
    return unseal(bytes(row.sealed), **where)
