"""Somebody who can write to the database changes what has happened: it is found, and the batch is named.

Each way is looked for by `doorward history verify` and, in an export, by the program of docs/ alone.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.utils import timezone

from doorward.audit import chain, sealing, verifying
from doorward.audit.events import HISTORY_FORGOTTEN, EventType
from doorward.audit.leaves import leaf_of, part_hash
from doorward.audit.models import Batch, Event
from doorward.audit.verifying import Fault
from doorward.sessions.events import SIGNED_OUT
from tests.audit import histories

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.django_db

# Of a history of four batches: 1 is of the people and their customer, 2 to 4 have three events each.
MIDDLE = 3


@dataclass(frozen=True)
class Way:
    """What somebody does, and where it is found."""

    do: Callable[[], object]
    found: tuple[int, Fault]


def name_of(way: Way) -> str:
    if isinstance(way.do, partial):
        return f"{way.do.func.__name__}-{next(iter(way.do.keywords))}"
    return getattr(way.do, "__name__", "")


def change(**columns: Any) -> None:
    second = histories.of_batch(MIDDLE)[1]
    assert Event.rewritable.filter(id=second.id).update(**columns) == 1


def change_head(**columns: Any) -> None:
    assert Batch.objects.filter(number=MIDDLE).update(**columns) == 1


def delete_one() -> None:
    Event.rewritable.filter(id=histories.of_batch(MIDDLE)[1].id).delete()


def delete_and_renumber() -> None:
    """The last of the batch goes, and an unsealed copy of another takes its place."""
    first, *_rest, last = histories.of_batch(MIDDLE)
    Event.rewritable.filter(id=last.id).delete()
    histories.insert_copy(first)


def insert_one() -> None:
    histories.insert_copy(histories.of_batch(MIDDLE)[0])


def replace_one() -> None:
    first, second, _third = histories.of_batch(MIDDLE)
    Event.rewritable.filter(id=second.id).delete()
    histories.insert_copy(first)


def insert_into_the_past() -> None:
    """Not sealed yet, but told as of last week: the worker seals it like any other."""
    event = histories.of_batch(MIDDLE)[0]
    histories.insert_copy(event, batch=None, at=event.at - timedelta(days=7))
    sealing.seal(now=timezone.now())


def swap() -> None:
    """Two events change places."""
    first, second, _third = histories.of_batch(MIDDLE)
    histories.rows(MIDDLE).filter(id=first.id).update(id=2**40)
    histories.rows(MIDDLE).filter(id=second.id).update(id=first.id)
    histories.rows(MIDDLE).filter(id=2**40).update(id=second.id)


def move_to_another_batch() -> None:
    Event.rewritable.filter(id=histories.of_batch(MIDDLE)[0].id).update(batch=MIDDLE + 1)


def swap_between_batches() -> None:
    one, other = histories.of_batch(MIDDLE)[0], histories.of_batch(MIDDLE + 1)[0]
    Event.rewritable.filter(id=one.id).update(batch=MIDDLE + 1)
    Event.rewritable.filter(id=other.id).update(batch=MIDDLE)


def unseal_and_change() -> None:
    """Sealed again by the worker, the changed event is missed where it was."""
    change(batch=None, type=SIGNED_OUT)
    sealing.seal(now=timezone.now())


def to_a_batch_that_is_not_there() -> None:
    change(batch=99)


def empty_a_batch() -> None:
    histories.rows(MIDDLE).delete()


def remove_a_batch() -> None:
    histories.rows(MIDDLE).delete()
    Batch.objects.filter(number=MIDDLE).delete()


def remove_the_first_batch() -> None:
    histories.rows(1).delete()
    Batch.objects.filter(number=1).delete()


def remove_and_renumber() -> None:
    """The batches after the one that was removed move up."""
    remove_a_batch()
    histories.rows(MIDDLE + 1).update(batch=MIDDLE)
    Batch.objects.filter(number=MIDDLE + 1).update(number=MIDDLE)


def seal_anew() -> None:
    """The changed event's batch gets the head that fits it: the next one does not any more."""
    change(outcome="failed")
    seal_as_if_nothing_had_been(MIDDLE)


def empty_and_say_it_was_forgotten() -> None:
    """Nothing as young as that is ever forgotten."""
    empty_a_batch()
    say(HISTORY_FORGOTTEN, details={"batch": MIDDLE, "events": 3})


def take_a_name_away() -> None:
    """As erasing does it, of somebody who was not erased."""
    event = histories.of_batch(MIDDLE)[1]
    change(
        actor_name="",
        actor_email="",
        address="",
        browser="",
        actor_hash=part_hash(event, "actor"),
        actor_salt=None,
    )


def another_name_with_an_old_hash() -> None:
    event = histories.of_batch(MIDDLE)[1]
    change(subject_name="Mallory", subject_hash=part_hash(event, "subject"), subject_salt=None)


def say(event_type: EventType, **columns: Any) -> None:
    histories.insert_copy(
        histories.of_batch(MIDDLE + 1)[0], batch=None, type=event_type, at=timezone.now(), **columns
    )


def seal_as_if_nothing_had_been(number: int) -> None:
    batch, before = Batch.objects.get(number=number), Batch.objects.filter(number=number - 1)
    batch.root = chain.tree_head([leaf_of(event) for event in histories.of_batch(number)])
    previous = bytes(before.get().head) if before else chain.START
    batch.head = chain.head_hash(batch.sealed(), previous=previous)
    batch.save()


# One column at a time.
EVENT_CHANGES: list[dict[str, Any]] = [
    {"type": SIGNED_OUT},
    {"outcome": "failed"},
    {"actor_name": "Mallory Wright"},
    {"actor_id": None},
    {"actor_salt": secrets.token_bytes(16)},
    {"actor_salt": None},
    {"subject_name": "Mallory Wright"},
    {"subject_id": None},
    {"customer_name": "Cedar Clinic"},
    {"customer_id": None},
    {"credential": "console"},
    {"credential_id": "00000000-0000-4000-8000-000000000000"},
    {"on_behalf_of_id": "00000000-0000-4000-8000-000000000000"},
    {"on_behalf_of_name": "Mallory Wright"},
    {"on_behalf_of_email": "mallory@harbourbakery.example"},
    {"on_behalf_of_salt": secrets.token_bytes(16)},
    {"on_behalf_of_hash": secrets.token_bytes(32)},
    {"address": "198.51.100.1"},
    {"browser": "Another"},
    {"request_id": "r2"},
    {"public_id": "00000000-0000-4000-8000-000000000000"},
    {"details": {"place": 2}},
    {"typed": {"factor": "Another phone"}},
    {"typed": "Another phone"},
    {"actor_type": "operator"},
    {"actor_email": "mallory@harbourbakery.example"},
    {"subject_email": "mallory@harbourbakery.example"},
    {"details": {}},
    {"details": [1]},
    {"at": timezone.now() + timedelta(days=1)},
]
HEAD_CHANGES: list[dict[str, Any]] = [
    {"size": 4},
    {"root": bytes(32)},
    {"head": bytes(32)},
    {"complete": False},
    {"sealed_at": timezone.now() - timedelta(days=1)},
]
WAYS = [
    *(Way(partial(change, **columns), (MIDDLE, Fault.CHANGED)) for columns in EVENT_CHANGES),
    Way(partial(change, form=2), (MIDDLE, Fault.UNREADABLE)),
    Way(delete_one, (MIDDLE, Fault.DELETED)),
    Way(delete_and_renumber, (MIDDLE, Fault.CHANGED)),
    Way(insert_one, (MIDDLE, Fault.INSERTED)),
    Way(replace_one, (MIDDLE, Fault.CHANGED)),
    Way(insert_into_the_past, (5, Fault.BACKDATED)),
    Way(swap, (MIDDLE, Fault.CHANGED)),
    Way(move_to_another_batch, (MIDDLE, Fault.DELETED)),
    Way(swap_between_batches, (MIDDLE, Fault.CHANGED)),
    Way(unseal_and_change, (MIDDLE, Fault.DELETED)),
    Way(to_a_batch_that_is_not_there, (MIDDLE, Fault.DELETED)),
    Way(empty_a_batch, (MIDDLE, Fault.DELETED)),
    Way(remove_a_batch, (MIDDLE, Fault.MISSING)),
    Way(remove_the_first_batch, (1, Fault.MISSING)),
    Way(remove_and_renumber, (MIDDLE, Fault.HEAD)),
    Way(seal_anew, (MIDDLE + 1, Fault.HEAD)),
    Way(empty_and_say_it_was_forgotten, (MIDDLE, Fault.DELETED)),
    Way(take_a_name_away, (MIDDLE, Fault.ERASED)),
    Way(another_name_with_an_old_hash, (MIDDLE, Fault.CHANGED)),
    *(Way(partial(change_head, **columns), (MIDDLE, Fault.HEAD)) for columns in HEAD_CHANGES),
]


@pytest.fixture
def history(owner: Any) -> list[Batch]:
    batches = histories.sealed(owner)
    assert [batch.number for batch in batches] == [1, 2, 3, 4]
    return batches


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_what_nobody_touched_is_whole(history: list[Batch], tmp_path: Path, form: str) -> None:
    anchors = [batch.anchor for batch in history]
    assert histories.faults(anchors) == set()
    alone = histories.verify_alone(histories.export(tmp_path, form), *map(str, anchors))
    assert (alone.returncode, alone.stderr) == (0, "")
    assert alone.stdout.endswith("The history is whole, and 4 anchors hold.\n")


@pytest.mark.parametrize("way", WAYS, ids=name_of)
def test_each_way_is_found_and_its_batch_is_named(
    history: list[Batch], tmp_path: Path, way: Way
) -> None:
    way.do()
    number, _fault = way.found
    assert way.found in histories.faults()
    alone = histories.verify_alone(histories.export(tmp_path, "jsonl"))
    assert alone.returncode == 1
    assert f"atch {number}" in alone.stdout or f"atch {number - 1} " in alone.stdout, alone.stdout


def test_a_batch_that_was_never_sealed_is_named(history: list[Batch]) -> None:
    to_a_batch_that_is_not_there()
    assert histories.faults() == {(MIDDLE, "deleted"), (99, "unknown")}


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL takes only what is of the type"
)
def test_what_cannot_even_be_read_is_found(history: list[Batch]) -> None:
    event = histories.of_batch(MIDDLE)[1]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_event SET at = 'yesterday' WHERE id = %s", [event.id])
    assert histories.faults() == {(MIDDLE, "unreadable")}


# --- what only an anchor shows --------------------------------------------------------------------


def cut_off_the_end() -> None:
    histories.rows(4).delete()
    Batch.objects.filter(number=4).delete()


def make_all_anew() -> None:
    """Every head after the change is computed again, as the worker would have."""
    change(outcome="failed")
    for number in (3, 4):
        seal_as_if_nothing_had_been(number)


@pytest.mark.parametrize("do", [cut_off_the_end, make_all_anew])
def test_an_anchor_shows_what_the_database_alone_does_not(
    history: list[Batch], tmp_path: Path, do: Callable[[], None]
) -> None:
    anchor = history[-1].anchor
    do()
    assert histories.faults() == set()
    assert histories.faults([anchor]) == {(4, "anchor")}
    file = histories.export(tmp_path, "csv")
    assert histories.verify_alone(file).returncode == 0
    alone = histories.verify_alone(file, str(anchor))
    assert alone.returncode == 1
    assert "Batch 4 is missing, or its head is not the one of the anchor." in alone.stdout


def test_an_anchor_of_what_is_not_sealed_yet_cannot_be_made_up(history: list[Batch]) -> None:
    assert histories.faults([chain.Anchor(7, bytes(32))]) == {(7, "anchor")}


def test_several_findings_are_all_told(history: list[Batch]) -> None:
    delete_one()
    histories.rows(4).delete()
    report = verifying.verify()
    assert [finding.batch for finding in report.findings] == [3, 4]
