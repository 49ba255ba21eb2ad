"""A place into which a backup is being put back, and where that did not come to its end: nobody starts on it.

On SQLite it is a file beside the database's, which gets the database's name when it is whole. On PostgreSQL it is a
table, so that every machine sees it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import connection

if TYPE_CHECKING:
    from pathlib import Path

TABLE: Final = "doorward_restoring"


def file() -> Path | None:
    """Return where a backup is written until it is whole; None: the database is no file."""
    database: Path | None = settings.DOORWARD.sqlite_file
    return database.with_name(f"{database.name}.restoring") if database else None


def is_there() -> bool:
    """Return whether a backup is being put back, or broke off; raises `DatabaseError`."""
    if connection.vendor == "sqlite":
        aside = file()
        return bool(aside and aside.exists())
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [TABLE])
        found: bool = cursor.fetchone()[0]
    return found


def begin() -> None:
    """Mark the database of a server; that of a file is marked by the file."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} ()")


def end() -> None:
    """Take the mark away: it is whole."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {TABLE}")


def sentence() -> str:
    """Return one sentence where nobody may start here; empty: all may."""
    if not is_there():
        return ""
    aside = file()
    where = f"delete {aside}" if aside else f"drop the table {TABLE}"
    return (
        "A backup is being put back here, or that broke off: run `doorward restore` again, or, for an empty portal "
        f"instead, {where}."
    )
