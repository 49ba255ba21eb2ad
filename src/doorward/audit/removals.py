"""What somebody removed themselves: their own history tells it, so that nothing is learnt of what is another's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.audit.models import Event

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.audit.events import EventType


def ids(gone: Iterable[UUID]) -> dict[str, list[str]]:
    """Return what the details of a removal say of its ids."""
    return {"removed": [str(one) for one in gone]}


def was_removed(gone: UUID, events: Collection[EventType], *, actor: Actor) -> bool:
    """Return whether who acts removed this themselves, by one of these events: a form was sent twice."""
    who = actor.person
    if who is None:
        return False
    # Not in order: a database that reads the newest first would go through everybody's.
    mine = Event.objects.filter(actor_id=who.id, type__in=events).order_by()
    details = mine.values_list("details", flat=True)
    return any(str(gone) in one.get("removed", ()) for one in details)
