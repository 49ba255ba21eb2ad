"""History is kept for its time; what is left can be verified, and what is missing was forgotten and not taken."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.utils import timezone

from doorward.audit import erasure_marks, forgetting, sealing, verifying
from doorward.audit.events import HISTORY_FORGOTTEN
from doorward.audit.models import Batch, Event
from tests.audit import histories
from tests.kit import people

if TYPE_CHECKING:
    from pathlib import Path

    from doorward.accounts.models import Administrator
    from doorward.environment.fields import Environment

DAYS = 730


def seal() -> None:
    sealing.seal(now=timezone.now())


def forget() -> int:
    return forgetting.forget(now=timezone.now())


@pytest.fixture
def two_years(clock: Any, owner: Administrator) -> list[Batch]:
    """Return four batches: two that are older than is kept by now, and two that are not."""
    seal()
    histories.happen(owner)
    clock.shift(timedelta(days=1))
    seal()
    clock.shift(timedelta(days=DAYS - 1))
    histories.happen(owner)
    seal()
    clock.shift(timedelta(days=2))
    histories.happen(owner)
    seal()
    return list(Batch.objects.order_by("number"))


def test_the_setting_is_what_the_documentation_says(two_years: list[Batch]) -> None:
    environment: Environment = settings.DOORWARD
    assert environment.history_days == DAYS
    field = type(environment).model_fields["history_days"]
    assert f"ge={verifying.SHORTEST_KEEP.days}" in repr(field)


def test_whole_batches_go_and_their_heads_stay(two_years: list[Batch], tmp_path: Path) -> None:
    old = Event.objects.filter(batch__lte=2).count()
    assert forget() == old
    assert set(Event.objects.values_list("batch", flat=True)) == {3, 4, None}
    assert list(Batch.objects.order_by("number")) == two_years
    [said] = people.events(HISTORY_FORGOTTEN)
    proof = erasure_marks.proof(HISTORY_FORGOTTEN, 2)
    assert said.details == {"batch": 2, "events": old, "proof": proof}
    assert forget() == 0

    seal()
    report = verifying.verify([batch.anchor for batch in two_years])
    assert (report.findings, report.forgotten, report.batches) == ([], 2, 5)
    for form in ("jsonl", "csv"):
        alone = histories.verify_alone(histories.export(tmp_path, form), str(two_years[0].anchor))
        assert alone.returncode == 0, alone.stdout


def test_what_is_not_sealed_is_not_forgotten(clock: Any, owner: Administrator) -> None:
    waiting = Event.objects.count()
    clock.shift(timedelta(days=DAYS + 1))
    assert forget() == 0
    assert Event.objects.count() == waiting


def test_what_is_still_kept_is_missed_when_it_is_gone(two_years: list[Batch]) -> None:
    forget()
    seal()
    histories.rows(3).delete()
    assert histories.faults() == {(3, "deleted")}


def test_part_of_a_forgotten_batch_is_a_finding(two_years: list[Batch]) -> None:
    event = histories.of_batch(2)[0]
    forget()
    histories.insert_copy(event)
    seal()
    assert histories.faults() == {(2, "deleted")}


def test_without_its_event_it_was_not_forgotten(two_years: list[Batch], tmp_path: Path) -> None:
    forget()
    Event.rewritable.filter(type=HISTORY_FORGOTTEN).delete()
    assert histories.faults() == {(1, "deleted"), (2, "deleted")}
    alone = histories.verify_alone(histories.export(tmp_path, "csv"))
    assert (
        "All events of batch 1 were deleted.\nAll events of batch 2 were deleted." in alone.stdout
    )


def test_an_event_that_somebody_else_wrote_covers_nothing(two_years: list[Batch]) -> None:
    """With the database alone: as old as it must be, and in the right form."""
    forget()
    [said] = people.events(HISTORY_FORGOTTEN)
    histories.rows(3).delete()
    wrong = {**said.details, "batch": 3}
    for details in (
        wrong,
        {**wrong, "proof": "0" * 64},
        {"batch": 3},
        {**wrong, "proof": "é"},
    ):
        made_up = histories.insert_copy(
            said, details=details, at=timezone.now() + timedelta(days=40)
        )
        assert histories.faults() == {(3, "deleted")}
        Event.rewritable.filter(id=made_up.id).delete()


def test_the_event_of_it_is_forgotten_in_its_turn(
    two_years: list[Batch], clock: Any, owner: Administrator
) -> None:
    forget()
    seal()
    clock.shift(timedelta(days=DAYS + 1))
    histories.happen(owner)
    seal()
    assert forget()
    [said] = people.events(HISTORY_FORGOTTEN)
    assert said.details["batch"] == 5
    assert histories.faults() == set()


def test_much_of_it_is_forgotten_piece_by_piece(
    two_years: list[Batch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "EVENTS_AT_ONCE", 1)
    old = Event.objects.filter(batch__lte=2).count()
    assert forget() == old
    assert [event.details["batch"] for event in people.events(HISTORY_FORGOTTEN)] == [1, 2]
    assert histories.faults() == set()
