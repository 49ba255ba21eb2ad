"""Erasing a person from history: names, addresses and what they typed go, what happened stays and can be verified.

What was sealed is a hash over a random salt and the person's part (`audit/chain.py`). The hash is written down in
its place and the salt is deleted, so that nobody can find out by trying what the part was (decision 0031).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from doorward.audit import erasure_marks
from doorward.audit.actor import WITHOUT_BROWSER
from doorward.audit.leaves import form_of, leaf_of, owner_of, part_hash
from doorward.audit.models import ErasedEvent, Event

if TYPE_CHECKING:
    from uuid import UUID


def erase_from_history(person_id: UUID) -> int:
    """Erase a person's parts of all events, in the caller's transaction; return how many events had any."""
    return _erase(person_id, list(Event.objects.filter(concerning(person_id)).order_by("id")))


def erase_elsewhere(person_id: UUID, *, customer_id: UUID) -> int:
    """Erase a person's parts of the events of all customers but this one, whose own events go as a whole."""
    events = Event.objects.filter(concerning(person_id)).exclude(customer_id=customer_id)
    return _erase(person_id, list(events.order_by("id")))


def concerning(person_id: UUID) -> Q:
    """Return the condition of events that a person is named in."""
    return Q(actor_id=person_id) | Q(subject_id=person_id) | Q(on_behalf_of_id=person_id)


def erase_events(events: list[Event]) -> None:
    """Put their hashes in the place of sealed events, in the caller's transaction, which holds their rows.

    Nothing is left of who, what and when; the tree of their batch is made of the same hashes as before.
    """
    hashes = [(event, leaf_of(event)) for event in events]
    ErasedEvent.objects.bulk_create(
        [
            ErasedEvent(
                id=event.id,
                batch=event.batch or 0,
                leaf=leaf,
                proof=erasure_marks.proof_of_erased(event.id, leaf),
            )
            for event, leaf in hashes
        ]
    )
    Event.rewritable.filter(id__in=[event.id for event in events]).delete()


def put_back(events: list[Event]) -> int:
    """Put events of a backup in the place of their hashes, in the caller's transaction; return how many are there.

    Each must be what its batch commits to, whatever the backup says. They were told of long ago, and are not again.
    """
    ids = [event.id for event in events]
    left = {one.id: one for one in ErasedEvent.objects.select_for_update().filter(id__in=ids)}
    there = set(Event.objects.filter(id__in=ids).values_list("id", "public_id"))
    back = [event for event in events if _is_left(event, left.get(event.id))]
    for event in back:
        event.batch = left[event.id].batch
        event.dispatched_at = event.dispatched_at or event.at
    Event.objects.bulk_create(back)
    ErasedEvent.objects.filter(id__in=[event.id for event in back]).delete()
    return len(back) + len(there & {(event.id, event.public_id) for event in events})


def _is_left(event: Event, erased: ErasedEvent | None) -> bool:
    return erased is not None and leaf_of(event) == bytes(erased.leaf)


def _erase(person_id: UUID, events: list[Event]) -> int:
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
