"""Notes about a customer, which only the provider's people see: in no page, export or history of the customer's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.audit import removals
from doorward.audit.record import record
from doorward.customers.errors import NoteMissing
from doorward.customers.events import NOTE_ADDED, NOTE_REMOVED
from doorward.customers.models import LONGEST_NOTE, Customer, CustomerKind, Note
from doorward.customers.rights import authorise
from doorward.kernel.errors import AlreadyRemoved, NotFound
from doorward.kernel.text.cleaning import clean_lines
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.audit.events import EventType
    from doorward.audit.record import Detail

SHOWN = 20


def newest(customer_id: UUID) -> list[Note]:
    """Return the newest notes about a customer."""
    return list(Note.objects.filter(customer_id=customer_id).order_by("-written_at", "id")[:SHOWN])


def add(customer_id: UUID, text: str, *, actor: Actor, now: datetime) -> Note:
    """Write down a note about a customer. Raises `NotFound`, `NoteMissing`, and what `clean_lines` raises."""
    authorise(actor, Action.WRITE_NOTE, customer_id)
    cleaned = clean_lines(text, maximum=LONGEST_NOTE)
    if not cleaned:
        raise NoteMissing
    with transaction.atomic():
        authorise(actor, Action.WRITE_NOTE, customer_id)
        name = _name(customer_id)
        author = actor.person.id if actor.person else None
        note = Note.objects.create(
            customer_id=customer_id, author=author, written_at=now, text=cleaned
        )
        _tell(NOTE_ADDED, name, actor=actor)
        return note


def remove(customer_id: UUID, note_id: UUID, *, actor: Actor) -> None:
    """Remove a note of one's own. Raises `AlreadyRemoved` where they removed it before, and `NotFound`."""
    authorise(actor, Action.WRITE_NOTE, customer_id)
    with transaction.atomic():
        authorise(actor, Action.WRITE_NOTE, customer_id)
        name = _name(customer_id)
        author = actor.person.id if actor.person else None
        one = Note.objects.filter(id=note_id, customer_id=customer_id, author=author)
        if not one.delete()[0]:
            removed = removals.was_removed(note_id, [NOTE_REMOVED], actor=actor)
            raise AlreadyRemoved if removed else NotFound
        _tell(NOTE_REMOVED, name, actor=actor, removed=[note_id])


def _name(customer_id: UUID) -> str:
    name = Customer.objects.filter(id=customer_id).values_list("name", flat=True).first()
    if name is None:
        raise NotFound
    return name


def _tell(event_type: EventType, name: str, *, actor: Actor, removed: Sequence[UUID] = ()) -> None:
    """Record it in the provider's history alone, with the customer's name; never what the note says."""
    details: dict[str, Detail] = {"customer": name}
    if removed:
        details |= removals.ids(removed)
    for provider in Customer.objects.filter(kind=CustomerKind.PROVIDER).values_list("id", "name"):
        record(event_type, actor=actor, customer=provider, details=details)
