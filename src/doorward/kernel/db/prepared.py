"""Queries that Django writes once and the database runs often.

Building a wide query through the ORM at each request costs ten times what the database takes to
answer it. Here the ORM still writes the SQL and knows how columns become Python values; it does so
once in a process. For the few statements that every page or every sign-in runs, and no others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import AutoField, BooleanField, DateTimeField, JSONField, UUIDField
from django.db.models.sql import UpdateQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Field, Model, QuerySet

    Value = bytes | UUID | int | str | datetime

Found = TypeVar("Found")
_NAMED = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True)
class _Written:
    """The SQL, its constants, where each value goes, and how columns are converted: plainly, or as Django does."""

    sql: str
    parameters: tuple[Any, ...]
    places: tuple[tuple[int, int], ...]
    plain: tuple[tuple[int, Callable[[Any], Any]], ...] = ()
    converters: tuple[tuple[int, tuple[Callable[..., Any], ...], Any], ...] = ()

    @cached_property
    def for_driver(self) -> str:
        """The SQL with the marks of SQLite's own driver."""
        return _NAMED.sub(r":\1", self.sql).replace("%s", "?").replace("%%", "%")

    def filled(self, connection: BaseDatabaseWrapper, values: Sequence[Value]) -> list[Any]:
        """Return the parameters with these values in their places."""
        adapted = [_adapt(value, connection) for value in values]
        parameters = list(self.parameters)
        for place, which in self.places:
            parameters[place] = adapted[which]
        return parameters


class Prepared:
    """A `values_list` query, written down at its first use.

    `make` builds it for given values. A value may stand in several places; everything else in the
    query must be the same whatever the values are.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, Any]]) -> None:
        self._make = make
        self._written: _Written | None = None

    def rows(self, *values: Value) -> list[tuple[Any, ...]]:
        """Return the rows for these values."""
        connection = connections[DEFAULT_DB_ALIAS]
        written = self._written or self._write(connection, values)
        found = _run(connection, written, written.filled(connection, values), _all_rows)
        return [_convert(connection, row, written) for row in found]

    def _write(self, connection: BaseDatabaseWrapper, values: Sequence[Value]) -> _Written:
        samples = _samples(values)
        compiler = self._make(*samples).query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        found = compiler.get_converters([entry[0] for entry in compiler.select])
        plain = {place: _plainly(connection, how[1]) for place, how in found.items()}
        self._written = _Written(
            sql,
            tuple(parameters),
            _places(connection, parameters, samples),
            tuple((place, function) for place, function in plain.items() if function),
            tuple(
                (place, tuple(how[0]), how[1]) for place, how in found.items() if not plain[place]
            ),
        )
        return self._written


class PreparedText:
    """A statement that no ORM can write, in our own words, with named values: `%(name)s`."""

    def __init__(self, sql: str) -> None:
        self._written = _Written(sql, (), ())

    def rows(self, values: Mapping[str, Value]) -> list[Sequence[Any]]:
        """Run it; return the rows as the driver does."""
        return _run(connections[DEFAULT_DB_ALIAS], self._written, values, _all_rows)


class PreparedUpdate:
    """An `update`, written down at its first use; `make` gives the rows and the columns' new values."""

    def __init__(self, make: Callable[..., tuple[QuerySet[Any], Mapping[str, Any]]]) -> None:
        self._make = make
        self._written: _Written | None = None

    def run(self, *values: Value) -> int:
        """Change the rows that these values choose; return how many were changed."""
        connection = connections[DEFAULT_DB_ALIAS]
        written = self._written or self._write(connection, values)
        return _run(connection, written, written.filled(connection, values), _rows_changed)

    def _write(self, connection: BaseDatabaseWrapper, values: Sequence[Value]) -> _Written:
        samples = _samples(values)
        rows, columns = self._make(*samples)
        query = cast("UpdateQuery", rows.query.chain(UpdateQuery))
        query.add_update_values(dict(columns))
        sql, parameters = query.get_compiler(connection=connection).as_sql()
        self._written = _Written(sql, tuple(parameters), _places(connection, parameters, samples))
        return self._written


class PreparedInsert:
    """An insert of one row of a model; columns that are not named get their defaults.

    `once`: where a row with its key is there already, that one stays and nothing is inserted.
    """

    def __init__(self, model: type[Model], *, once: bool = False) -> None:
        self._once = once
        described = model._meta  # noqa: SLF001 - Django's documented Meta API
        # Django's own way, which JSON alone needs, takes longer than the insert.
        self._fields = [
            (field, field.get_db_prep_save if isinstance(field, JSONField) else _adapt)
            for field in described.concrete_fields
            if not _is_auto(field)
        ]
        self._table = described.db_table
        self._written: _Written | None = None

    def run(self, **columns: object) -> int:
        """Insert a row; return how many were."""
        connection = connections[DEFAULT_DB_ALIAS]
        written = self._written or self._write(connection)
        given = dict(columns)
        values = [
            prepare(
                given.pop(field.attname) if field.attname in given else field.get_default(),
                connection,
            )
            for field, prepare in self._fields
        ]
        if given:
            raise TypeError(f"{self._table} has no column {min(given)}")
        return _run(connection, written, values, _rows_changed)

    def _write(self, connection: BaseDatabaseWrapper) -> _Written:
        quote = connection.ops.quote_name
        names = ", ".join(quote(field.column) for field, _ in self._fields)
        marks = ", ".join(["%s"] * len(self._fields))
        # Only names of ours are formatted into the text.
        sql = f"INSERT INTO {quote(self._table)} ({names}) VALUES ({marks})"  # noqa: S608
        sql += " ON CONFLICT DO NOTHING" if self._once else ""
        self._written = _Written(sql, (), ())
        return self._written


def _run(
    connection: BaseDatabaseWrapper,
    written: _Written,
    parameters: Sequence[Any] | Mapping[str, Any],
    take: Callable[[Any], Found],
) -> Found:
    """Run a statement and take from its cursor what is wanted.

    On SQLite by its driver, with its errors as Django's: Django's cursors look for marks in the text
    at each run. Where somebody listens (tests that count queries), they run it all the same.
    """
    if connection.vendor != "sqlite" or connection.queries_logged or connection.execute_wrappers:
        with connection.cursor() as cursor:
            cursor.execute(written.sql, parameters)
            return take(cursor)
    if connection.connection is None:
        connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        return take(connection.connection.execute(written.for_driver, parameters))


def _all_rows(cursor: Any) -> list[Sequence[Any]]:  # noqa: ANN401 - Django's or the driver's
    rows: list[Sequence[Any]] = cursor.fetchall()
    return rows


def _rows_changed(cursor: Any) -> int:  # noqa: ANN401 - Django's or the driver's
    changed: int = cursor.rowcount
    return changed


def _is_auto(field: Field[Any, Any]) -> bool:
    return isinstance(field, AutoField)


def _samples(values: Sequence[Value]) -> list[Value]:
    """Return one value of the same type for each, unlike each other and anything that a query says."""
    return [_sample(value, number) for number, value in enumerate(values)]


def _sample(value: Value, number: int) -> Value:
    match value:
        case bytes():
            return b"\x01sample%d" % number
        case UUID():
            return UUID(int=number + 1)
        case int():
            return 2_000_000_000 + number  # the columns asked for have 32 bits
        case str():
            return f"\x01sample{number}"
        case _:
            return datetime(1901, 1, 1, tzinfo=UTC) + timedelta(days=number)


def _places(
    connection: BaseDatabaseWrapper, parameters: Sequence[Any], samples: Sequence[Value]
) -> tuple[tuple[int, int], ...]:
    adapted = [_adapt(sample, connection) for sample in samples]
    plain = [_plain(one) for one in parameters]
    places = tuple((place, adapted.index(one)) for place, one in enumerate(plain) if one in adapted)
    if {which for _, which in places} != set(range(len(samples))):
        raise RuntimeError("a prepared query has each of its values as a parameter")
    return places


def _moment(text: str) -> datetime:
    """Read a moment as Django writes it into SQLite: in UTC, without saying so."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# The gate's query has a dozen of these, and Django's own way takes three times as long.
_SQLITE: dict[type[Field[Any, Any]], Callable[[Any], Any]] = {
    BooleanField: bool,
    DateTimeField: _moment,
    UUIDField: UUID,
}


def _plainly(connection: BaseDatabaseWrapper, column: Any) -> Callable[[Any], Any] | None:  # noqa: ANN401 - an expression
    """Return what makes a column's value of the database's, where that needs nothing else."""
    return _SQLITE.get(type(column.output_field)) if connection.vendor == "sqlite" else None


def _convert(
    connection: BaseDatabaseWrapper, row: Sequence[Any], written: _Written
) -> tuple[Any, ...]:
    values = list(row)
    for place, function in written.plain:
        if values[place] is not None:
            values[place] = function(values[place])
    for place, functions, expression in written.converters:
        if values[place] is None:
            continue
        for function in functions:
            values[place] = function(values[place], expression, connection)
    return tuple(values)


_AS_THEY_ARE = frozenset({str, int, bool, bytes, type(None)})


def _adapt(value: Any, connection: BaseDatabaseWrapper) -> Any:  # noqa: ANN401 - what the database's driver takes
    """Return a value as the column's field would."""
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value


def _plain(parameter: Any) -> Any:  # noqa: ANN401 - whatever the driver made of a value
    """Return the bytes that a driver has wrapped, or what it left as it was."""
    wrapped = getattr(parameter, "obj", parameter)
    return bytes(wrapped) if isinstance(wrapped, bytearray | memoryview) else wrapped
