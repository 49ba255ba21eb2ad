"""Another database beside the one that is used, to be read from: a backup."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.recorder import MigrationRecorder
from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import Iterator

BACKUP: Final = "backup"


def describe(source: str) -> dict[str, Any]:
    """Return a file of SQLite, or the address of a database on PostgreSQL, as Django describes one; to be read."""
    if "://" not in source:
        name = f"file:{quote(str(Path(source).absolute()))}?mode=ro&immutable=1"
        return {"ENGINE": "doorward.kernel.db.sqlite", "NAME": name, "OPTIONS": {"detect_types": 0}}
    given: dict[str, Any] = conninfo_to_dict(source)
    name = given.pop("dbname", "")
    given["options"] = f"{given.get('options', '')} -c default_transaction_read_only=on".strip()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {**given, "prepare_threshold": None},
    }


@contextmanager
def opened(description: dict[str, Any]) -> Iterator[str]:
    """Return the alias by which this thread reads the other database; `description` as in Django's `DATABASES`."""
    whole = connections.configure_settings({DEFAULT_DB_ALIAS: {}, BACKUP: description})
    connections.settings[BACKUP] = whole[BACKUP]
    try:
        # It is one of this installation's databases for nobody else.
        connections[BACKUP] = connections.create_connection(BACKUP)
    finally:
        del connections.settings[BACKUP]
    try:
        yield BACKUP
    finally:
        connections[BACKUP].close()
        del connections[BACKUP]


def has_same_tables(alias: str) -> bool:
    """Return whether the other database was brought up to date by the same release."""
    one, other = (
        MigrationRecorder(connections[name]).applied_migrations()
        for name in (DEFAULT_DB_ALIAS, alias)
    )
    return set(one) == set(other)
