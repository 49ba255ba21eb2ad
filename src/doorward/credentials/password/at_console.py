"""Adding somebody with a password, at the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from doorward.accounts.models import (
    Administrator,
    Status,
)
from doorward.accounts.services import NewAdministrator, insert, made, record_added
from doorward.credentials.password import change
from doorward.customers.rights import authorise
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.actor import Actor
    from doorward.customers.models import Customer


def add_active(
    new: NewAdministrator, *, password: str, customer: Customer, actor: Actor, now: datetime
) -> Administrator:
    """Add somebody with a password, ready to sign in: for the operator at the console."""
    authorise(actor, Action.ADD_WITH_PASSWORD)
    person = made(new, customer=customer, status=Status.ACTIVE, actor=actor, now=now)
    accepted = change.accept(password, person=person, now=now)
    for name, value in accepted.columns().items():
        setattr(person, name, value)
    with transaction.atomic():
        insert(person)
        record_added(person, actor=actor)
    return person
