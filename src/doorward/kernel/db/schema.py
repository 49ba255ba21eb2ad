"""What the database's tables are like, beside what this program knows: as old, older, or newer."""

from __future__ import annotations

from functools import cache

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from doorward import __version__
from doorward.kernel.db import expanding


def is_current() -> bool:
    """Return whether no migration is left to do; raises `DatabaseError` where no database answers."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def newer() -> str:
    """Return one sentence where a newer program took something away that this one needs; empty: it goes on.

    What newer ones only added does not concern it (`expanding`).
    """
    mine = expanding.version_of(__version__)
    for app, name in unknown(set(MigrationRecorder(connection).applied_migrations())):
        oldest = expanding.oldest_beside(name)
        if oldest and mine < oldest:
            return (
                f"The database is newer than this program: after its migration {app}.{name} Doorward "
                f"{oldest[0]}.{oldest[1]} is the oldest that may run, and this is {__version__}. "
                "Install the version that it was used with last, or restore a backup from before."
            )
    return ""


def unknown(applied: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return those of the migrations, (app, name), that this program does not know."""
    return sorted(applied - _known())


@cache
def _known() -> frozenset[tuple[str, str]]:
    """Return every migration of this program, and those that others have taken the place of."""
    there = MigrationLoader(None).disk_migrations
    replaced = {key for migration in there.values() for key in migration.replaces}
    return frozenset({*there, *replaced})
