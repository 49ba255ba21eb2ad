"""Deleting customers for good, in small steps: people, then history, then the customer.

Each step is a transaction of its own and does again without harm what was done; so whoever is killed in between is
gone on from. Until the last one the customer is there, closed, and nobody gets in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db import transaction

from doorward.accounts.models import Administrator
from doorward.audit import erasure_marks
from doorward.audit.actor import WORKER, Who
from doorward.audit.erasing import concerning, erase_elsewhere, erase_events
from doorward.audit.events import ADMINISTRATOR_ERASED
from doorward.audit.leaf_forms import FORMS
from doorward.audit.models import Event
from doorward.audit.record import record
from doorward.customers import deletion
from doorward.customers.events import CUSTOMER_DELETED
from doorward.customers.models import Customer, CustomerKind
from doorward.directory import adoption_sums
from doorward.notifications import mail_files
from doorward.notifications.models import Delivery
from doorward.rollout.models import KeptRehearsal, ReminderSweep

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

PEOPLE_AT_ONCE: Final = 20
EVENTS_AT_ONCE: Final = 200
# In a round of the worker, which has mail to send.
STEPS_AT_ONCE: Final = 100


def delete_due(*, now: datetime) -> int:
    """Begin and go on with the deletion of customers whose time has come; return how many steps were done."""
    deletion.begin_due(now=now)
    steps = 0
    rows = Customer.objects.filter(deleting_since__isnull=False).order_by("deleting_since", "id")
    for customer_id, name in rows.values_list("id", "name"):
        while steps < STEPS_AT_ONCE and _step(customer_id, name):
            steps += 1
    return steps


def _step(customer_id: UUID, name: str) -> bool:
    """Do the next step; False: none is left for now."""
    return (
        _delete_people(customer_id, name)
        or _erase_history(customer_id, name)
        or _delete_customer(customer_id, name)
    )


@transaction.atomic
def _delete_people(customer_id: UUID, name: str) -> bool:
    people = Administrator.objects.of(customer_id).order_by("id")
    ids = list(people.select_for_update().values_list("id", flat=True)[:PEOPLE_AT_ONCE])
    for person_id in ids:
        if erase_elsewhere(person_id, customer_id=customer_id):
            _mark_erased(person_id, customer_id, name)
    mails = Delivery.objects.filter(administrator_id__in=ids)
    # Before the commit: who is killed after it would leave the files behind.
    mail_files.forget_deliveries(list(mails.values_list("id", flat=True)))
    mails.delete()
    people.filter(id__in=ids).delete()
    return bool(ids)


@transaction.atomic
def _erase_history(customer_id: UUID, name: str) -> bool:
    """Erase some of its events. What is not sealed yet waits for the next round: the seal comes within a minute."""
    sealed = Event.rewritable.filter(customer_id=customer_id, batch__isnull=False)
    # What a newer release wrote in a form of its own is erased by its worker.
    known = sealed.filter(form__in=list(FORMS))
    events = list(known.order_by("id").select_for_update()[:EVENTS_AT_ONCE])
    for event in events:
        if event.type == ADMINISTRATOR_ERASED and event.subject_id is not None:
            _mark_again(event.subject_id, customer_id, name)
    erase_events(events)
    return bool(events)


@transaction.atomic
def _delete_customer(customer_id: UUID, name: str) -> bool:
    """Delete the customer itself, where nothing is left of it; whoever adds to it waits for this lock."""
    if not Customer.objects.select_for_update().filter(id=customer_id).exists():
        return False
    if Event.objects.filter(customer_id=customer_id).exists():
        return False
    if Administrator.objects.of(customer_id).exists():
        return True
    brand_id = Customer.objects.values_list("brand_id", flat=True).get(id=customer_id)
    _forget_elsewhere(customer_id, brand_id)
    Customer.objects.filter(id=customer_id).delete()
    for provider in _providers():
        record(CUSTOMER_DELETED, actor=WORKER, customer=provider, details={"customer": name})
    return True


def _forget_elsewhere(customer_id: UUID, brand_id: UUID) -> None:
    """Delete what names the customer by its id alone, and what is added up of it."""
    adoption_sums.drop(customer_id)
    # The way through everybody goes on with the next one, whoever that is.
    following = Customer.objects.filter(id__gt=customer_id).order_by("id")
    after = following.values_list("id", flat=True).first()
    ReminderSweep.objects.filter(customer_id=customer_id).update(customer_id=after, after=None)
    for colleague in Administrator.objects.everywhere().filter(scope_ids__contains=customer_id.hex):
        left = [one for one in colleague.scope_ids.split() if one != customer_id.hex]
        mine = Administrator.objects.of(colleague.customer_id).filter(id=colleague.id)
        mine.update(scope_ids=" ".join(left))
    of_brand = KeptRehearsal.objects.filter(brand_id=brand_id)
    named = [one.id for one in of_brand if str(customer_id) in str(one.by_customer)]
    KeptRehearsal.objects.filter(id__in=named).delete()


def _mark_again(person_id: UUID, customer_id: UUID, name: str) -> None:
    """Write down at the provider who was erased before, where their parts of other events are empty for that."""
    elsewhere = Event.objects.filter(concerning(person_id)).exclude(customer_id=customer_id)
    if elsewhere.exists() and not elsewhere.filter(type=ADMINISTRATOR_ERASED).exists():
        _mark_erased(person_id, customer_id, name)


def _mark_erased(person_id: UUID, customer_id: UUID, name: str) -> None:
    """Record that a person was erased: without it their empty parts would look as if somebody had taken them."""
    who = Who(id=person_id, name="", email="", customer_id=customer_id, customer_name=name)
    proof = erasure_marks.proof(ADMINISTRATOR_ERASED, person_id)
    for provider in _providers():
        record(
            ADMINISTRATOR_ERASED,
            actor=WORKER,
            subject=who,
            customer=provider,
            details={"proof": proof},
        )


def _providers() -> list[tuple[UUID, str]]:
    rows = Customer.objects.filter(kind=CustomerKind.PROVIDER)
    return list(rows.values_list("id", "name"))
