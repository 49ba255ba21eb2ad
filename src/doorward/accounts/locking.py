"""One change of a customer's people after the other: the lock, the person under theirs, and who still may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.accounts.events import CHANGE_REFUSED
from doorward.accounts.models import Administrator, Status
from doorward.audit import repeats
from doorward.audit.events import Outcome
from doorward.customers.rights import is_allowed
from doorward.kernel.errors import AlreadyRemoved, NotFound
from doorward.sessions import ending
from doorward.sessions.errors import StaleRequest

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.actor import Actor
    from doorward.audit.events import EventType
    from doorward.kernel.errors import Refusal
    from doorward.permissions.actions import Action


def find(person_id: UUID, *, customer_id: UUID) -> Administrator:
    """Return a person of this customer. Raises `NotFound`, and `AlreadyRemoved` of who was one of its people."""
    return _there(_people(customer_id), person_id)


def locked_person(person_id: UUID, *, customer_id: UUID) -> Administrator:
    """Return whom `find` does under their lock: who accepts an invitation at this moment waits, or is seen."""
    return _there(_people(customer_id).select_for_update(of=("self",)), person_id)


def must_still_may(
    actor: Actor,
    action: Action,
    customer_id: UUID | None = None,
    *,
    brand_id: UUID | None = None,
    subject: UUID | None = None,
) -> None:
    """Let on who still may, now that nobody else changes anything. Raises `StaleRequest`, `SessionEnded`."""
    ending.must_be_open(actor)
    if not is_allowed(actor, action, customer_id, brand_id=brand_id, subject=subject):
        raise StaleRequest


def record_refusal(
    person: Administrator,
    refusal: Refusal,
    event_type: EventType = CHANGE_REFUSED,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Write down, after its transaction, that what somebody would do to a person was refused."""
    repeats.record_once(
        event_type,
        actor=actor,
        subject=person.who(),
        outcome=Outcome.REFUSED,
        details={"reason": refusal.code},
        now=now,
    )


def _people(customer_id: UUID) -> QuerySet[Administrator]:
    return Administrator.objects.of(customer_id).select_related("customer__brand")


def _there(people: QuerySet[Administrator], person_id: UUID) -> Administrator:
    person: Administrator | None = people.filter(id=person_id).first()
    if person is None:
        raise NotFound
    if person.status == Status.REMOVED:
        raise AlreadyRemoved
    return person
