"""Rotating the keys: what an older one sealed is sealed by the newest, column by column, while the portal runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from doorward.kernel.crypto import sealing
from doorward.kernel.crypto.columns import not_sealed_by

if TYPE_CHECKING:
    from collections.abc import Generator

    from django.db.models import QuerySet

    from doorward.kernel.crypto.columns import Found, SealedColumn
    from doorward.kernel.crypto.sealing import AssociatedData

# Written in one transaction: a sign-in waits for it for some milliseconds on SQLite.
BATCH = 100


def outdated(column: SealedColumn) -> QuerySet[Any]:
    """Return the rows whose value another key than the newest sealed."""
    return not_sealed_by(column, [sealing.key_file().ring.newest])


def reseal(
    column: SealedColumn, found: Found, *, at_once: int = BATCH
) -> Generator[int, None, None]:
    """Seal all that is outdated in a column with the newest key; return after each transaction its rows.

    It can end between any two statements, and be begun again: what is done is known by its seal. Where
    several rows are written at once, those that somebody else holds are left out, so that nobody
    waits for us while we wait for them; one alone is waited for.
    """
    rows = outdated(column).select_for_update(skip_locked=at_once > 1).order_by("pk")
    left = rows
    while True:
        with transaction.atomic():
            held = list(left.values_list("pk", column.column)[:at_once])
            for row, value in held:
                try:
                    anew = _sealed_anew(bytes(value), column.associated(row))
                    column.rows.filter(pk=row).update(**{column.column: anew})
                except sealing.SealBroken as error:
                    _leave(column, row, error, found)
        if not held:
            return
        yield len(held)
        left = rows.filter(pk__gt=held[-1][0])


def _sealed_anew(value: bytes, associated: AssociatedData) -> bytes:
    return sealing.seal(sealing.unseal(value, **associated), **associated)


def _leave(column: SealedColumn, row: object, error: sealing.SealBroken, found: Found) -> None:
    """Forget a fleeting value that does not open; count any other, and leave it as it is."""
    if column.fleeting:
        column.rows.filter(pk=row).update(**{column.column: None})
    else:
        found.add_broken(error)
