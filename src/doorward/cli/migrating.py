"""Bringing the database up to date, one process at a time: who comes second waits, says so, and not for ever."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from psycopg_pool import PoolTimeout

from doorward.cli.failure import Failure
from doorward.cli.listening_file import try_lock
from doorward.kernel.db import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

_log = logging.getLogger("doorward.run")

# Of PostgreSQL's advisory locks: any number that nobody else takes.
_LOCK: Final = 0x446F6F72
# Migrations of a million rows take minutes; what takes longer than this, somebody should look at.
WAIT_SECONDS: Final = 300.0
_AGAIN_SECONDS: Final = 0.2
# What a migration waits for a table that somebody uses; while it waits, everybody else waits for it.
_TABLE_SECONDS: Final = 30
_WAITING: Final = (
    "Waiting for another start of Doorward, which is bringing the database up to date."
)
_GAVE_UP: Final = (
    "Another start of Doorward has been bringing the database up to date for {seconds:.0f} seconds: see whether it "
    "still works or is stuck, then start again."
)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Do alone what is inside: on PostgreSQL all of it in one transaction, which a pooler does not cut in pieces.

    Raises `Failure` where another process does it and does not come to an end.
    """
    if connection.vendor == "postgresql":
        with _locked_by_transaction():
            yield
        return
    with (settings.DOORWARD.data_dir / "migrating.lock").open("w") as file:
        for _try in _tries():
            if try_lock(file.fileno()):
                break
        yield


def migrate() -> None:
    """Do the migrations that are left; raise `Failure` where the database is newer than this program."""
    if said := schema.newer():
        raise Failure(said)
    executor = MigrationExecutor(connection, progress_callback=_between)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        with _all_or_nothing():
            executor.migrate(executor.loader.graph.leaf_nodes(), plan=plan)


@contextmanager
def _all_or_nothing() -> Iterator[None]:
    """Do what is inside in one transaction, on SQLite too.

    Django commits the tables of a migration before it writes down that they are there: where the power is
    cut in between, the next start would make them once more, and fail. SQLite takes tables apart only
    without looking at references, which cannot be turned off within a transaction.
    """
    if connection.vendor != "sqlite":
        yield  # in the transaction that has the lock
        return
    connection.disable_constraint_checking()
    try:
        with transaction.atomic():
            yield
    finally:
        connection.enable_constraint_checking()


@contextmanager
def _locked_by_transaction() -> Iterator[None]:
    for _try in _tries():
        if not _is_connected():
            continue
        # One transaction a try: while we wait, the pooler's connection is somebody else's.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
            if cursor.fetchone()[0]:
                cursor.execute(f"SET LOCAL lock_timeout = '{_TABLE_SECONDS}s'")
                yield
                return


def wait_for_connection() -> None:
    """Wait until a pooler has a connection to give: another start may have its only one."""
    if connection.vendor == "sqlite":
        # There is no pooler, and a file that is not there would be made.
        return
    for _try in _tries():
        if _is_connected():
            return


def _is_connected() -> bool:
    try:
        connection.ensure_connection()
    except OperationalError as error:
        # Nobody refuses us, and nobody has time for us.
        if isinstance(error.__cause__, PoolTimeout):
            return False
        raise
    return True


def _tries() -> Iterator[None]:
    """Return one try after another, and say once that it takes longer; raise `Failure` when it takes too long."""
    began = time.monotonic()
    yield
    _log.warning(_WAITING)
    while time.monotonic() - began < WAIT_SECONDS:
        time.sleep(_AGAIN_SECONDS)
        yield
    raise Failure(_GAVE_UP.format(seconds=WAIT_SECONDS))


def _between(action: str, *_rest: Any) -> None:  # noqa: ANN401 - Django's arguments
    """Have PostgreSQL look at references now: it changes no table while it still has to look at some of its rows."""
    if action == "apply_start" and connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
