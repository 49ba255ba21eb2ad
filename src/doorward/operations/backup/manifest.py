"""What a backup says of itself: whose version, which database, how many rows each table has, the head of history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from doorward import __version__
from doorward.kernel.db import schema
from doorward.operations.backup.archive import NoBackup

if TYPE_CHECKING:
    from datetime import datetime

# Rows of a statement.
Ask: TypeAlias = Callable[[str], Sequence[Sequence[Any]]]
_TABLES: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()",
}


def describe(ask: Ask, *, kind: str, now: datetime) -> dict[str, Any]:
    """Return the manifest of the database that `ask` reads, in the words of the file."""
    rows = count(ask, kind=kind)
    return {
        "doorward": __version__,
        "database": kind,
        "made_at": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "migrations": sorted(
            f"{app}.{name}" for app, name in ask("SELECT app, name FROM django_migrations")
        ),
        "head": _head(ask) if "audit_batch" in rows else "",
        "rows": rows,
    }


def count(ask: Ask, *, kind: str) -> dict[str, int]:
    """Return how many rows each table has."""
    names = sorted(name for [name] in ask(_TABLES[kind]))
    # Names of tables, quoted as SQL wants it: they are the database's own words.
    quoted = {name: '"' + name.replace('"', '""') + '"' for name in names}
    return {name: ask(f"SELECT count(*) FROM {quoted[name]}")[0][0] for name in names}  # noqa: S608


def refuse(manifest: dict[str, Any], *, kind: str) -> None:
    """Raise `NoBackup` where what it has cannot be put back here."""
    if not _is_understood(manifest):
        raise NoBackup("its manifest says something that this version does not know")
    theirs, version = manifest["database"], manifest["doorward"]
    applied = {
        (app, name) for app, _, name in (one.partition(".") for one in manifest["migrations"])
    }
    if theirs != kind:
        names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise NoBackup(
            f"it is of {names.get(theirs, theirs)}, and the database here is {names[kind]}: rows are not carried over"
        )
    if unknown := schema.unknown(applied):
        app, name = unknown[0]
        raise NoBackup(
            f"Doorward {version} made it, which is newer than this program: it does not know the migration {app}.{name}"
        )


def _is_understood(manifest: dict[str, Any]) -> bool:
    """Return whether each word of it is one: they are shown on a terminal, which obeys what cannot be printed."""
    words = [manifest.get(name) for name in ("database", "doorward", "made_at")]
    migrations, rows = manifest.get("migrations"), manifest.get("rows")
    if not isinstance(migrations, list) or not isinstance(rows, dict):
        return False
    if not all(isinstance(one, str) and one.isprintable() for one in (*words, *migrations, *rows)):
        return False
    return all(isinstance(number, int) for number in rows.values())


def _head(ask: Ask) -> str:
    found = ask("SELECT number, head FROM audit_batch ORDER BY number DESC LIMIT 1")
    return f"{found[0][0]}:{bytes(found[0][1]).hex()}" if found else ""
