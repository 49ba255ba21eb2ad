"""The key ring: the keys that protect secrets at rest, newest first, in a file of their own."""

from __future__ import annotations

import base64
import fcntl
import json
import logging
import os
import secrets
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from doorward.kernel import atomic_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY_BYTES = 32
LONGEST_ID = 16
# All that somebody else than the owner could do with the file.
_OTHERS = 0o077
# How root delivers it to a service: to be read, by its group or an access list.
_DELIVERED = 0o440

_log = logging.getLogger("doorward.kernel")


class SafeBroken(Exception):
    """Secrets at rest cannot be used; the message is one sentence that says why, and nothing secret."""


class KeyRingBroken(SafeBroken):
    """The key file cannot be used."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key and the id that sealed values name it by (1 to 16 ASCII characters).

    `made`: when, for the operator; None: the file does not say.
    """

    id: str
    secret: bytes
    made: datetime | None = None

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

    def find(self, key_id: str) -> Key | None:
        """Return the key of that id."""
        return next((key for key in self.keys if key.id == key_id), None)


def derive(key: Key, purpose: str) -> bytes:
    """Return 32 bytes for one purpose, from one key (HKDF-SHA-256, RFC 5869)."""
    kdf = HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode())
    return kdf.derive(key.secret)


def new_key(*, made: datetime) -> Key:
    """Make a key from the operating system's randomness."""
    return Key(id=secrets.token_hex(4), secret=secrets.token_bytes(KEY_BYTES), made=made)


class KeyFile:
    """The key file, read again when it was changed: a portal that runs takes a new key up by itself.

    `was_made`: there was none, and this process made it.
    """

    def __init__(self, path: Path, *, now: datetime) -> None:
        """Read the file; make it, with one key and mode 0600, where there is none.

        Two processes that start at once end up with the same file: the one that comes second finds
        the first one's and reads it. Raises `KeyRingBroken`.
        """
        self.path = path = path.absolute()
        self.was_made = not path.exists() and _create(path, KeyRing(keys=(new_key(made=now),)))
        self._stamp = _stamp(path)
        self._ring = load(path)

    @property
    def where(self) -> str:
        """Where the keys are, for a sentence."""
        return f"the key file {self.path}"

    @property
    def ring(self) -> KeyRing:
        """The keys that the file holds now; of a file that cannot be used any more, the last ones."""
        stamp = _stamp(self.path)
        if stamp != self._stamp:
            try:
                self._ring = load(self.path)
            except KeyRingBroken as error:
                _log.error("%s The keys that were read before are used on.", error)
            self._stamp = stamp
        return self._ring

    def add(self, *, now: datetime) -> Key:
        """Make a key that seals from now on; the older ones still open."""
        path = self.path.resolve()
        with _locked(path):
            key = new_key(made=now)
            _replace(path, KeyRing(keys=(key, *load(path).keys)))
        return key

    def drop(self, key_id: str) -> None:
        """Take an older key out of the file: nothing that it sealed can be opened any more."""
        path = self.path.resolve()
        with _locked(path):
            newest, *older = load(path).keys
            kept = (newest, *(key for key in older if key.id != key_id))
            _replace(path, KeyRing(keys=kept))


def load(path: Path) -> KeyRing:
    """Read the key file, or raise `KeyRingBroken`."""
    try:
        with path.open("rb") as file:
            _refuse_wide(path, os.fstat(file.fileno()))
            text = file.read()
    except OSError as error:
        raise KeyRingBroken(_cannot("read", path, error)) from error
    return parse(text, where=f"the key file {path}")


def parse(text: bytes, *, where: str) -> KeyRing:
    """Return the ring that a text is, or raise `KeyRingBroken`, which says nothing of the text."""
    name = where[:1].upper() + where[1:]
    try:
        keys = tuple(_key(one) for one in json.loads(text.decode("ascii"))["keys"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # Not the error itself, which may quote what could not be read.
        raise KeyRingBroken(f"{name} cannot be read: {type(error).__name__}.") from None
    if not keys or len({key.id for key in keys}) != len(keys) or not all(map(_usable, keys)):
        raise KeyRingBroken(f"{name} does not hold one usable key or more.")
    return KeyRing(keys=keys)


def _key(listed: dict[str, Any]) -> Key:
    made = listed.get("made")
    return Key(
        id=str(listed["id"]),
        secret=base64.b64decode(listed["secret"], validate=True),
        made=datetime.fromisoformat(made) if made else None,
    )


def _usable(key: Key) -> bool:
    return len(key.secret) == KEY_BYTES and 0 < len(key.id) <= LONGEST_ID and key.id.isascii()


def _refuse_wide(path: Path, found: os.stat_result) -> None:
    """Raise `KeyRingBroken` where others than us and root can get at the file.

    systemd's credentials and a cluster's mounted secrets are root's, read-only, and readable by the group that the
    service alone is in, which is how it reads them (mode 0440).
    """
    mode = stat.S_IMODE(found.st_mode)
    delivered = found.st_uid == 0 and os.geteuid() != 0 and not mode & ~_DELIVERED
    if mode & _OTHERS and not delivered:
        raise KeyRingBroken(
            f"The key file {path} is open to others (mode {mode:04o}): `chmod 600 {path}`."
        )


def _cannot(what: str, path: Path, error: Exception) -> str:
    said = error.strerror if isinstance(error, OSError) else type(error).__name__
    return f"The key file {path} cannot be {what}: {said}."


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """Return what changes with the file, without reading it; None: it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_mode


def _create(path: Path, ring: KeyRing) -> bool:
    """Write the file where there is none; return whether it was this process that did."""
    try:
        return atomic_files.write_new(path, _text(ring))
    except OSError as error:
        raise KeyRingBroken(_cannot("made", path, error)) from error


def _replace(path: Path, ring: KeyRing) -> None:
    """Put a new file in the old one's place: whoever reads finds one of the two, whole."""
    try:
        atomic_files.forget_unfinished(path)
        atomic_files.write_whole(path, _text(ring))
    except OSError as error:
        raise KeyRingBroken(_cannot("written", path, error)) from error


def _text(ring: KeyRing) -> bytes:
    return json.dumps({"keys": [_listed(key) for key in ring.keys]}, indent=2).encode() + b"\n"


def _listed(key: Key) -> dict[str, str]:
    made = {"made": key.made.isoformat(timespec="seconds")} if key.made else {}
    return {"id": key.id, **made, "secret": base64.b64encode(key.secret).decode()}


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Let one process at a time change the file; the lock goes with the process, however it ends."""
    try:
        file = path.with_name(f"{path.stem}.lock").open("w")
    except OSError as error:
        raise KeyRingBroken(_cannot("written", path, error)) from error
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
