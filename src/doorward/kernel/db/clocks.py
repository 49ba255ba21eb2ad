"""How far the database's clock is from this machine's: codes are good for half a minute each way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Callable

# From so many seconds on it is worth telling.
LIMIT_SECONDS: Final = 2.0


def database_ahead(clock: Callable[[], float]) -> float | None:
    """Return by how many seconds the database's clock is ahead of `clock` (seconds since 1970; negative: behind).

    None: SQLite has no clock but this machine's.
    """
    if connection.vendor == "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # the first question also opens the connection
        asked = clock()
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
        between = (asked + clock()) / 2
        return float(cursor.fetchone()[0]) - between
