"""Notes about a customer: whose they are, what they may be, and where they are told of."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.utils import timezone

from doorward.audit.models import Event
from doorward.customers import notes
from doorward.customers.errors import NoteMissing
from doorward.kernel.errors import NotFound, TextInvalid, TextTooLong
from doorward.permissions.errors import NotAuthorised
from tests.kit import people, recovering

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator
    from doorward.customers.models import Customer, Note

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Administrator:
    return recovering.make_staff()


def add(customer: Customer, by: Administrator, text: str = "Call Ines.") -> Note:
    return notes.add(customer.id, text, actor=people.actor(by), now=timezone.now())


def test_a_note_has_lines_and_is_told_of_at_the_provider_alone(
    customer: Customer, staff: Administrator
) -> None:
    note = add(customer, staff, "  Call Ines.\r\n\r\nNot Otto. ")
    assert (note.text, note.author) == ("Call Ines.\n\nNot Otto.", staff.id)
    assert notes.newest(customer.id) == [note]
    notes.remove(customer.id, note.id, actor=people.actor(staff))
    assert notes.newest(customer.id) == []
    told = Event.objects.filter(type__startswith="note_").order_by("id")
    assert [(one.type, one.customer_id) for one in told] == [
        ("note_added", staff.customer_id),
        ("note_removed", staff.customer_id),
    ]
    named = {"customer": customer.name}
    assert [one.details for one in told] == [named, named | {"removed": [str(note.id)]}]
    assert not told.filter(customer_id=customer.id).exists()


def test_what_cannot_be_a_note(customer: Customer, staff: Administrator) -> None:
    for text, refusal in (
        (" \n ", NoteMissing),
        ("a\x00b", TextInvalid),
        ("x" * 2001, TextTooLong),
        ("x\n" * 1001, TextTooLong),
    ):
        with pytest.raises(refusal):
            add(customer, staff, text)
    assert add(customer, staff, "x" * 2000).text == "x" * 2000


def test_nobody_removes_a_colleagues_note_or_one_of_another_customer(
    customer: Customer, staff: Administrator, outsider: Administrator
) -> None:
    theo = recovering.make_staff("theo@provider.example")
    note = add(customer, staff)
    for whose, by in ((customer.id, theo), (outsider.customer_id, staff), (uuid4(), staff)):
        with pytest.raises(NotFound):
            notes.remove(whose, note.id, actor=people.actor(by))
    assert notes.newest(customer.id) == [note]


def test_a_customers_own_people_write_and_remove_none(
    customer: Customer, staff: Administrator, owner: Administrator
) -> None:
    note = add(customer, staff)
    with pytest.raises(NotAuthorised):
        add(customer, owner)
    with pytest.raises(NotAuthorised):
        notes.remove(customer.id, note.id, actor=people.actor(owner))
