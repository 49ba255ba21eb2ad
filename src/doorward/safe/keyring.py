"""The key ring: the keys that protect secrets at rest, in a file of their own, newest first."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from pathlib import Path

KEY_BYTES = 32


class KeyRingBroken(Exception):
    """The key file cannot be used; the message is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key and the id that sealed values name it by (1 to 16 ASCII characters)."""

    id: str
    secret: bytes

    def __repr__(self) -> str:
        return f"Key(id={self.id!r})"


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All keys that can open; the first one seals."""

    keys: tuple[Key, ...]

    @property
    def newest(self) -> Key:
        """The key that new values are sealed with."""
        return self.keys[0]

    def find(self, key_id: str) -> Key:
        """Give the key of that id, or raise `KeyRingBroken`."""
        for key in self.keys:
            if key.id == key_id:
                return key
        message = f"The key '{key_id}' that sealed a value is not in the key file."
        raise KeyRingBroken(message)

    def derive(self, purpose: str) -> bytes:
        """Give 32 bytes for one purpose, from the newest key (HKDF-SHA-256, RFC 5869)."""
        return derive(self.newest, purpose)


def derive(key: Key, purpose: str) -> bytes:
    """Give 32 bytes for one purpose, from one key (HKDF-SHA-256, RFC 5869)."""
    kdf = HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode())
    return kdf.derive(key.secret)


def new_key() -> Key:
    """Make a key from the operating system's randomness."""
    return Key(id=secrets.token_hex(4), secret=secrets.token_bytes(KEY_BYTES))


def load_or_create(path: Path) -> KeyRing:
    """Read the key file; make it, with one key and mode 0600, where there is none.

    Two processes that start at once end up with the same file: the one that comes second finds
    the first one's and reads it.
    """
    if not path.exists():
        _create(path, KeyRing(keys=(new_key(),)))
    return load(path)


def load(path: Path) -> KeyRing:
    """Read the key file, or raise `KeyRingBroken`."""
    try:
        listed = json.loads(path.read_text(encoding="ascii"))["keys"]
        keys = tuple(
            Key(id=str(one["id"]), secret=base64.b64decode(one["secret"], validate=True))
            for one in listed
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"The key file {path} cannot be read: {type(error).__name__}."
        raise KeyRingBroken(message) from error
    if not keys or any(len(key.secret) != KEY_BYTES or not key.id for key in keys):
        message = f"The key file {path} holds no usable key."
        raise KeyRingBroken(message)
    return KeyRing(keys=keys)


def _create(path: Path, ring: KeyRing) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    _write(temporary, ring)
    try:
        # A link is refused where the name exists, so a second writer never replaces a key.
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def _write(path: Path, ring: KeyRing) -> None:
    listed = [{"id": key.id, "secret": base64.b64encode(key.secret).decode()} for key in ring.keys]
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        json.dump({"keys": listed}, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
