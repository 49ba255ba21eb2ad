"""A person's lock: who changes several rows of somebody takes it first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.sessions.models import accounts

if TYPE_CHECKING:
    from uuid import UUID


def hold(administrator_id: UUID) -> None:
    """Take a person's lock in the caller's transaction, without reading them."""
    people = accounts().everywhere().filter(id=administrator_id)
    people.select_for_update(no_key=True).values_list("id").get()
