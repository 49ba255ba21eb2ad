"""Making a backup: of one moment, while the portal runs, encrypted as it is written, named when it is whole."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import connection

from doorward.kernel import atomic_files
from doorward.kernel.db import dump
from doorward.kernel.db.dump import CannotDump
from doorward.kernel.db.sqlite.copying import NotWhole, copy_to
from doorward.kernel.db.sqlite.driver import Database
from doorward.operations.backup import archive, encryption, manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from datetime import datetime
    from pathlib import Path

__all__ = ["CannotDump", "Made", "NoRoom", "NotWhole", "ask", "make"]

# What the portal itself is left, where the copy of an SQLite file stands beside it for a while.
_LEFT_BYTES: Final = 64 * 1024 * 1024


class NoRoom(Exception):
    """There is not enough room for the copy that is made first; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made: how large the file is, and what its manifest says."""

    size: int
    manifest: dict[str, Any]


def make(
    path: Path,
    *,
    recipients: Sequence[Any],
    replace: bool,
    now: datetime,
    seen: Callable[[int, int], object] = lambda _done, _of: None,
) -> Made:
    """Write a backup to `path`, encrypted to the recipients where there are any; return what was made.

    `seen` is told how many bytes are through, and of how many (0: nobody knows). Raises `FileExistsError`, `OSError`,
    `NoRoom`, `NotWhole`, `CannotDump`, `DatabaseError`.
    """
    pieces = _of_sqlite if connection.vendor == "sqlite" else _of_postgresql
    with atomic_files.made_aside(path, replace=replace) as aside, aside.open("r+b") as file:
        said: dict[str, Any] = {}
        with closing(pieces(said, now, seen)) as some:
            encryption.encrypt(archive.pack(some, lambda: said), file, recipients)
        file.flush()
        size = file.tell()
    return Made(size, said)


def _of_sqlite(
    said: dict[str, Any], now: datetime, seen: Callable[[int, int], object]
) -> Generator[bytes, None, None]:
    # Beside the database, and so as well kept as it is: not beside the backup, where it may not be read.
    database: Path = settings.DOORWARD.sqlite_file  # type: ignore[assignment]  # SQLite is a file
    _must_have_room(database)
    with atomic_files.scratch(database.with_name("backup")) as copy:
        copy_to(copy)
        with closing(Database.connect(copy, isolation_level=None)) as opened:
            said |= manifest.describe(
                lambda sql: opened.execute(sql).fetchall(), kind="sqlite", now=now
            )
        size, done = copy.stat().st_size, 0
        with copy.open("rb") as file:
            while piece := file.read(archive.PIECE_BYTES):
                yield piece
                done += len(piece)
                seen(done, size)


def _of_postgresql(
    said: dict[str, Any], now: datetime, seen: Callable[[int, int], object]
) -> Generator[bytes, None, None]:
    with dump.at_one_moment() as snapshot:
        said |= manifest.describe(ask, kind="postgresql", now=now)
        done = 0
        for piece in dump.dump(snapshot, piece_bytes=archive.PIECE_BYTES):
            yield piece
            done += len(piece)
            seen(done, 0)


def ask(sql: str) -> list[tuple[Any, ...]]:
    """Return what the database that is used answers."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _must_have_room(database: Path) -> None:
    log = database.with_name(f"{database.name}-wal")
    wanted = database.stat().st_size + (log.stat().st_size if log.exists() else 0) + _LEFT_BYTES
    free = shutil.disk_usage(database.parent).free
    if free < wanted:
        raise NoRoom(
            f"There is no room for the copy that is made first: {database.parent} has "
            f"{free // 1_000_000} MB left, and {wanted // 1_000_000} MB are wanted."
        )
