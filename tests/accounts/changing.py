"""Changing people: all of it or nothing, within the rules."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from doorward.accounts import services
from doorward.accounts.events import CHANGE_REFUSED
from doorward.accounts.models import Administrator
from doorward.accounts.services import Change
from doorward.audit.actor import CONSOLE
from doorward.audit.events import Outcome
from doorward.customers.tabs import ADMINISTRATORS
from doorward.kernel.errors import FieldsRefused
from tests.kit import people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward.audit.actor import Actor
    from doorward.kernel.errors import Refusal

WITH_RIGHT = frozenset({"home", ADMINISTRATORS})


def change_to(person: Administrator, wanted: Change, actor: Actor) -> Administrator:
    """Change somebody, as the one who acts wants it."""
    changed = services.change(
        person.id, wanted, customer_id=person.customer_id, actor=actor, now=timezone.now()
    )
    return changed.person


def change(
    person: Administrator, actor: Administrator | None = None, **wanted: Any
) -> Administrator:
    """Change somebody, by a person or at the console."""
    by = people.actor(actor) if actor else CONSOLE
    return change_to(person, Change(**{"reauthenticated": True} | wanted), by)


@contextmanager
def refuses_field(kind: type[Refusal]) -> Iterator[None]:
    """Check that one field, and no other, is refused so."""
    with pytest.raises(FieldsRefused) as refused:
        yield
    assert {type(one) for one in refused.value.fields.values()} == {kind}


def row(person: Administrator) -> Any:
    """Return all columns of somebody."""
    return Administrator.objects.everywhere().filter(id=person.id).values().get()


def refused(
    refusal: type[Refusal],
    person: Administrator,
    actor: Administrator | None = None,
    **wanted: Any,
) -> None:
    """Check that a change is refused, that the row is as before, and that history knows."""
    before = row(person)
    with pytest.raises(refusal):
        change(person, actor, **wanted)
    assert row(person) == before
    event = people.events(CHANGE_REFUSED)[-1]
    assert (event.outcome, event.details["reason"]) == (Outcome.REFUSED, refusal.code)
    assert event.subject_id == person.id
