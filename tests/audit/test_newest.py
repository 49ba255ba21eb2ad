"""The newest of many events: what is put together from parts is what reading all of them would find."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.audit.models import Event
from doorward.audit.newest import Newest, Parts, parts_of_people, parts_of_types
from tests.kit import people

if TYPE_CHECKING:
    from django.db.models import QuerySet

pytestmark = pytest.mark.django_db
TYPES = tuple(f"type_{number}" for number in range(30))


@pytest.fixture
def events() -> QuerySet[Event]:
    drawn, customer = random.Random(4), people.make_customer("Company")
    somebody = [uuid4() for _ in range(4)]
    Event.objects.bulk_create(
        Event(
            at=timezone.now(),
            type=drawn.choice(TYPES),
            outcome=drawn.choice(["ok", "failed"]),
            actor_type="person",
            actor_id=drawn.choice(somebody),
            subject_id=drawn.choice([None, *somebody]),
            customer_id=customer.id,
        )
        for _ in range(200)
    )
    return Event.objects.filter(customer_id=customer.id)


def read(found: Newest) -> list[int]:
    """Return all of them, page by page, and see that the way back is the same."""
    ids, page, last = [], found.older(7, than=None), None
    while page:
        ids += [one.id for one in page]
        if last is not None:
            assert [one.id for one in found.newer(7, than=page[0])][::-1] == [
                one.id for one in last
            ]
        page, last = found.older(7, than=page[-1]), page
    return ids


def wanted(events: QuerySet[Event]) -> list[int]:
    return list(events.order_by("-id").values_list("id", flat=True))


def test_parts_of_types_are_what_reading_all_would_find(events):
    some = events.filter(outcome="ok")
    found = Newest(some.filter(type__in=TYPES[::2]), parts_of_types(some, TYPES[::2]))
    assert read(found) == wanted(some.filter(type__in=TYPES[::2]))


def test_parts_of_people_and_a_part_of_its_own_are_each_shown_once(events):
    one, other = list(events.values_list("actor_id", flat=True).distinct())[:2]
    parts = [*parts_of_people(events, [one, other]), Parts(events.filter(type=TYPES[0]))]
    theirs = [
        event.id
        for event in events
        if {event.actor_id, event.subject_id} & {one, other} or event.type == TYPES[0]
    ]
    assert read(Newest(events, parts)) == sorted(theirs, reverse=True)


def test_of_more_people_than_lines_those_are_read_whose_lines_come_first(owner):
    drawn = random.Random(7)
    several = [
        people.make_administrator(owner.customer, email=f"p{n}@x.example") for n in range(15)
    ]
    Event.objects.bulk_create(
        Event(
            at=timezone.now(),
            type=TYPES[0],
            outcome="ok",
            actor_type="person",
            # Some have many lines, some none.
            actor_id=drawn.choice(several[: drawn.randint(1, 12)]).id,
            subject_id=drawn.choice([None, *(one.id for one in several[:14])]),
            on_behalf_of_id=drawn.choice([None, several[13].id]),
            customer_id=owner.customer_id,
        )
        for _ in range(150)
    )
    events, chosen = Event.objects.filter(customer_id=owner.customer_id), several[::2]
    ids = {one.id for one in chosen}
    theirs = [
        event.id
        for event in events
        if {event.actor_id, event.subject_id, event.on_behalf_of_id} & ids
    ]
    rows = Administrator.objects.everywhere().filter(id__in=ids)
    assert len(ids) > 7
    assert read(Newest(events, parts_of_people(events, rows))) == sorted(theirs, reverse=True)
    assert 20 < len(theirs) < events.count()


def test_parts_without_anything_in_them_are_none(events):
    assert Newest(events, parts_of_types(events.none(), TYPES)).older(5, than=None) == []
    assert Newest(events, parts_of_types(events, ())).older(5, than=None) == []


def test_of_many_parts_one_statement_is_written(events):
    written = []

    def first(some: QuerySet[Event]) -> QuerySet[Event, tuple[int]]:
        written.append(some)
        return some.values_list("id")[:5]

    assert len(list(Parts(events, "type", TYPES).walks(first, 5, "-id"))) == len(TYPES)
    assert len(written) == 1
