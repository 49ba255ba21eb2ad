"""Whether the database has the tables that this version needs: while it is being updated, it has not."""

from __future__ import annotations

from functools import cache

from doorward.safe import schema


def is_up_to_date() -> bool:
    """Say whether no migration is left; raises `DatabaseError` where no database answers."""
    if _nothing_left():
        return True
    _nothing_left.cache_clear()
    return False


@cache
def _nothing_left() -> bool:
    """Once true it stays so while this process runs."""
    return schema.is_current()


def is_too_new() -> bool:
    """Say whether a newer program has changed the database, which can happen while this one runs."""
    return bool(schema.newer())
