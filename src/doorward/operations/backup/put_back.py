"""That a backup was put back is in history, also where what put it back was killed before it could say so.

A table that is written before the place is named says it until the event is recorded: by the same command, or by the
next start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import connection, transaction

from doorward.audit.actor import CONSOLE
from doorward.audit.events import BACKUP_PUT_BACK
from doorward.audit.record import record
from doorward.customers.models import Customer, CustomerKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.backends.utils import CursorWrapper

TABLE: Final = "doorward_put_back"


def mark(run: Callable[[str], object], *, as_of: str) -> None:
    """Write into a database that was put back of when it is; `run`: runs a statement there."""
    run(f"CREATE TABLE {TABLE} (as_of text NOT NULL)")
    text = as_of.replace("'", "''")
    run(f"INSERT INTO {TABLE} VALUES ('{text}')")  # noqa: S608 - of the manifest, and quoted


def tell() -> None:
    """Record, once, that a backup was put back here, where that is not in history yet. Raises `DatabaseError`."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not _is_marked(cursor):
            return
        cursor.execute(f"SELECT as_of FROM {TABLE}")  # noqa: S608 - our own
        (as_of,) = cursor.fetchone()
        provider = Customer.objects.filter(kind=CustomerKind.PROVIDER)
        record(
            BACKUP_PUT_BACK,
            actor=CONSOLE,
            customer=provider.values_list("id", "name").first(),
            details={"as_of": as_of},
        )
        cursor.execute(f"DROP TABLE {TABLE}")


def _is_marked(cursor: CursorWrapper) -> bool:
    if connection.vendor == "sqlite":
        cursor.execute("SELECT 1 FROM sqlite_master WHERE name = %s", [TABLE])
    else:
        cursor.execute("SELECT 1 WHERE to_regclass(%s) IS NOT NULL", [TABLE])
    return cursor.fetchone() is not None
