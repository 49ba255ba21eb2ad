"""What the database's tables are like, beside what this program knows: as old, older, or newer."""

from __future__ import annotations

from functools import cache

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from doorward import __version__


def is_current() -> bool:
    """Return whether no migration is left to do; raises `DatabaseError` where no database answers."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def newer() -> str:
    """Return one sentence where the database has a migration that this program does not know; empty: it has none.

    A newer program has been there: what it changed in the tables this one would read and write wrongly.
    """
    found = unknown(set(MigrationRecorder(connection).applied_migrations()))
    if not found:
        return ""
    app, name = found[0]
    return (
        f"The database is newer than this program: Doorward {__version__} does not know its migration {app}.{name}. "
        "Install the version that it was used with last, or restore a backup from before."
    )


def unknown(applied: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return those of the migrations, (app, name), that this program does not know."""
    return sorted(applied - _known())


@cache
def _known() -> frozenset[tuple[str, str]]:
    """Return every migration of this program, and those that others have taken the place of."""
    there = MigrationLoader(None).disk_migrations
    replaced = {key for migration in there.values() for key in migration.replaces}
    return frozenset({*there, *replaced})
