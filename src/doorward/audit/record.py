"""Writing history, and the one door to reading it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from doorward.audit.events import EventType, Outcome
from doorward.audit.models import Event, new_salt
from doorward.kernel.db.hot_queries import HotInsert

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from doorward.audit.actor import Actor, Who

_INSERT = HotInsert(Event)
# Names of devices are typed by people, who may be erased: never among our own words.
_NEVER_DETAILS = frozenset({"factor"})

Detail: TypeAlias = str | int | bool | list[str]
# A text, or fields by their names.
Typed: TypeAlias = str | dict[str, str]


def record(  # noqa: PLR0913 - an event is this wide, and every caller names what it gives
    event_type: EventType | str,
    *,
    actor: Actor,
    subject: Who | None = None,
    outcome: Outcome = Outcome.OK,
    customer: tuple[UUID, str] | None = None,
    details: Mapping[str, Detail] | None = None,
    typed: Mapping[str, Typed] | None = None,
    public_id: UUID | None = None,
) -> None:
    """Write one event in the caller's transaction, together with the change that it tells of.

    `subject` is whom it happened to (default: the one who acted, or for whom). `customer` (id, name) is named
    where neither person tells it. Who failed to sign in is nobody, whoever they said they were. Details are
    our own plain words and numbers, never anything secret; why a step asked for it is among them. What somebody
    typed (the name of a device, names before and after a change) is `typed`: it is erased with the subject.
    """
    _must_fit(event_type, details or {})
    person = subject or actor.on_behalf_of or actor.person
    customer_id, customer_name = customer or (
        (person.customer_id, person.customer_name) if person else (None, "")
    )
    if isinstance(event_type, EventType) and event_type.by_strangers:
        actor = replace(actor, person=None, credential=None, on_behalf_of=None)
    acts, acts_for, credential = actor.person, actor.on_behalf_of, actor.credential
    columns: dict[str, Any] = {"public_id": public_id} if public_id else {}
    columns |= {
        "at": timezone.now(),  # noqa: TID251 - the moment of writing, whatever was decided when
        "type": str(event_type),
        "outcome": outcome.value,
        "actor_type": actor.actor_type.value,
        **_named("actor", acts),
        **_named("on_behalf_of", acts_for),
        "on_behalf_of_salt": new_salt() if acts_for else None,
        "credential": credential.type.value if credential else "",
        "credential_id": credential.id if credential else None,
        **_named("subject", person),
        "customer_id": customer_id,
        "customer_name": customer_name,
        "address": actor.client.address[:64],
        "browser": actor.client.browser[:300],
        "request_id": actor.client.request_id[:40],
        "details": {**(actor.why.details() if actor.why else {}), **(details or {})},
        "typed": dict(typed or {}),
    }
    _INSERT.run(**columns)
    if acts is not None and acts_for is not None and acts.customer_id != customer_id:
        _insert_copy(columns, acts)


def _must_fit(event_type: EventType | str, details: Mapping[str, Detail]) -> None:
    if not transaction.get_connection().in_atomic_block:
        message = f"{event_type} is recorded outside of a transaction"
        raise RuntimeError(message)
    if not _NEVER_DETAILS.isdisjoint(details):
        message = f"{event_type} is recorded with what somebody typed among its details"
        raise RuntimeError(message)


def _named(part: str, who: Who | None) -> dict[str, object]:
    """Return the columns of one of the people of an event, by the part that they have in it."""
    said = (who.id, who.name, who.email) if who else (None, "", "")
    return dict(zip((f"{part}_id", f"{part}_name", f"{part}_email"), said, strict=True))


def _insert_copy(columns: dict[str, Any], acts: Who) -> None:
    """Write the same into the history of who acts for another company: both sides have all of it.

    What was typed stays with whom it concerns. Nobody is mailed of a copy.
    """
    copy = columns | {
        "on_behalf_of_salt": new_salt(),
        "customer_id": acts.customer_id,
        "customer_name": acts.customer_name,
        "details": columns["details"] | {"copy": True},
        "typed": {},
    }
    copy.pop("public_id", None)
    _INSERT.run(**copy)


def history_of_customer(customer_id: UUID) -> QuerySet[Event]:
    """Return a customer's events, newest first."""
    return Event.objects.filter(customer_id=customer_id).order_by("-id")


def history_of_person(*, customer_id: UUID, person_id: UUID) -> QuerySet[Event]:
    """Return what a person did, what was done to them and for them, within their customer, newest first."""
    concerns = Q(subject_id=person_id) | Q(actor_id=person_id) | Q(on_behalf_of_id=person_id)
    return Event.objects.filter(concerns, customer_id=customer_id).order_by("-id")
