"""The key file in a file of its own, never in clear: what a backup of the database does not have, and needs."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from doorward.kernel import atomic_files
from doorward.kernel.crypto import keyring
from doorward.operations.backup import encryption
from doorward.operations.backup.archive import NoBackup

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from doorward.kernel.crypto.keyring import KeyFile


class NotWritten(Exception):
    """Nothing was written; the message is one sentence."""


def write(path: Path, file: KeyFile, *, to: Sequence[Any]) -> list[str]:
    """Write the keys to `path`, encrypted; return their ids. Raises `NotWritten`, `OSError`."""
    if not to:
        raise NotWritten("The keys are never written in clear: name a --recipient.")
    if file.was_made:
        file.path.unlink(missing_ok=True)
        raise NotWritten(f"There is no key file {file.path}.")
    encrypted = io.BytesIO()
    encryption.encrypt(iter([file.path.read_bytes()]), encrypted, to)
    if not atomic_files.write_new(path, encrypted.getvalue()):
        raise NotWritten(f"{path} already exists: name another file.")
    return [key.id for key in keyring.load(file.path).keys]


def put_back(path: Path, file: KeyFile, *, by: Sequence[Any]) -> list[str]:
    """Write the key file from what `write` made, where there was none; return the ids of its keys.

    Raises `NotWritten`, `NoBackup`, `WrongKey`, `OSError`.
    """
    if not file.was_made:
        raise NotWritten(f"The key file {file.path} is there: move it away first.")
    content = io.BytesIO()
    try:
        opened = path.open("rb")
    except OSError as error:
        raise NoBackup(f"it cannot be read: {error.strerror}") from error
    with opened as encrypted:
        encryption.decrypt(encrypted, by, content.write)
    with atomic_files.scratch(file.path) as aside:
        aside.write_bytes(content.getvalue())
        try:
            ids = [key.id for key in keyring.load(aside).keys]
        except keyring.KeyRingBroken as error:
            raise NoBackup("something else is in it") from error
    atomic_files.write_whole(file.path, content.getvalue())
    file.was_made = False
    return ids
