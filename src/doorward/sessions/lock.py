"""A person's lock: who changes several rows of somebody takes it first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import OuterRef, Subquery

from doorward.sessions.models import accounts

if TYPE_CHECKING:
    from uuid import UUID


def hold(administrator_id: UUID) -> None:
    """Take a person's lock in the caller's transaction, without reading them."""
    people = accounts().everywhere().filter(id=administrator_id)
    people.select_for_update(no_key=True).values_list("id").get()


def held(column: str) -> Subquery:
    """Return the person of a column, with their lock taken: a condition that a statement meets after it has both.

    So that the lock is no statement of its own. It is the last condition that is looked at, and comes before the
    lock of the row itself.
    """
    people = accounts().everywhere().filter(id=OuterRef(column))
    return Subquery(people.order_by().select_for_update(no_key=True).values("id"))
