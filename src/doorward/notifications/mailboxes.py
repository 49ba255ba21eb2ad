"""From an event to the mailboxes of its audience.

Which mail goes to which audience is declared with the event itself, in its subject's `events.py` (for *Disable 2FA*:
`credentials/events.py`). `docs/notifications.md` has all of them in one table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from doorward.accounts.events import INVITATION_SENT
from doorward.accounts.looking_after import who_look_after
from doorward.accounts.models import Administrator, EmailChange, Status
from doorward.audit.actor import Actor, ClientInfo
from doorward.audit.events import Audience, Notification, Outcome
from doorward.audit.models import Event
from doorward.customers.models import CustomerKind
from doorward.customers.rights import is_allowed
from doorward.notifications.events import ALL
from doorward.notifications.links_and_codes import as_id
from doorward.notifications.messages import FOR_THE_MAILBOX, Message
from doorward.notifications.models import Delivery
from doorward.policy.versions import minimum_of_brand, minimum_of_customer
from doorward.recovery.models import RecoveryRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.models import QuerySet

    from doorward.policy.versions import Owner


# Somebody still invited knows nothing of an account yet.
_TO_THE_INVITED = (Message.INVITATION, Message.REMOVED)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Whose mailbox it is, and its address. `is_copy`: a second one, which is told and proves nothing."""

    person: UUID
    address: str
    is_copy: bool = False


def deliveries_of(event: Event, *, now: datetime) -> list[Delivery]:
    """Return the rows to insert for an event: one for each message and mailbox."""
    # Of what both sides have in their history, the provider's is a copy: everybody is told of the other one.
    if event.outcome != Outcome.OK or event.details.get("copy"):
        return []
    notifications = [
        notification for notification in _notifications(event) if notification.only_if(event)
    ]
    return [
        Delivery(
            event_id=event.id,
            administrator_id=mailbox.person,
            template=notification.message,
            address=mailbox.address,
            is_copy=mailbox.is_copy,
            next_at=now,
        )
        for notification in notifications
        for mailbox in _mailboxes(notification, event)
    ]


def _notifications(event: Event) -> tuple[Notification, ...]:
    # A type of a newer release, in a database that this one works on too, is that one's to tell.
    found = ALL.get(event.type)
    return found.notifications if found else ()


def _mailboxes(notification: Notification, event: Event) -> Iterator[Mailbox]:
    match notification.audience:
        case Audience.PERSON:
            yield from _person(notification, event)
        case Audience.ADMINISTRATORS | Audience.INVITER | Audience.ASKER:
            yield from _OF_EVENT[notification.audience](event)
        case Audience.STAFF:
            yield from _staff()
        case Audience.MINIMUM_KEEPERS:
            yield from _minimum_keepers(event)
        case Audience.OLD_ADDRESS | Audience.NEW_ADDRESS:
            change = change_of(event)
            if change is not None:
                old = notification.audience is Audience.OLD_ADDRESS
                address = change.old_email if old else change.email
                yield Mailbox(change.administrator_id, address)
        case Audience.SECOND_ADDRESS:
            yield from _second(notification, event)


def _person(notification: Notification, event: Event) -> Iterator[Mailbox]:
    if event.subject_id is None:
        return
    for person in Administrator.objects.everywhere().filter(id=event.subject_id):
        if person.status != Status.INVITED or notification.message in _TO_THE_INVITED:
            yield Mailbox(person.id, person.email)
            if person.second_email and notification.message not in FOR_THE_MAILBOX:
                yield Mailbox(person.id, person.second_email, is_copy=True)


def _second(notification: Notification, event: Event) -> Iterator[Mailbox]:
    """Yield the second address that an event names, else the one that the person has.

    What asks it to confirm itself has its link; all else that it is told has none.
    """
    if event.subject_id is None:
        return
    named = event.typed.get("second_email")
    asks = notification.message == Message.SECOND_ADDRESS_CONFIRM
    for person in Administrator.objects.everywhere().filter(id=event.subject_id):
        address = named or person.second_email
        if address:
            yield Mailbox(person.id, address, is_copy=not asks)


def _administrators(event: Event) -> Iterator[Mailbox]:
    if event.customer_id is None:
        return
    people = who_look_after(Administrator.objects.of(event.customer_id))
    if event.subject_id is not None and _has_own_message(event):
        people = people.exclude(id=event.subject_id)
    yield from _of(people.order_by("name_sort", "id"))


def _inviter(event: Event) -> Iterator[Mailbox]:
    """Yield who sent the newest invitation; the provider's people where nobody else is there to be told."""
    sent = Event.objects.filter(subject_id=event.subject_id, type=INVITATION_SENT)
    inviter = sent.order_by("-id").values_list("actor_id", flat=True).first()
    people = Administrator.objects.everywhere().filter(status=Status.ACTIVE)
    audience = list(_of(people.filter(id__in=[inviter] if inviter else [])))
    if audience or any(_administrators(event)):
        yield from audience
    else:
        yield from _staff()


def _asker(event: Event) -> Iterator[Mailbox]:
    """Yield who asked for what the event is about, but not where they did it themselves."""
    asked = RecoveryRequest.objects.filter(id=as_id(event.details.get("request")))
    people = Administrator.objects.everywhere().filter(status=Status.ACTIVE)
    if event.actor_id is not None:
        people = people.exclude(id=event.actor_id)
    yield from _of(people.filter(id__in=asked.values("asked_by_id")))


_OF_EVENT: Final = {
    Audience.ADMINISTRATORS: _administrators,
    Audience.INVITER: _inviter,
    Audience.ASKER: _asker,
}


def _staff() -> Iterator[Mailbox]:
    everybody = Administrator.objects.everywhere()
    people = who_look_after(everybody.filter(customer__kind=CustomerKind.PROVIDER))
    yield from _of(people.order_by("name_sort", "id"))


def _minimum_keepers(event: Event) -> Iterator[Mailbox]:
    """Yield the provider's people who may change the minimum that an event is about: a customer's, or a brand's."""
    owner = minimum_of(event)
    if owner is None:
        return
    staff = Administrator.objects.everywhere().filter(
        status=Status.ACTIVE, customer__kind=CustomerKind.PROVIDER
    )
    for person in staff.select_related("customer").order_by("name_sort", "id"):
        actor = Actor(person=person.who(), client=ClientInfo())
        if is_allowed(actor, owner.action, owner.customer_id, brand_id=owner.brand_id):
            yield Mailbox(person.id, person.email)


def minimum_of(event: Event) -> Owner | None:
    """Return the minimum that an event is about; None: it says of none."""
    if brand_id := event.details.get("brand_id"):
        return minimum_of_brand(as_id(brand_id))
    return minimum_of_customer(event.customer_id) if event.customer_id else None


def _of(people: QuerySet[Administrator]) -> Iterator[Mailbox]:
    """Yield the mailbox of each: what concerns a colleague goes to no second address."""
    for person_id, email in people.values_list("id", "email"):
        yield Mailbox(person_id, email)


def change_of(event: Event) -> EmailChange | None:
    """Return the change of an e-mail that an event is about; None: it says of none."""
    try:
        change_id = UUID(str(event.details.get("change")))
    except ValueError:
        return None
    return EmailChange.objects.filter(id=change_id).first()


def _has_own_message(event: Event) -> bool:
    """Return whether the person whom it happened to gets a message of their own."""
    return any(notification.audience is Audience.PERSON for notification in _notifications(event))
