"""The database, brought up to date, and what a first start makes in it."""

from __future__ import annotations

import fcntl
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, ProgrammingError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from doorward.cli.base import Failure
from doorward.cli.sealed import COLUMNS
from doorward.customers.services import first_start
from doorward.safe import sealed
from doorward.safe.keyring import SafeBroken
from doorward.safe.sqlite import driver

if TYPE_CHECKING:
    from collections.abc import Iterator

_log = logging.getLogger("doorward.run")

# Of PostgreSQL's advisory locks: any number that nobody else takes.
_MIGRATION_LOCK = 0x446F6F72
_NOT_CURRENT = "The database is not up to date: `doorward run` brings it there."


def bring_up_to_date(*, only_sqlite: bool = False) -> None:
    """Migrate the database and make what a first start makes, one process at a time.

    `only_sqlite`: leave PostgreSQL alone, since there `doorward run` does it. Raises `Failure` where
    the key file does not hold the keys that the database needs.
    """
    if connection.vendor == "sqlite" and not (driver.WAL or only_sqlite):
        _log.warning(driver.REFUSES_WAL)
    try:
        if connection.vendor == "sqlite" or not only_sqlite:
            with _one_at_a_time():
                if not _is_current():
                    call_command("migrate", verbosity=0, interactive=False)
                first_start(now=timezone.now())
        _refuse_without_keys(only_first=only_sqlite)
    except DatabaseError as error:
        raise cannot_be_used(error) from error


def refuse_unprepared() -> None:
    """Raise `Failure` where `doorward run` has yet to prepare the database, or its keys are not here."""
    try:
        if not _is_current():
            raise Failure(_NOT_CURRENT)
        _refuse_without_keys(only_first=False)
    except DatabaseError as error:
        raise cannot_be_used(error) from error


def _is_current() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _refuse_without_keys(*, only_first: bool) -> None:
    """Raise `Failure` where a key is missing; `only_first`: of the one value that nothing works without."""
    said = sealed.missing(COLUMNS[:1] if only_first else COLUMNS)
    try:
        if not said:
            sealed.prepare()
            return
    except SafeBroken as error:
        said = str(error)
    file = settings.KEYS
    if file.was_made:
        # Not the place where it was to be: what this start put there is no key of this database.
        file.path.unlink(missing_ok=True)
    raise Failure(said)


def cannot_be_used(error: DatabaseError) -> Failure:
    """Give the sentence for a database that is not there, not up to date, or in the way."""
    if isinstance(error, ProgrammingError) and connection.vendor == "postgresql":
        return Failure(_NOT_CURRENT)
    return Failure(f"The database cannot be used: {_first_line(error)}.")


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])
        return
    with (settings.DOORWARD.data_dir / "migrating.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
