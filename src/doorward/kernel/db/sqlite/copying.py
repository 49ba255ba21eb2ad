"""A copy of the database as it is at one moment, made while it is being used (SQLite's online backup)."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from django.db import connection

from doorward.kernel.db.sqlite.driver import Database

if TYPE_CHECKING:
    from pathlib import Path

_PAGES_AT_ONCE: Final = 1000


class NotWhole(Exception):
    """The copy is damaged, and so is the database; the message is what SQLite says of it."""


def copy_to(path: Path) -> None:
    """Write all that is committed now into a file, and look through the copy; raises `NotWhole`, `DatabaseError`.

    In WAL mode nobody waits for it; without, whoever writes waits until the copy is made.
    """
    connection.ensure_connection()
    source: Any = connection.connection
    with connection.wrap_database_errors:
        # A transaction of our own stays at its moment. Without one, each write of others begins the copy again.
        source.execute("BEGIN")
        try:
            source.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
            with closing(Database.connect(path, isolation_level=None)) as copy:
                source.backup(copy, pages=_PAGES_AT_ONCE)
        finally:
            source.execute("ROLLBACK")
        _finish(path)


def _finish(path: Path) -> None:
    """Make one file of the copy, that needs no log beside it, and see whether it is whole."""
    with closing(Database.connect(path, isolation_level=None)) as copy:
        copy.execute("PRAGMA locking_mode=EXCLUSIVE")
        copy.execute("PRAGMA journal_mode=DELETE")
        look_through(copy)


def look_through(opened: Any) -> None:  # noqa: ANN401 - a connection of PEP 249
    """Raise `NotWhole` where SQLite finds a file damaged (`PRAGMA integrity_check`), or a row that points nowhere."""
    try:
        [said, *_more] = opened.execute("PRAGMA integrity_check").fetchone()
        lost = opened.execute("PRAGMA foreign_key_check").fetchone()
    except Database.DatabaseError as error:
        raise NotWhole(str(error).rstrip(".")) from error
    if said != "ok":
        raise NotWhole(said.splitlines()[-1].rstrip("."))
    if lost:
        raise NotWhole(f"a row of {lost[0]} names one of {lost[2]} that is not there")
