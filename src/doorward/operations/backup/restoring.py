"""Putting a backup back into an empty place: looked at as a whole first, then written, counted, and only then named."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection

from doorward.kernel import atomic_files
from doorward.kernel.db import dump, unfinished
from doorward.kernel.db.sqlite.copying import NotWhole, look_through
from doorward.kernel.db.sqlite.driver import Database
from doorward.kernel.text.amounts import amount
from doorward.operations.backup import encryption, ended_on_restore, manifest
from doorward.operations.backup import put_back as put_back_table
from doorward.operations.backup.archive import NoBackup, Unpacking
from doorward.operations.backup.making import ask

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

# What SQLite keeps beside a database.
_BESIDE = ("", "-wal", "-shm", "-journal")


class NotEmpty(Exception):
    """There is something in the place already; the message is one sentence."""


def look(
    path: Path, *, by: Sequence[Any], seen: Callable[[int], object] = lambda _bytes: None
) -> dict[str, Any]:
    """Return the manifest of a backup that is whole; `by`: identities. Raises `NoBackup`, `WrongKey`, `OSError`."""
    return read(path, by=by, take=lambda _piece: None, seen=seen)


def read(
    path: Path,
    *,
    by: Sequence[Any],
    take: Callable[[bytes], object],
    seen: Callable[[int], object] = lambda _bytes: None,
) -> dict[str, Any]:
    """Hand the database on piece by piece, and return the manifest; raises as `look` does, and what `take` raises."""
    unpacking = Unpacking(take)
    try:
        opened = path.open("rb")
    except OSError as error:
        raise NoBackup(f"it cannot be read: {error.strerror}") from error
    with opened as file:
        encryption.decrypt(file, by, unpacking.write, seen=seen)
    return unpacking.finish()


def refuse_full() -> None:
    """Raise `NotEmpty` where there is a database with anything in it."""
    if connection.vendor == "sqlite":
        database = settings.DOORWARD.sqlite_file
        there = [f"{database}{end}" for end in _BESIDE if os.path.lexists(f"{database}{end}")]
        if there:
            raise NotEmpty(
                f"{there[0]} is there: a backup is put back into an empty place only. Move it away, or name another "
                "data folder."
            )
        return
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor)) - {unfinished.TABLE}
    if tables:
        raise NotEmpty(
            f"The database has tables ({min(tables)}): a backup is put back into an empty one only. Make one "
            "(createdb), and name it by DOORWARD_DATABASE_URL."
        )


def put_back(
    path: Path,
    *,
    by: Sequence[Any],
    looked: dict[str, Any],
    end_at: datetime | None,
    seen: Callable[[int], object] = lambda _bytes: None,
) -> dict[str, int]:
    """Write what a backup has into the empty place; return how many of what were ended. `looked`: what `look` returned.

    `end_at`: now, and what would open a door ends (`past`); None: all stays as it was. Whatever breaks it off leaves a
    place on which nobody starts, and into which it can be put again. Raises `NoBackup`, `NotWhole`, `CannotDump`,
    `WrongKey`, `OSError`, `DatabaseError`.
    """
    if connection.vendor == "sqlite":
        return _into_a_file(path, by=by, looked=looked, end_at=end_at, seen=seen)
    return _into_a_server(path, by=by, looked=looked, end_at=end_at, seen=seen)


def unpack(path: Path, target: Path, *, by: Sequence[Any]) -> dict[str, Any]:
    """Write the SQLite database of a backup into a file, and see that it is whole; return the manifest."""
    with target.open("r+b") as file:
        said = read(path, by=by, take=file.write)
    manifest.refuse(said, kind="sqlite")
    return said


def _into_a_file(
    path: Path,
    *,
    by: Sequence[Any],
    looked: dict[str, Any],
    end_at: datetime | None,
    seen: Callable[[int], object],
) -> dict[str, int]:
    database, aside = settings.DOORWARD.sqlite_file, unfinished.file()
    assert database  # noqa: S101 - SQLite's is a file
    assert aside  # noqa: S101
    with atomic_files.written_anew(aside) as file:
        _must_be_the_same(read(path, by=by, take=file.write, seen=seen), looked)
    with closing(Database.connect(aside, isolation_level=None)) as opened:
        opened.execute("PRAGMA locking_mode=EXCLUSIVE")
        look_through(opened)
        _must_count(lambda sql: opened.execute(sql).fetchall(), looked, kind="sqlite")
        # Nothing is left beside it by one that is killed: what is written next would be rolled back by that.
        opened.execute("PRAGMA journal_mode=MEMORY")
        ended = _finish(lambda sql: int(opened.execute(sql).rowcount), looked, end_at)
    refuse_full()
    aside.replace(database)
    atomic_files.sync_folder(aside.parent)
    return ended


def _into_a_server(
    path: Path,
    *,
    by: Sequence[Any],
    looked: dict[str, Any],
    end_at: datetime | None,
    seen: Callable[[int], object],
) -> dict[str, int]:
    unfinished.begin()
    refuse_full()
    with dump.restoring() as there:
        _must_be_the_same(read(path, by=by, take=there.write, seen=seen), looked)
    _must_count(ask, looked, kind="postgresql")
    with connection.cursor() as cursor:

        def run(sql: str) -> int:
            cursor.execute(sql)
            return int(cursor.rowcount)

        ended = _finish(run, looked, end_at)
    unfinished.end()
    return ended


def _finish(
    run: Callable[[str], int], looked: dict[str, Any], end_at: datetime | None
) -> dict[str, int]:
    """End what would open a door, and write down that it was put back; what is only looked at stays as it was."""
    if end_at is None:
        return {}
    put_back_table.mark(run, as_of=looked["made_at"])
    return ended_on_restore.end(run, rows=looked["rows"], now=end_at)


def _must_be_the_same(read_now: dict[str, Any], looked: dict[str, Any]) -> None:
    if read_now != looked:
        raise NoBackup("it was changed while it was read")


def _must_count(ask_it: manifest.Ask, looked: dict[str, Any], *, kind: str) -> None:
    """Raise `NotWhole` where a table has another number of rows than it had."""
    there = manifest.count(ask_it, kind=kind)
    for table, rows in looked["rows"].items():
        if there.get(table) != rows:
            raise NotWhole(
                f"{table} had {amount(rows, 'row', 'rows')}, and has {there.get(table, 'none')}"
            )
