"""The tables of a Django project: of its SQLite file, of its PostgreSQL database, or of what `dumpdata` wrote."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from doorward.importing.errors import SourceUnreachable, SourceUnreadable
from doorward.importing.other_system import must_fit, objects, parsed
from doorward.importing.reading_files import MOST_LINES
from doorward.kernel.db.sqlite.driver import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Row: TypeAlias = "dict[str, Any]"

NAME: Final = "Django"
POSTGRESQL: Final = ("postgresql://", "postgres://")
_SQLITE: Final = b"SQLite format 3\x00"
# Of one value: nothing that is read is longer.
_SECONDS: Final = 10
_MINUTE: Final = 60_000
_PLAIN: Final = re.compile(r"create table\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tables:
    """Each table's columns, and its rows in their order; a row's own key is at `pk`."""

    columns: dict[str, frozenset[str]]
    rows_of: Callable[[str], Iterator[Row]]

    def rows(self, table: str) -> Iterator[Row]:
        """Return a table's rows; none where there is no such table. Raises `SourceUnreadable`: too many."""
        if table not in self.columns:
            return
        for number, row in enumerate(self.rows_of(table)):
            if number >= MOST_LINES * 10:
                raise SourceUnreadable(NAME)
            yield row


def is_sqlite(file: bytes) -> bool:
    """Return whether a file begins as one of SQLite does."""
    return file.startswith(_SQLITE)


def of_dump(file: bytes) -> Tables:
    """Return the tables of what `dumpdata` wrote as JSON, or as JSON lines. Raises `SourceUnreadable`."""
    found: dict[str, list[Row]] = defaultdict(list)
    for one in objects(_dumped(file), NAME):
        model, fields = one.get("model"), one.get("fields")
        if not isinstance(model, str) or not isinstance(fields, dict):
            raise SourceUnreadable(NAME)
        row = {"user_id" if name == "user" else name: value for name, value in fields.items()}
        found[model.replace(".", "_").lower()].append(row | {"pk": one.get("pk")})
    columns = {table: frozenset().union(*rows) for table, rows in found.items()}
    return Tables(columns, lambda table: iter(found[table]))


def _dumped(file: bytes) -> object:
    must_fit(file)
    if file.lstrip()[:1] == b"{":
        return [parsed(line, NAME) for line in file.splitlines() if line.strip()]
    return parsed(file, NAME)


@contextmanager
def of_sqlite(path: Path) -> Iterator[Tables]:
    """Return the tables of an SQLite file, which is only read. Raises `SourceUnreadable`."""
    try:
        connection = Database.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)
    except Database.Error as error:
        raise SourceUnreadable(NAME) from error
    try:
        yield _sqlite(connection)
    except Database.Error as error:
        raise SourceUnreadable(NAME) from error
    finally:
        connection.close()


def _sqlite(connection: Any) -> Tables:  # noqa: ANN401 - of whichever driver there is
    connection.text_factory = lambda raw: raw.decode(errors="replace")
    # Somebody else made this file: nothing that it defines is run, and a page that is odd is an error.
    for pragma in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")  # all of it as it is at one time
    columns = {}
    for table, text in connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'table'"
    ).fetchall():
        if _PLAIN.match(text or ""):
            named = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
            columns[table] = [name for (name,) in named]

    def rows_of(table: str) -> Iterator[Row]:
        key = _key(columns[table])
        cursor = connection.execute(f"SELECT * FROM {_quoted(table)} ORDER BY {_quoted(key)}")  # noqa: S608 - quoted
        names = [one[0] for one in cursor.description]
        for values in cursor:
            row = dict(zip(names, values, strict=True))
            yield row | {"pk": row.get(key)}

    return Tables({table: frozenset(names) for table, names in columns.items()}, rows_of)


@contextmanager
def of_postgresql(address: str) -> Iterator[Tables]:
    """Return the tables of a PostgreSQL database, as it is at one time.

    Raises `SourceUnreadable`, and `SourceUnreachable` where it is not there or lets nobody in.
    """
    try:
        connection = psycopg.connect(address, connect_timeout=_SECONDS, row_factory=dict_row)
    except psycopg.Error as error:
        raise SourceUnreachable from error
    try:
        with connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.execute(f"SET statement_timeout = {_MINUTE}")
            yield _postgresql(connection)
    except psycopg.Error as error:
        raise SourceUnreadable(NAME) from error


def _postgresql(connection: psycopg.Connection[Row]) -> Tables:
    columns: dict[str, list[str]] = defaultdict(list)
    for one in connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables "
        "USING (table_schema, table_name) WHERE table_schema = ANY(current_schemas(false)) "
        "AND table_type = 'BASE TABLE' ORDER BY table_name, ordinal_position"
    ):
        columns[one["table_name"]].append(one["column_name"])

    def rows_of(table: str) -> Iterator[Row]:
        key = _key(columns[table])
        query = sql.SQL("SELECT * FROM {} ORDER BY {}").format(
            sql.Identifier(table), sql.Identifier(key)
        )
        with connection.cursor(name="doorward_import") as cursor:
            cursor.execute(query)
            for row in cursor:
                yield row | {"pk": row[key]}

    return Tables({table: frozenset(names) for table, names in columns.items()}, rows_of)


def inner(value: object) -> dict[str, Any]:
    """Return what a JSON column has, which SQLite keeps as text. Raises `ValueError`."""
    found = json.loads(value) if isinstance(value, str) else value
    return found if isinstance(found, dict) else {}


def _key(columns: list[str]) -> str:
    return "id" if "id" in columns else columns[0]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
