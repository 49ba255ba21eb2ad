"""The database, brought up to date, and what a first start makes in it."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import DatabaseError, ProgrammingError, connection
from django.utils import timezone

from doorward.cli.failure import Failure
from doorward.cli.migrating import migrate, one_at_a_time, wait_for_connection
from doorward.cli.read_only_disk import way_on
from doorward.customers.services import first_start
from doorward.kernel.crypto import columns
from doorward.kernel.crypto.keyring import KeyFile, SafeBroken
from doorward.kernel.db import poolers, schema, unfinished
from doorward.kernel.db.sqlite import driver
from doorward.kernel.why_not_saved import Fault, fault_in, sentence_for
from doorward.operations.backup import put_back
from doorward.operations.sealed_columns import COLUMNS
from doorward.policy.first_day import require_of_staff

_log = logging.getLogger("doorward.run")

_LOCK_NOT_AVAILABLE = "55P03"
_TABLE_IN_USE = (
    "The database cannot be brought up to date: somebody holds a table of it in a transaction that does not end. "
    "Nothing was changed; end that (pg_stat_activity shows it), then start again."
)
_NOT_CURRENT = "The database is not up to date: `doorward run` brings it there."


def bring_up_to_date(*, only_sqlite: bool = False) -> None:
    """Migrate the database and make what a first start makes, one process at a time.

    `only_sqlite`: leave PostgreSQL alone, since there `doorward run` does it. Raises `Failure` where
    the database is newer than this program, or the key file does not hold the keys that it needs.
    """
    if connection.vendor == "sqlite" and not (driver.WAL or only_sqlite):
        _log.warning(driver.REFUSES_WAL)
    try:
        with poolers.directly():
            wait_for_connection()
            _refuse_unfinished()
        if connection.vendor == "sqlite" or not only_sqlite:
            with poolers.directly(), one_at_a_time():
                migrate()
                first_start(now=(now := timezone.now()))
                require_of_staff(now=now)
                put_back.tell()
        else:
            _refuse_newer()
        _refuse_without_keys(only_first=only_sqlite)
    except DatabaseError as error:
        raise cannot_be_used(error) from error


def refuse_unprepared() -> None:
    """Raise `Failure` where `doorward run` has yet to prepare the database, or its keys are not here."""
    try:
        _refuse_unfinished()
        _refuse_newer()
        if not schema.is_current():
            raise Failure(_NOT_CURRENT)
        _refuse_without_keys(only_first=False)
    except DatabaseError as error:
        raise cannot_be_used(error) from error


def refuse_missing_or_newer() -> None:
    """Raise `Failure` where there is no database, or one that a newer program has changed."""
    # A key that is made now is none of this database's.
    forget_made_key()
    file = settings.DOORWARD.sqlite_file
    try:
        _refuse_unfinished()
        if file and not file.exists():
            # Asking SQLite would make it.
            raise Failure(f"There is no database at {file}.")
        _refuse_newer()
    except DatabaseError as error:
        raise cannot_be_used(error) from error


def _refuse_unfinished() -> None:
    if said := unfinished.sentence():
        forget_made_key()
        raise Failure(said)


def _refuse_newer() -> None:
    if said := schema.newer():
        raise Failure(said)


def _refuse_without_keys(*, only_first: bool) -> None:
    """Raise `Failure` where a key is missing; `only_first`: of the one value that nothing works without."""
    said = columns.missing(COLUMNS[:1] if only_first else COLUMNS)
    try:
        if not said:
            columns.prepare()
            return
    except SafeBroken as error:
        # Another node's keys, perhaps: the ids agree, and the keys do not.
        said = f"The keys here are not those of this database. {error}"
    # Not the place where it was to be: what this start put there is no key of this database.
    forget_made_key()
    raise Failure(said)


def forget_made_key() -> None:
    """Delete the key file where this process made it: its key is none of the database that is there."""
    keys = settings.KEYS
    if isinstance(keys, KeyFile) and keys.was_made:
        keys.path.unlink(missing_ok=True)


def cannot_be_used(error: DatabaseError) -> Failure:
    """Return the sentence for a database that is not there, not up to date, or in the way."""
    if getattr(error.__cause__, "sqlstate", "") == _LOCK_NOT_AVAILABLE:
        return Failure(_TABLE_IN_USE)
    if type(error.__cause__).__name__ == "PoolTimeout":
        # It is busy for who was let in before; a command that never was does not know why.
        return Failure(f"The database cannot be used: {_first_line(error)}.")
    gone = fault_in(error) in {Fault.AWAY, Fault.LOST}
    if not gone and (said := sentence_for(error)):
        return Failure(said + way_on(error))
    if isinstance(error, ProgrammingError) and connection.vendor == "postgresql":
        return Failure(_NOT_CURRENT)
    return Failure(f"The database cannot be used: {_first_line(error)}.")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
