"""Rows for tests: of one example, gone after it; and of every test, made by the services once."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import time_machine
from django.db import connection, transaction
from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_django import DjangoDbBlocker

NOT_YET = UUID(int=0)
# Where the fixture `clock` stands.
STOPPED_AT = datetime(2026, 11, 24, 9, 0, 10, tzinfo=UTC)
T = TypeVar("T")


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo what is written within, whatever comes of it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def of_the_file(blocker: DjangoDbBlocker, make: Callable[[], T]) -> Iterator[T]:
    """Make what a whole file of tests stands on, once, at `STOPPED_AT`: each of its tests is taken back to it.

    Django's own transaction of a test becomes a savepoint in this one: not beside `django_db(transaction=True)`,
    which reads what is committed.
    """
    with blocker.unblock(), rolled_back():
        with time_machine.travel(STOPPED_AT, tick=False):
            made = make()
        yield made


@dataclass
class Once:
    """Rows that services make, inserted again as they were: with the time of now, and without the work.

    `make` returns the id of what it made.
    """

    make: Callable[[], UUID]
    id: UUID = NOT_YET
    _inserts: list[tuple[str, list[Any]]] = field(default_factory=list)
    _moments: list[Any] = field(default_factory=list)

    def note(self) -> None:
        """Let the services make them, and note how."""
        with (
            time_machine.travel(timezone.now(), tick=False),
            connection.execute_wrapper(self._note),
        ):
            self._moments, self.id = _moments(), self.make()

    def insert(self) -> None:
        """Insert them, on tables that are as they were then."""
        then_and_now = list(zip(self._moments, _moments(), strict=True))
        with transaction.atomic(), connection.cursor() as cursor:
            for sql, values in self._inserts:
                cursor.execute(sql, [_moved(value, then_and_now) for value in values])

    def _note(self, execute: Any, sql: str, values: Any, *rest: Any) -> Any:
        if sql.startswith("INSERT"):
            self._inserts.append((sql, list(values)))
        return execute(sql, values, *rest)


def _moments() -> list[Any]:
    """Return now and today as the database takes them."""
    now, adapt = timezone.now(), connection.ops
    return [adapt.adapt_datetimefield_value(now), adapt.adapt_datefield_value(now.date())]


def _moved(value: Any, then_and_now: list[tuple[Any, Any]]) -> Any:
    for then, now in then_and_now:
        if type(value) is type(then) and value == then:
            return now
    return value
