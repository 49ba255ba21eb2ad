"""A query that Django writes once and the database runs often.

Building the gate's query through the ORM at each request costs ten times what the database takes
to answer it. Here the ORM still writes the SQL and knows how columns become Python values; it does
so once in a process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet


class Prepared:
    """A `values_list` query with one binary parameter, written down at its first use."""

    def __init__(self, make: Callable[[bytes], QuerySet[Any, tuple[Any, ...]]]) -> None:
        self._make = make
        self._sql = ""
        self._parameters: list[Any] = []
        self._place = 0
        self._converters: Sequence[tuple[int, Sequence[Callable[..., Any]], Any]] = ()

    def rows(self, value: bytes) -> list[tuple[Any, ...]]:
        """Give the rows for one value of the parameter."""
        if not self._sql:
            self._write(value)
        parameters = [*self._parameters]
        parameters[self._place] = value
        with connection.cursor() as cursor:
            cursor.execute(self._sql, parameters)
            found = cursor.fetchall()
        return [self._convert(row) for row in found]

    def _write(self, value: bytes) -> None:
        compiler = self._make(value).query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        places = [place for place, one in enumerate(parameters) if _plain(one) == value]
        if len(places) != 1:
            raise RuntimeError("a prepared query has its one parameter in one place")
        found = compiler.get_converters([entry[0] for entry in compiler.select])
        self._converters = tuple(
            (place, tuple(converters), expression)
            for place, (converters, expression) in found.items()
        )
        self._parameters, self._place = list(parameters), places[0]
        # Last, since another thread may be waiting to see it.
        self._sql = sql

    def _convert(self, row: Sequence[Any]) -> tuple[Any, ...]:
        values = list(row)
        for place, converters, expression in self._converters:
            if values[place] is None:
                continue
            for converter in converters:
                values[place] = converter(values[place], expression, connection)
        return tuple(values)


def _plain(parameter: Any) -> Any:  # noqa: ANN401 - whatever the driver made of a value
    """Give the bytes that a driver has wrapped, or what it left as it was."""
    wrapped = getattr(parameter, "obj", parameter)
    return bytes(wrapped) if isinstance(wrapped, bytes | bytearray | memoryview) else wrapped
