"""Changing people: all of it or nothing, within the rules."""

from __future__ import annotations

import pytest
from django.utils import timezone

from doorward.accounts import services
from doorward.accounts.events import CHANGE_REFUSED
from doorward.accounts.models import Administrator
from doorward.accounts.services import Change
from doorward.audit.actor import CONSOLE
from doorward.audit.events import Outcome
from doorward.customers.tabs import ADMINISTRATORS
from tests.kit import people

WITH_RIGHT = frozenset({"home", ADMINISTRATORS})


def change(person, actor=None, **wanted):
    return services.change(
        person.id,
        Change(**wanted),
        customer=person.customer,
        actor=people.actor(actor) if actor else CONSOLE,
        now=timezone.now(),
    )


def row(person):
    return Administrator.objects.everywhere().filter(id=person.id).values().get()


def refused(refusal, person, actor=None, **wanted):
    """Check that a change is refused, that the row is as before, and that history knows."""
    before = row(person)
    with pytest.raises(refusal):
        change(person, actor, **wanted)
    assert row(person) == before
    event = people.events(CHANGE_REFUSED)[-1]
    assert (event.outcome, event.details["reason"]) == (Outcome.REFUSED, refusal.code)
    assert event.subject_id == person.id
