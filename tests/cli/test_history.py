"""`doorward history`, and the worker that seals killed in the middle."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result
from django.conf import settings
from django.db import connection
from django.utils import timezone

from doorward.audit import exporting, sealing
from doorward.audit.events import HISTORY_EXPORTED
from doorward.audit.models import Batch, Event
from doorward.cli.base import main
from doorward.notifications import anchoring
from doorward.policy.first_day import require_of_staff
from tests.audit import histories
from tests.kit import people, postgresql
from tests.kit.serving import doorward, environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from doorward.accounts.models import Administrator

MIDDLE = 3


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["history", *words])


@pytest.fixture
def batches(owner: Administrator) -> list[Batch]:
    # As a first start does, before anything else happens.
    require_of_staff(now=timezone.now())
    return histories.sealed(owner)


def test_a_whole_history_is_said_to_be(batches: list[Batch], owner: Administrator) -> None:
    histories.happen(owner, 2)
    events = Event.objects.count() - 2
    said = run("verify")
    assert said.exit_code == 0
    assert said.stdout.splitlines() == [
        f"Looked at {events} events in 4 batches; 2 events are not sealed yet.",
        "The history is whole.",
    ]


def test_a_change_is_one_sentence_that_names_the_batch(batches: list[Batch]) -> None:
    Event.rewritable.filter(id=histories.of_batch(MIDDLE)[1].id).update(outcome="failed")
    said = run("verify")
    assert said.exit_code == 1
    assert said.stderr == "The history was tampered with in batch 3.\n"
    when = anchoring.line_of(batches[2]).split()[0]
    assert said.stdout.splitlines()[0] == f"Of batch 3 ({when}) an event was changed or moved."


def test_many_changes_are_one_sentence_too(owner: Administrator) -> None:
    histories.sealed(owner, batches=8, events=1)
    Event.rewritable.update(outcome="failed")
    said = run("verify")
    expected = "The history was tampered with in batches 1, 2, 3, 4, 5 and 4 more.\n"
    assert (said.exit_code, said.stderr) == (1, expected)


def test_as_json(batches: list[Batch]) -> None:
    whole = json.loads(run("verify", "--json").stdout)
    assert (whole["whole"], whole["batches"], whole["findings"]) == (True, 4, [])
    histories.rows(MIDDLE).filter(id=histories.of_batch(MIDDLE)[0].id).delete()
    said = run("verify", "--json")
    assert said.exit_code == 1
    broken = json.loads(said.stdout)
    assert broken["whole"] is False
    [finding] = broken["findings"]
    assert (finding["batch"], finding["fault"]) == (MIDDLE, "deleted")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="there a column has its type")
def test_what_cannot_be_read_is_one_sentence(batches: list[Batch]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_event SET at = 'never' WHERE batch = 3")
    said = run("export")
    assert said.exit_code == 1
    assert said.stderr == "The history was changed: `doorward history verify` says where.\n"
    assert run("verify").stderr == "The history was tampered with in batch 3.\n"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE audit_batch SET sealed_at = 'never' WHERE number = 3")
    said = run("verify")
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr == "The history was changed: one of its rows cannot even be read.\n"


# --- anchors --------------------------------------------------------------------------------------


def test_the_newest_head_is_printed_and_holds(batches: list[Batch], tmp_path: Path) -> None:
    said = run("anchor")
    assert said.stdout == anchoring.line_of(batches[-1]) + "\n"
    word = said.stdout.split()[1]
    held = run("verify", "--against", word)
    assert held.stdout.splitlines()[-1] == "The history is whole and 1 anchor holds."
    file = tmp_path / "kept"
    file.write_text(f"Dear auditor,\n> {said.stdout}\n{anchoring.line_of(batches[0])}\n")
    held = run("verify", "--against", str(file), "--against", word)
    assert held.stdout.splitlines()[-1] == "The history is whole and 3 anchors hold."


def test_a_history_that_was_cut_off_does_not_hold(batches: list[Batch]) -> None:
    word = str(batches[-1].anchor)
    histories.rows(4).delete()
    Batch.objects.filter(number=4).delete()
    assert run("verify").exit_code == 0
    said = run("verify", "--against", word)
    assert (said.exit_code, said.stderr) == (1, "The history was tampered with in batch 4.\n")


def test_the_file_that_the_worker_writes_is_always_looked_at(
    batches: list[Batch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "heads"
    monkeypatch.setattr(
        settings, "DOORWARD", settings.DOORWARD.model_copy(update={"anchor_file": file})
    )
    assert run("verify").stdout.endswith("The history is whole.\n")
    assert anchoring.write(now=timezone.now()) == 1
    assert run("verify").stdout.endswith("The history is whole and 1 anchor holds.\n")
    Batch.objects.filter(number=4).delete()
    assert run("verify").exit_code == 1


def test_what_is_no_anchor_is_one_sentence(batches: list[Batch], tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    for given, sentence in (
        (str(empty), f"There is no anchor in {empty}."),
        ("7:abc", "7:abc is neither an anchor nor a file that can be read."),
    ):
        said = run("verify", "--against", given)
        assert (said.exit_code, said.stdout, said.stderr) == (1, "", f"{sentence}\n")


def test_before_anything_is_sealed_there_is_no_anchor(db: None) -> None:
    said = run("anchor")
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr.startswith("None of the history is sealed yet")


# --- exports --------------------------------------------------------------------------------------


def test_both_forms_say_the_same(batches: list[Batch], owner: Administrator) -> None:
    histories.happen(owner, details={"place": -1}, typed={"factor": "=1+1"})
    lines = [json.loads(line) for line in run("export").stdout.splitlines()]
    # The first export is in the second one.
    table = list(csv.DictReader(io.StringIO(run("export", "--format", "csv").stdout)))[:-1]
    assert len(lines) == len(table) == Event.objects.count() - 1 + 4
    assert tuple(table[0]) == exporting.COLUMNS
    for line, row in zip(lines, table, strict=True):
        assert row["record"] == line["record"]
        assert row["batch"] == ("" if line["batch"] is None else str(line["batch"]))
        if line["record"] == "event":
            assert row["public_id"] == line["public_id"]
            assert json.loads(row["details"]) == line["details"]
    assert [line["batch"] for line in lines if line["record"] == "batch"] == [1, 2, 3, 4]
    assert lines[-1]["type"] == HISTORY_EXPORTED


def test_no_cell_runs_in_a_spreadsheet(owner: Administrator, tmp_path: Path) -> None:
    names = ["=1+1", "+1", "-1", "@x", "\t=1", "＝1", "'x", "''=1"]
    for name in names:
        histories.happen(people.again(owner), 1)
        Event.rewritable.filter(id=Event.objects.latest("id").id).update(actor_name=name)
    sealing.seal(now=timezone.now())
    file = histories.export(tmp_path, "csv")
    table = csv.DictReader(io.StringIO(file.read_text(), newline=""))
    cells = {row["actor_name"] for row in table}
    assert {f"'{name}" for name in names if name != "\t=1"} | {"'\t'=1"} <= cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "＝"))]
    assert histories.verify_alone(file).returncode == 0


def test_an_export_is_an_event(batches: list[Batch]) -> None:
    run("export")
    [event] = people.events(HISTORY_EXPORTED)
    assert event.actor_type == "operator"


def test_the_program_that_verifies_says_how_it_is_used(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert histories.verify_alone(nowhere).returncode == 2
    broken = tmp_path / "broken"
    broken.write_text('{"record": "event"}\n')
    assert histories.verify_alone(broken).returncode == 1
    broken.write_text("{")
    assert histories.verify_alone(broken).returncode == 1
    assert histories.verify_alone(broken, "no anchor").returncode == 2


# --- as processes ---------------------------------------------------------------------------------

WRITE = """
from doorward.cli.base import set_up_django
set_up_django()
from doorward.cli.first_start import bring_up_to_date
bring_up_to_date()
import os
from django.db import transaction
from django.utils import timezone
from doorward.audit import sealing
from doorward.customers.events import TAB_ADDED
from doorward.audit.actor import CONSOLE
from doorward.audit.record import record
with transaction.atomic():
    for number in range(3 * sealing.EVENTS_A_BATCH):
        record(TAB_ADDED, actor=CONSOLE, details={"tab": str(number)})
"""
# The statements of a batch: the lock, the events, the batch before, the new one, the mark on the events.
KILL_BEFORE_STATEMENT = """
from django.db import connection
left = int(os.environ["LEFT"])
def count(execute, sql, params, many, context):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), 9)
    return execute(sql, params, many, context)
with connection.execute_wrapper(count):
    sealing.seal(now=timezone.now())
"""
SEAL = "sealing.seal(now=timezone.now())"


@pytest.fixture
def database() -> Iterator[dict[str, str]]:
    """An empty database of its own."""
    if not postgresql.url():
        yield {}
        return
    with postgresql.empty_database() as address:
        yield {"database_url": address}


def python(script: str, folder: Path, database: dict[str, str], **more: str) -> int:
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env={**environment(folder, **database), **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended.returncode


@pytest.mark.processes
@pytest.mark.parametrize(
    "statement", [3, *(pytest.param(one, marks=pytest.mark.at_length) for one in (4, 5, 9))]
)
def test_a_worker_that_is_killed_while_it_seals_leaves_whole_batches(
    tmp_path: Path, database: dict[str, str], statement: int
) -> None:
    folder = tmp_path / "data"
    killed = python(WRITE + KILL_BEFORE_STATEMENT, folder, database, LEFT=str(statement))
    assert killed == -signal.SIGKILL
    assert doorward("history", "verify", folder=folder, **database).returncode == 0
    without_more = WRITE.partition("with transaction")[0]
    assert python(without_more + SEAL, folder, database) == 0
    verified = doorward("history", "verify", "--json", folder=folder, **database)
    said: dict[str, Any] = json.loads(verified.stdout)
    assert (said["whole"], said["not_sealed"]) == (True, 0)
    assert said["events"] >= 600
