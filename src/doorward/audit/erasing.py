"""Erasing a person from history: names, addresses and what they typed go, what happened stays and can be verified.

What was sealed is a hash over a random salt and the person's part (`audit/chain.py`). The hash is written down in
its place and the salt is deleted, so that nobody can find out by trying what the part was (decision 0031).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from doorward.audit.actor import WITHOUT_BROWSER
from doorward.audit.leaves import form_of, owner_of, part_hash
from doorward.audit.models import Event

if TYPE_CHECKING:
    from uuid import UUID


def erase_from_history(person_id: UUID) -> int:
    """Erase a person's parts of all events, in the caller's transaction; return how many events had any."""
    concerned = Q(actor_id=person_id) | Q(subject_id=person_id) | Q(on_behalf_of_id=person_id)
    events = list(Event.objects.filter(concerned).order_by("id"))
    for event in events:
        columns = _without(event, person_id)
        if columns:
            Event.rewritable.filter(id=event.id).update(**columns)
    return len(events)


def _without(event: Event, person_id: UUID) -> dict[str, object]:
    """Return the columns that change. What is hashed of the event does not, so that sealing may go on meanwhile."""
    columns: dict[str, object] = {}
    for part, names in form_of(event).parts.items():
        # Where the operator or the portal acted there is nothing of anybody's in the actor's part.
        nobodys = part == "actor" and event.actor_type in WITHOUT_BROWSER
        if owner_of(event, part) == person_id and not nobodys:
            columns |= {name: {} if name == "typed" else "" for name in names}
            columns |= {f"{part}_hash": part_hash(event, part), f"{part}_salt": None}
    return columns
