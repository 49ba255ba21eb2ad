"""Through the code events are added and read, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from doorward.audit.models import AppendOnly, Event
from tests.audit import histories

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCE = Path(__file__).parents[2] / "src" / "doorward"
# Who seals, erases and forgets. The demonstration makes up its history as a whole.
MAY_REWRITE = {
    "audit/erasing.py",
    "audit/forgetting.py",
    "audit/models.py",
    "audit/sealing.py",
    "demo/data/fill.py",
    "notifications/customer_deletion.py",
}

WAYS: list[Callable[[Event], object]] = [
    lambda event: event.save(),
    lambda event: event.save(update_fields=["type"]),
    lambda event: event.save(force_update=True),
    lambda event: event.delete(),
    lambda event: Event.objects.filter(id=event.id).delete(),
    lambda _event: Event.objects.all().delete(),
    lambda event: Event.objects.filter(id=event.id).update(type="signed_in"),
    lambda event: Event.objects.filter(id=event.id).update(batch=None),
    lambda event: Event.objects.bulk_update([event], ["type"]),
    lambda event: Event.objects.update_or_create({"type": "signed_in"}, id=event.id),
    lambda event: Event.objects.bulk_create(
        [event], update_conflicts=True, update_fields=["type"], unique_fields=["id"]
    ),
]


@pytest.mark.parametrize("way", WAYS)
def test_nothing_changes_or_deletes_an_event(owner, way) -> None:
    histories.happen(owner)
    before = list(Event.objects.order_by("id").values())
    event = Event.objects.latest("id")
    event.type = "signed_out"
    with pytest.raises(AppendOnly), transaction.atomic():
        way(event)
    assert list(Event.objects.order_by("id").values()) == before


def test_that_it_was_dispatched_is_written_down(owner) -> None:
    histories.happen(owner)
    now = timezone.now()
    assert Event.objects.update(dispatched_at=now) == Event.objects.count()
    with pytest.raises(AppendOnly):
        Event.objects.update(dispatched_at=now, type="signed_in")


def test_a_new_one_takes_no_place_that_is_taken(owner) -> None:
    histories.happen(owner)
    there = Event.objects.latest("id")
    with pytest.raises(IntegrityError), transaction.atomic():
        Event(id=there.id, at=there.at, type="signed_in", outcome="ok").save()


def test_who_may_rewrite_is_known() -> None:
    found = {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if "rewritable" in path.read_text()
    }
    assert found == MAY_REWRITE
