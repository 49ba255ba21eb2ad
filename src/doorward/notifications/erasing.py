"""Erasing somebody who was removed: their account, mails about them, and their parts of the history."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from doorward.accounts.errors import WrongStatus
from doorward.accounts.events import ADMINISTRATOR_REMOVED, INVITATION_REVOKED
from doorward.accounts.models import Administrator, Status
from doorward.audit import erasure_marks
from doorward.audit.actor import WORKER, Actor, Who
from doorward.audit.erasing import erase_from_history
from doorward.audit.events import ADMINISTRATOR_ERASED
from doorward.audit.models import Event
from doorward.audit.record import record
from doorward.customers.rights import authorise
from doorward.importing import forgetting as imports
from doorward.kernel.errors import NotFound
from doorward.kernel.text.cleaning import fold_email
from doorward.notifications import mail_files
from doorward.notifications.models import Delivery
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

_REMOVALS = (ADMINISTRATOR_REMOVED, INVITATION_REVOKED)


def erase_by_email(email: str, *, actor: Actor) -> int:
    """Erase who was removed with that e-mail, however often; return how many they were.

    Raises `WrongStatus` where only somebody has it who was not removed, else `NotFound`.
    """
    authorise(actor, Action.ERASE_PERSON)
    folded = fold_email(email)
    # Somebody removed is compared by the e-mail itself: their folded one was given free.
    people = [person for person in _removed() if fold_email(person.email) == folded]
    if not people:
        still_there = Administrator.objects.everywhere().filter(email_folded=folded)
        raise WrongStatus if still_there.exists() else NotFound
    for person in people:
        erase(person, actor=actor)
    return len(people)


def erase_due(*, now: datetime) -> int:
    """Erase who was removed longer ago than the settings allow; return how many they were."""
    since = now - timedelta(days=settings.DOORWARD.erase_after_days)
    removal = Event.objects.filter(subject_id=OuterRef("id"), type__in=_REMOVALS, at__gt=since)
    people = list(_removed().filter(~Exists(removal)))
    for person in people:
        erase(person, actor=WORKER)
    return len(people)


def erase(person: Administrator, *, actor: Actor) -> None:
    """Erase a person who was removed. What they did stays in the history, without their name.

    Their account goes with its sessions, links, factors and codes; the history keeps their id.
    """
    authorise(actor, Action.ERASE_PERSON)
    nameless = Who(
        id=person.id,
        name="",
        email="",
        customer_id=person.customer_id,
        customer_name=person.customer.name,
    )
    with transaction.atomic():
        if not _removed().filter(id=person.id).delete()[0]:
            return
        erase_from_history(person.id)
        imports.forget_person(person.email)
        deliveries = Delivery.objects.filter(administrator_id=person.id)
        ids = list(deliveries.values_list("id", flat=True))
        deliveries.delete()
        proof = erasure_marks.proof(ADMINISTRATOR_ERASED, person.id)
        record(ADMINISTRATOR_ERASED, actor=actor, subject=nameless, details={"proof": proof})
    mail_files.forget_deliveries(ids)


def _removed() -> QuerySet[Administrator]:
    people = Administrator.objects.everywhere().select_related("customer")
    found: QuerySet[Administrator] = people.filter(status=Status.REMOVED)
    return found
