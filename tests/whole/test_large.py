"""What `make bench-sizes` fills a database with is what Doorward itself would have written."""

from __future__ import annotations

from django.utils import timezone

from benchmarks import large
from doorward.accounts.models import Administrator
from doorward.audit.models import Event
from doorward.credentials import standing
from doorward.notifications.events import ALL
from doorward.sessions.models import Session
from tests.kit import people as kit_people


def test_people_stand_as_their_factors_say_and_events_are_declared(db):
    kit_people.provider()
    filling = large.Filling(timezone.now())
    customers = filling.customers(1)
    known = filling.fill(customers, 110)
    filling.events(customers, known, 1100)
    people = list(Administrator.objects.everywhere().filter(customer__in=customers))
    assert len(people) == len(known) == 110
    kept = {one.id: (one.standing, one.last_signed_in_at) for one in people}
    assert len({found for found, _ in kept.values()}) == 4
    for one in people:
        standing.keep(one.id)
        last = Session.objects.filter(administrator=one).values_list("signed_in_at", flat=True)
        now = Administrator.objects.everywhere().get(id=one.id).standing
        assert kept[one.id] == (now, last.first())
    assert set(Event.objects.values_list("type", flat=True)) <= set(ALL)
