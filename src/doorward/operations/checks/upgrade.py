"""What starting this version will do to a database that an older one has brought where it is."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from doorward import __version__
from doorward.kernel.db import expanding
from doorward.kernel.text.amounts import amount
from doorward.operations.backup import last_good
from doorward.operations.checks.finding import Finding, advice, fine, unfit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.migrations import Migration
    from django.db.migrations.state import ProjectState

    from doorward.environment.fields import Environment

_FRESH: Final = timedelta(hours=1)
_ROOM_BYTES: Final = 64 * 1024 * 1024


def look(environment: Environment, *, now: datetime) -> Iterator[Finding]:
    """Return the findings; nothing is changed."""
    plan = [*_plan()]
    yield _migrations(plan)
    if not plan:
        return
    yield _older_nodes(plan)
    yield _backup(now=now)
    if environment.sqlite_file:
        yield _room(environment)


def _plan() -> Iterator[tuple[Migration, ProjectState]]:
    executor = MigrationExecutor(connection)
    for migration, _backwards in executor.migration_plan(executor.loader.graph.leaf_nodes()):
        key = (migration.app_label, migration.name)
        yield migration, executor.loader.project_state(key, at_end=False)


def _migrations(plan: list[tuple[Migration, ProjectState]]) -> Finding:
    if not plan:
        return fine("migrations", f"Doorward {__version__} has nothing to do to the database.")
    names = ", ".join(f"{migration.app_label}.{migration.name}" for migration, _before in plan)
    tables = set[str]().union(*(expanding.tables_of(*one) for one in plan))
    rows = sorted(((_rows(table), table) for table in tables), reverse=True)
    touched = (
        ", ".join(f"{table} ({amount(number, 'row', 'rows')})" for number, table in rows) or "none"
    )
    return fine(
        "migrations",
        f"Doorward {__version__} will do: {names}. Tables with rows that it touches: {touched}. "
        "A table of a million rows takes seconds to a minute, during which who needs it waits.",
    )


def _rows(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - one of ours
        number: int = cursor.fetchone()[0]
    return number


def _older_nodes(plan: list[tuple[Migration, ProjectState]]) -> Finding:
    oldest = [one for migration, _ in plan if (one := expanding.oldest_beside(migration.name))]
    if oldest:
        major, minor = max(oldest)
        # Not unfit: which versions run elsewhere, the database does not say.
        return advice(
            "older-nodes",
            f"It takes away what versions before {major}.{minor} need: nodes of those end with it.",
            f"Have every node at {major}.{minor} or newer first.",
        )
    return fine(
        "older-nodes",
        "It only adds: nodes of the version before go on beside it, and may be started again.",
    )


def _backup(*, now: datetime) -> Finding:
    made = last_good.last_good(now)
    if made and now - made <= _FRESH:
        minutes = round((now - made).total_seconds() / 60)
        return fine(
            "backup", f"The last good backup is {amount(minutes, 'minute', 'minutes')} old."
        )
    return unfit(
        "backup",
        "There is no backup of the last hour to go back to.",
        "Make one: `doorward backup FILE`, by this version or the one before.",
    )


def _room(environment: Environment) -> Finding:
    file = environment.sqlite_file
    assert file  # noqa: S101 - asked before
    wanted = 2 * file.stat().st_size + _ROOM_BYTES
    free = shutil.disk_usage(file.parent).free
    if free < wanted:
        return unfit(
            "disk",
            f"{file.parent} has {free // 1_000_000} MB left, and {wanted // 1_000_000} MB may be wanted: SQLite makes "
            "a table that changes a second time, within one transaction.",
            "Make room.",
        )
    return fine("disk", f"{file.parent} has {free // 1_000_000} MB left.")
