"""Django's backend for SQLite with the driver that `driver` chose; the name of this file is Django's.

Django has no way to choose it: its backend names the standard library's driver where it connects, in
its class of cursors, and where it asks for the version. These places are here; the rest is Django's.
Nothing here opens a file by the standard library's driver, so that no process has two libraries on one
file, whose locks would undo each other's.
"""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Mapping
from contextlib import contextmanager
from functools import lru_cache
from itertools import tee
from typing import TYPE_CHECKING, Any, Final

from django.db.backends.sqlite3 import base as django_base
from django.db.backends.sqlite3.features import DatabaseFeatures as DjangoFeatures
from django.db.backends.sqlite3.operations import DatabaseOperations as DjangoOperations
from django.utils.asyncio import async_unsafe

from doorward.kernel.db.sqlite import journal
from doorward.kernel.db.sqlite.driver import Database

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# `PRAGMA synchronous`: a log is written, and not waited for. It stays whole whatever happens.
_NORMAL: Final = 1
# Its types are described in part.
_django: Any = django_base

# As Django tells the standard library's driver.
Database.register_adapter(decimal.Decimal, str)
Database.register_adapter(dt.date, _django.adapt_date)
Database.register_adapter(dt.datetime, _django.adapt_datetime)


class DatabaseFeatures(DjangoFeatures):
    """What Django asks the library's version for."""

    can_alter_table_drop_column = Database.sqlite_version_info >= (3, 35, 5)

    can_return_columns_from_insert = Database.sqlite_version_info >= (3, 35)


class DatabaseOperations(DjangoOperations):
    """What Django asks the library's version for."""

    def force_group_by(self) -> list[str]:
        """Return the clause that HAVING without GROUP BY needs in older libraries."""
        return ["GROUP BY TRUE"] if Database.sqlite_version_info < (3, 39) else []


@lru_cache(maxsize=256)
def _convert(query: str, names: tuple[str, ...] | None) -> str:
    """Return a statement with the driver's marks. Looking for Django's at each run costs 14 % of *Home*."""
    converted: str = _django.SQLiteCursorWrapper.convert_query(None, query, param_names=names)
    return converted


class Cursor(Database.Cursor):  # type: ignore[misc] # chosen when this is imported
    """A cursor that takes Django's marks for parameters, as Django's own does."""

    def execute(self, query: str, params: Any = None) -> Any:  # noqa: ANN401 - as the driver's
        """Run a statement."""
        if params is None:
            return super().execute(query)
        names = tuple(params) if isinstance(params, Mapping) else None
        return super().execute(_convert(query, names), params)

    def executemany(self, query: str, param_list: Iterable[Any]) -> Any:  # noqa: ANN401 - as the driver's
        """Run a statement once for each of the parameters, which may come from a generator."""
        looked_at, param_list = tee(iter(param_list))
        first = next(looked_at, None)
        names = tuple(first) if first and isinstance(first, Mapping) else None
        return super().executemany(_convert(query, names), param_list)


class DatabaseWrapper(django_base.DatabaseWrapper):
    """A connection by the chosen driver, to a file that is journaled as its library needs."""

    Database = Database
    features_class = DatabaseFeatures
    ops_class = DatabaseOperations

    init_commands: list[str]
    # The level to which each commit is waited for; 0 where less would be unsafe, without a write-ahead log.
    _synced: int = 0

    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:  # noqa: ANN401 - the driver's
        """Open the file."""
        name = str(conn_params["database"])
        journal.settle(name)
        connection = Database.connect(**conn_params)
        journal.refuse_wal(connection, name)
        _django.register_functions(connection)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA legacy_alter_table = OFF")
        for command in filter(None, map(str.strip, self.init_commands)):
            connection.execute(command)
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        (level,) = connection.execute("PRAGMA synchronous").fetchone()
        self._synced = level if mode == "wal" else 0
        return connection

    def create_cursor(self, name: str | None = None) -> Any:  # noqa: ANN401 - the driver's
        """Return a cursor; SQLite's have no name."""
        del name
        return self.connection.cursor(factory=Cursor)

    @contextmanager
    def unsynced(self) -> Iterator[None]:
        """Commit without waiting for the disk (`kernel.db.unsynced`), where that leaves the file whole."""
        self.ensure_connection()
        if self.in_atomic_block or self._synced <= _NORMAL:
            yield
            return
        opened = self.connection
        opened.execute(f"PRAGMA synchronous={_NORMAL}")
        try:
            yield
        finally:
            if self.connection is opened:
                opened.execute(f"PRAGMA synchronous={self._synced}")
