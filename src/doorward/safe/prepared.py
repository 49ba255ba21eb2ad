"""A query that Django writes once and the database runs often.

Building a wide query through the ORM at each request costs ten times what the database takes to
answer it. Here the ORM still writes the SQL and knows how columns become Python values; it does so
once in a process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet

    Value = bytes | UUID


@dataclass(frozen=True, slots=True)
class _Written:
    """The SQL, its constants, where each value goes, and how columns are converted."""

    sql: str
    parameters: tuple[Any, ...]
    places: tuple[tuple[int, int], ...]
    converters: tuple[tuple[int, tuple[Callable[..., Any], ...], Any], ...]


class Prepared:
    """A `values_list` query whose parameters are ids or hashes, written down at its first use.

    `make` builds it for given values. A value may stand in several places; everything else in the
    query must be the same whatever the values are.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, Any]]) -> None:
        self._make = make
        self._written: _Written | None = None

    def rows(self, *values: Value) -> list[tuple[Any, ...]]:
        """Give the rows for these values."""
        adapted = [_adapt(value) for value in values]
        written = self._written or self._write(values, adapted)
        parameters = list(written.parameters)
        for place, which in written.places:
            parameters[place] = adapted[which]
        with connection.cursor() as cursor:
            cursor.execute(written.sql, parameters)
            found = cursor.fetchall()
        return [_convert(row, written) for row in found]

    def _write(self, values: Sequence[Value], adapted: Sequence[Any]) -> _Written:
        compiler = self._make(*values).query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        places = tuple(
            (place, adapted.index(_plain(one)))
            for place, one in enumerate(parameters)
            if _plain(one) in adapted
        )
        if {which for _, which in places} != set(range(len(values))):
            raise RuntimeError("a prepared query has each of its values as a parameter")
        found = compiler.get_converters([entry[0] for entry in compiler.select])
        converters = tuple(
            (place, tuple(functions), expression)
            for place, (functions, expression) in found.items()
        )
        self._written = _Written(sql, tuple(parameters), places, converters)
        return self._written


def _convert(row: Sequence[Any], written: _Written) -> tuple[Any, ...]:
    values = list(row)
    for place, functions, expression in written.converters:
        if values[place] is None:
            continue
        for function in functions:
            values[place] = function(values[place], expression, connection)
    return tuple(values)


def _adapt(value: Value) -> Any:  # noqa: ANN401 - what the database's driver takes
    """Give a value as the column's field would: SQLite keeps a UUID as its 32 digits."""
    if isinstance(value, UUID) and not connection.features.has_native_uuid_field:
        return value.hex
    return value


def _plain(parameter: Any) -> Any:  # noqa: ANN401 - whatever the driver made of a value
    """Give the bytes that a driver has wrapped, or what it left as it was."""
    wrapped = getattr(parameter, "obj", parameter)
    return bytes(wrapped) if isinstance(wrapped, bytearray | memoryview) else wrapped
