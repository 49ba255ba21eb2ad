"""The few statements whose building costs more than running them: the ORM writes their SQL once in a process.

At most eight statements are hot (`tests/kernel/test_hot_queries.py`); everything else is the ORM's. Times and
identifiers of SQLite are read here, without Django's converters, and times written: 4 % and 2 % of *Home*. Which eight
they are, goes by what each saves. Measured in one process, ms of CPU in place of the ORM's own, where *Home* takes 0.7
and a whole sign-in 8:

    gate.loading           0.1 in place of 3.2   each signed-in page
    audit.newest           0.1 in place of 4.3   `/security/`, a person's history
    credentials.queries    0.1 in place of 3.4   `/security/`
    ratelimit.throttle     0.02 in place of 3.3  the second step, a passkey
    credentials.owner      0.04 in place of 2.5  each sign-in
    directory.counts       0.04 in place of 0.6  *Home*, the list of people
    audit.record           0.1 in place of 0.4   whatever is recorded
    sessions.issuing       0.1 in place of 0.4   each sign-in
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import AutoField, BooleanField, DateTimeField, JSONField, UUIDField
from django.db.models.sql import UpdateQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import Field, Model, QuerySet

    Value = bytes | UUID | int | str | datetime
    Converter = Callable[[Any], Any]


@dataclass(frozen=True)
class _Written:
    """The SQL, its constants, which value goes to which place, and the columns with what reads them."""

    sql: str
    parameters: tuple[Any, ...]
    places: tuple[tuple[int, str], ...] = ()
    names: tuple[str, ...] = ()
    converters: tuple[tuple[int, Converter], ...] = ()

    def filled(self, connection: BaseDatabaseWrapper, values: Mapping[str, Value]) -> list[Any]:
        """Return the parameters with these values in their places."""
        adapted = {name: _adapt(value, connection) for name, value in values.items()}
        parameters = list(self.parameters)
        for place, name in self.places:
            parameters[place] = adapted[name]
        return parameters


class HotQuery:
    """A query made by `values`, written down at its first use.

    `make` builds it for named values, of which there may be more or fewer. A value may stand in several
    places; everything else in the query must be the same whatever the values are.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, Any]]) -> None:
        self._make = make
        self._written: dict[frozenset[str], _Written] = {}

    def rows(self, **values: Value) -> list[dict[str, Any]]:
        """Return the rows for these values, by the names of their columns."""
        connection = connections[DEFAULT_DB_ALIAS]
        written = self._written.get(frozenset(values)) or self._write(connection, values)
        with keeping_cursor(connection) as cursor:
            cursor.execute(written.sql, written.filled(connection, values))
            return [_read(row, written) for row in cursor.fetchall()]

    def _write(self, connection: BaseDatabaseWrapper, values: Mapping[str, Value]) -> _Written:
        samples = _samples(values)
        query = self._make(**samples).query
        compiler = query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        found = compiler.get_converters([entry[0] for entry in compiler.select])
        written = _Written(
            sql,
            tuple(parameters),
            _places(connection, parameters, samples),
            tuple(query.selected or ()),
            tuple((place, _converter(connection, *how)) for place, how in found.items()),
        )
        self._written[frozenset(values)] = written
        return written


class HotUpdate:
    """An `update`, written down at its first use; `make` gives the rows and the columns' new values."""

    def __init__(self, make: Callable[..., tuple[QuerySet[Any], Mapping[str, Any]]]) -> None:
        self._make = make
        self._written: dict[frozenset[str], _Written] = {}

    def run(self, **values: Value) -> int:
        """Change the rows that these values choose; return how many were changed."""
        connection = connections[DEFAULT_DB_ALIAS]
        written = self._written.get(frozenset(values)) or self._write(connection, values)
        return _changed(connection, written.sql, written.filled(connection, values))

    def _write(self, connection: BaseDatabaseWrapper, values: Mapping[str, Value]) -> _Written:
        samples = _samples(values)
        rows, columns = self._make(**samples)
        query = cast("UpdateQuery", rows.query.chain(UpdateQuery))
        query.add_update_values(dict(columns))
        sql, parameters = query.get_compiler(connection=connection).as_sql()
        places = _places(connection, parameters, samples)
        self._written[frozenset(values)] = written = _Written(sql, tuple(parameters), places)
        return written


class HotInsert:
    """An insert of one row of a model; columns that are not named get their defaults."""

    def __init__(self, model: type[Model]) -> None:
        described = model._meta  # noqa: SLF001 - Django's documented Meta API
        # Django's own way, which JSON alone needs, takes longer than the insert.
        self._fields = [
            (field, field.get_db_prep_save if isinstance(field, JSONField) else _adapt)
            for field in described.concrete_fields
            if not isinstance(field, AutoField)
        ]
        self._table = described.db_table
        names = ", ".join(f'"{field.column}"' for field, _ in self._fields)
        marks = ", ".join(["%s"] * len(self._fields))
        # Only names of ours are formatted into the text.
        self._sql = f'INSERT INTO "{self._table}" ({names}) VALUES ({marks})'  # noqa: S608

    def run(self, **columns: object) -> None:
        """Insert a row."""
        connection = connections[DEFAULT_DB_ALIAS]
        values = [
            prepare(
                columns.pop(field.attname) if field.attname in columns else field.get_default(),
                connection,
            )
            for field, prepare in self._fields
        ]
        if columns:
            raise TypeError(f"{self._table} has no column {min(columns)}")
        _changed(connection, self._sql, values)


def _changed(connection: BaseDatabaseWrapper, sql: str, parameters: Sequence[Any]) -> int:
    with keeping_cursor(connection) as cursor:
        cursor.execute(sql, parameters)
        changed: int = cursor.rowcount
        return changed


def keeping_cursor(connection: BaseDatabaseWrapper) -> Any:  # noqa: ANN401 - Django's wrapper of a cursor
    """Return a cursor whose statements the server keeps, where it can: planning the gate's query takes 1 ms."""
    return getattr(connection, "keeping_cursor", connection.cursor)()


def _samples(values: Mapping[str, Value]) -> dict[str, Value]:
    """Return one value of the same type for each, unlike each other and anything that a query says."""
    return {name: _sample(value, at) for at, (name, value) in enumerate(values.items())}


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
    connection: BaseDatabaseWrapper, parameters: Sequence[Any], samples: Mapping[str, Value]
) -> tuple[tuple[int, str], ...]:
    names = {_adapt(sample, connection): name for name, sample in samples.items()}
    plain = [_plain(one) for one in parameters]
    places = tuple((place, names[one]) for place, one in enumerate(plain) if one in names)
    if {name for _, name in places} != set(samples):
        raise RuntimeError("a hot query has each of its values as a parameter")
    return places


def _moment(text: str) -> datetime:
    """Read a moment as Django writes it into SQLite: in UTC, without saying so."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


_SQLITE: dict[type[Field[Any, Any]], Converter] = {
    BooleanField: bool,
    DateTimeField: _moment,
    UUIDField: UUID,
}


def _converter(
    connection: BaseDatabaseWrapper,
    functions: Sequence[Callable[..., Any]],
    column: Any,  # noqa: ANN401 - an expression
) -> Converter:
    """Return what makes a column's value of the database's: plainly, or as Django does."""
    plainly = _SQLITE.get(type(column.output_field)) if connection.vendor == "sqlite" else None

    def as_django(value: Any) -> Any:  # noqa: ANN401 - whatever the column holds
        for function in functions:
            value = function(value, column, connections[DEFAULT_DB_ALIAS])
        return value

    return plainly or as_django


def _read(row: Sequence[Any], written: _Written) -> dict[str, Any]:
    values = list(row)
    for place, convert in written.converters:
        if values[place] is not None:
            values[place] = convert(values[place])
    return dict(zip(written.names, values, strict=True))


_AS_THEY_ARE = frozenset({str, int, bool, bytes, type(None)})


def _adapt(value: Any, connection: BaseDatabaseWrapper) -> Any:  # noqa: ANN401 - what the database's driver takes
    """Return a value as the column's field would."""
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, datetime):
        if connection.vendor == "sqlite":
            # As Django writes it, in a sixth of the time: `_moment` reads it again.
            return str(value.astimezone(UTC).replace(tzinfo=None))
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value


def _plain(parameter: Any) -> Any:  # noqa: ANN401 - whatever the driver made of a value
    """Return the bytes that a driver has wrapped, or what it left as it was."""
    wrapped = getattr(parameter, "obj", parameter)
    return bytes(wrapped) if isinstance(wrapped, bytearray | memoryview) else wrapped
