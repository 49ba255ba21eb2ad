"""One customer's part of sealed history: whole without anybody else's, and refused once a byte of it is another."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from doorward.audit import chain, customer_extract, erasing, exporting, sealing
from doorward.audit.models import Batch, Event
from doorward.operations import verify_history
from tests.audit import histories

if TYPE_CHECKING:
    from pathlib import Path

    from doorward.accounts.models import Administrator

LEAVES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)


@given(LEAVES, st.data())
def test_a_tree_is_made_up_of_what_is_shown_and_what_is_beside_it(
    leaves: list[bytes], data: st.DataObject
) -> None:
    shown = data.draw(st.frozensets(st.integers(0, len(leaves) - 1)))
    path = chain.beside(leaves, shown)
    theirs = {place: leaves[place] for place in shown}
    assert verify_history.tree_around(len(leaves), theirs, path) == chain.tree_head(leaves)
    if shown:
        left_out = dict(list(theirs.items())[1:])
        assert verify_history.tree_around(len(leaves), left_out, path) != chain.tree_head(leaves)


def test_of_a_whole_tree_nothing_is_beside() -> None:
    leaves = [bytes([number]) * 32 for number in range(5)]
    assert chain.beside(leaves, frozenset(range(5))) == []
    # The other half, and the one neighbour.
    assert len(chain.beside(leaves, frozenset({4}))) == 1


@pytest.fixture
def mixed(owner: Administrator, outsider: Administrator) -> list[Batch]:
    """Batches with events of two customers, of the outsider's alone, and what is not sealed yet."""
    histories.sealed(outsider, batches=1)
    for _ in range(2):
        for person in (owner, outsider, owner):
            histories.happen(person, 2, typed={"factor": "=1+1"})
        sealing.seal(now=timezone.now())
    histories.sealed(outsider, batches=2)
    histories.happen(owner, 1)
    return list(Batch.objects.order_by("number"))


def written(
    folder: Path, wanted: customer_extract.Wanted, form: str
) -> tuple[Path, customer_extract.Seals]:
    seals = customer_extract.Seals()
    found = customer_extract.records(wanted, seals)
    lines = (
        exporting.as_table(found, customer_extract.COLUMNS)
        if form == "csv"
        else exporting.as_lines(found)
    )
    file = folder / f"extract.{form}"
    file.write_text("".join(lines), newline="")
    return file, seals


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_extract_is_verified_alone(
    mixed: list[Batch], owner: Administrator, outsider: Administrator, tmp_path: Path, form: str
) -> None:
    file, seals = written(tmp_path, customer_extract.Wanted(owner.customer_id), form)
    said = histories.verify_alone(file, str(mixed[-1].anchor))
    assert said.returncode == 0, said.stdout
    assert "is whole, and 1 anchor holds" in said.stdout
    assert str(mixed[-1].anchor) in said.stdout
    theirs = Event.objects.filter(customer_id=owner.customer_id).count()
    assert (seals.events, seals.waiting, seals.broken) == (theirs, 1, [])
    text = file.read_text()
    for neighbour in (outsider.email, outsider.customer.name, str(outsider.id)):
        assert neighbour not in text


def test_a_period_begins_with_the_head_before_its_first_batch(
    mixed: list[Batch], owner: Administrator, tmp_path: Path
) -> None:
    last = Event.objects.filter(customer_id=owner.customer_id, batch=mixed[-3].number)
    since = last.earliest("id").at
    file, seals = written(tmp_path, customer_extract.Wanted(owner.customer_id, since), "jsonl")
    assert seals.first == mixed[-3].number
    assert histories.verify_alone(file).returncode == 0
    nothing = customer_extract.Wanted(owner.customer_id, since, since)
    file, seals = written(tmp_path, nothing, "jsonl")
    assert (seals.events, histories.verify_alone(file).returncode) == (0, 0)


def test_whatever_is_changed_in_an_extract_is_found(
    mixed: list[Batch], owner: Administrator, tmp_path: Path
) -> None:
    file, _seals = written(tmp_path, customer_extract.Wanted(owner.customer_id), "jsonl")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    sealed = next(
        at for at, line in enumerate(lines) if line["record"] == "event" and line["batch"]
    )
    batch = next(at for at, line in enumerate(lines) if line.get("path"))
    changes: dict[str, Any] = {
        "outcome": (sealed, {"outcome": "failed"}),
        "name": (sealed, {"actor_name": "Somebody Else"}),
        "place": (sealed, {"place": 0 if lines[sealed]["place"] else 1}),
        "whose": (sealed, {"customer_id": str(owner.id)}),
        "path": (batch, {"path": lines[batch]["path"][:-1]}),
        "more": (batch, {"path": [*lines[batch]["path"], "00" * 32]}),
        "root": (batch, {"root": "00" * 32}),
        "head": (0, {"head": "11" * 32}),
    }
    for name, (at, change) in changes.items():
        assert _verified(tmp_path, lines, at, {**lines[at], **change}) == 1, name
    assert _verified(tmp_path, lines, sealed, None) == 1
    assert _verified(tmp_path, lines, batch, None) == 1
    assert _verified(tmp_path, lines, 0, lines[0]) == 0


def _verified(folder: Path, lines: list[Any], at: int, other: Any) -> int:
    """Return what the program says of an extract with another line in one place, or without it."""
    changed = [*lines[:at], *([] if other is None else [other]), *lines[at + 1 :]]
    file = folder / "changed.jsonl"
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in changed))
    return histories.verify_alone(file).returncode


def test_what_somebody_changed_in_the_database_is_said_while_it_is_made(
    mixed: list[Batch], owner: Administrator, tmp_path: Path
) -> None:
    number = mixed[-3].number
    # A neighbour's event: the batch no longer fits, though all of theirs is as it was.
    others = Event.rewritable.filter(batch=number).exclude(customer_id=owner.customer_id)
    others.filter(id=others[0].id).update(outcome="failed")
    _file, seals = written(tmp_path, customer_extract.Wanted(owner.customer_id), "csv")
    assert seals.broken == [number]


def test_every_event_of_theirs_is_in_an_extract_once(
    mixed: list[Batch], owner: Administrator, tmp_path: Path
) -> None:
    moment = Event.objects.filter(customer_id=owner.customer_id).latest("id").at
    for wanted in (
        customer_extract.Wanted(owner.customer_id),
        customer_extract.Wanted(owner.customer_id, moment - timedelta(seconds=1), moment),
    ):
        file, _seals = written(tmp_path, wanted, "csv")
        table = csv.DictReader(io.StringIO(file.read_text(), newline=""))
        found = [row["public_id"] for row in table if row["record"] == "event"]
        expected = [str(id) for id in wanted.rows().values_list("public_id", flat=True)]
        assert sorted(found) == sorted(expected)
        assert set(found) == {
            str(event.public_id) for event in Event.objects.all() if wanted.has(event)
        }


def test_of_a_deleted_neighbour_the_hashes_stand_in(
    mixed: list[Batch], owner: Administrator, outsider: Administrator, tmp_path: Path
) -> None:
    sealed = Event.rewritable.filter(customer_id=outsider.customer_id, batch__isnull=False)
    with transaction.atomic():
        erasing.erase_events(list(sealed.order_by("id")))
    file, seals = written(tmp_path, customer_extract.Wanted(owner.customer_id), "csv")
    assert seals.broken == []
    assert histories.verify_alone(file).returncode == 0


def test_who_was_erased_is_said_and_no_fault(
    mixed: list[Batch], owner: Administrator, tmp_path: Path
) -> None:
    with transaction.atomic():
        erasing.erase_from_history(owner.id)
    file, seals = written(tmp_path, customer_extract.Wanted(owner.customer_id), "csv")
    assert seals.broken == []
    said = histories.verify_alone(file)
    assert said.returncode == 0, said.stdout
    assert f"Names of {owner.id} were erased" in said.stdout
