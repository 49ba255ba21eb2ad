"""How a database file is journaled: by a write-ahead log where the library is safe with one, else not.

Which of the two, is written in the file. It is changed only while nobody has it open: every process of
ours that has holds a shared lock beside the file, and SQLite itself knows who uses a write-ahead log.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from doorward.kernel.atomic_files import open_lock
from doorward.kernel.db.sqlite.driver import VERSION, WAL, Database

# How long it is waited for others that look at a new file at the same moment.
SECONDS: Final = 2.0
_AGAIN_SECONDS: Final = 0.05
# In a file's header: https://sqlite.org/fileformat.html#file_format_version_numbers
_HEADER: Final = 20
_VERSIONS: Final = slice(18, 20)
_MODES: Final = {b"\x01\x01": "delete", b"\x02\x02": "wal"}
# An empty file has no mode, and gets SQLite's own, `delete`.
WANTED: Final = frozenset({"wal"} if WAL else {"delete", ""})

# By path: the descriptors that hold the shared locks as long as this process lives. Its forks share them.
_held: dict[str, int] = {}
_mutex = threading.Lock()


def settle(name: str) -> None:
    """See to it that the file is journaled as this library needs; once in a process.

    Raises the driver's `OperationalError` where the file is in WAL mode, this library is not safe
    with that, and somebody else has it open.
    """
    if name == ":memory:" or name.startswith("file:"):
        return
    # A file that is closed takes all of SQLite's locks on it along, hence never while one is open.
    with _mutex:
        if name not in _held:
            _held[name] = _settle(name)


def refuse_wal(connection: Database.Connection, name: str) -> None:
    """Raise the driver's `OperationalError` for a file in WAL mode, where this library is not safe with that."""
    if not WAL and connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
        connection.close()
        raise _in_use(name)


def _settle(name: str) -> int:
    """Return the descriptor of the shared lock; after that nobody of ours changes the mode."""
    descriptor = _open(f"{name}.lock")
    last = time.monotonic() + SECONDS
    try:
        while not _is_settled(descriptor, name, at_last=time.monotonic() > last):
            time.sleep(_AGAIN_SECONDS)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _is_settled(descriptor: int, name: str, *, at_last: bool) -> bool:
    """Take the shared lock on a file in the mode that this library needs, or change it where nobody has it open.

    `at_last`: go on in the other mode, which is safe unless that is WAL and we are not.
    """
    if _mode(name) not in WANTED and not at_last:
        if _locked(descriptor, fcntl.LOCK_EX):
            _change(name)
        return False
    if not _locked(descriptor, fcntl.LOCK_SH):
        if at_last:
            raise Database.OperationalError(f"another process is about to change {name}")
        return False
    # Looked at again under the lock: until now others could change it.
    if _mode(name) in WANTED:
        return True
    if at_last and not WAL:
        raise _in_use(name)
    return at_last


def _locked(descriptor: int, kind: int) -> bool:
    """Return whether the lock could be had; where not, none is held any more (flock(2))."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _change(name: str) -> None:
    """Put the file into the mode that this library needs, or leave it where somebody of others uses it."""
    with closing(Database.connect(name, timeout=SECONDS, isolation_level=None)) as connection:
        # With this lock a write-ahead log is read by nobody else, and no other is met in it.
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        try:
            connection.execute(f"PRAGMA journal_mode={'wal' if WAL else 'delete'}")
        except Database.OperationalError as error:
            if "locked" not in str(error):
                raise


def _mode(name: str) -> str:
    """Return the mode that a file's header names; empty: there is nothing in it yet."""
    try:
        with Path(name).open("rb") as file:
            return _MODES.get(file.read(_HEADER)[_VERSIONS], "")
    except FileNotFoundError:
        return ""


def _open(path: str) -> int:
    try:
        return open_lock(Path(path))
    except OSError as error:
        raise Database.OperationalError(f"{path}: {error.strerror}") from error


def _in_use(name: str) -> Database.OperationalError:
    return Database.OperationalError(
        f"SQLite {VERSION} can lose writes in WAL mode, {name} is in that mode, and another process has it "
        "open: end that first"
    )
