"""An import, killed with -9 at random points, and gone on with: nobody is there twice, nobody is missing.

As a page's run, which the worker goes on with, and as a command, which `--resume` does: history is whole, and each line
has one outcome. Two kills here; `make faults` kills each of them twenty times. FAULTS_KILLS and FAULTS_SEED as in
`test_kills.py`.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from django.utils import timezone

from doorward.cli.base import main
from doorward.importing import columns, part_by_part, reading_files, runs
from doorward.importing.events import IMPORTED
from doorward.importing.models import ImportLine, ImportPart, ImportRun, ImportState
from doorward.kernel.crypto.keyring import KeyFile
from tests.faults import invariants
from tests.faults.installation import database_url
from tests.faults.moving import APPS, CUSTOMERS, PEOPLE, REALM, Kind, right
from tests.kit import browsers, codes, people, serving

if TYPE_CHECKING:
    from pathlib import Path

    from doorward.customers.models import Customer

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("processes")]

KILLS = max(1, int(os.environ.get("FAULTS_KILLS", "0")) // 10)
AT_LENGTH = KILLS > 1
# So many for each kill that a part or two done before it comes leave enough; an import takes a thousand at most.
LINES = 40 * KILLS if AT_LENGTH else 60
A_PART = 2
# A kill in the middle of a part: somewhere in the time that one takes; and while a file is read and kept.
A_PART_SECONDS, A_START_SECONDS = 0.05, 2.5
SMALL_PARTS = f"""
from doorward.cli.base import set_up_django
set_up_django()
from doorward.importing import part_by_part
part_by_part.PART = {A_PART}
"""
COMMAND = """
from doorward.cli.base import main
main()
"""
WORKER = """
from doorward.cli.processes import work
work()
"""


@pytest.fixture
def chance() -> Random:
    seed = int(os.environ.get("FAULTS_SEED", secrets.randbelow(10**6)))
    print(f"FAULTS_SEED={seed}")  # noqa: T201 - shown where it fails
    return Random(seed)


@pytest.fixture
def start(
    transactional_db: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Any:
    monkeypatch.setattr(part_by_part, "PART", A_PART)
    settings.KEYS = KeyFile(tmp_path / "keys.json", now=timezone.now())
    (tmp_path / "data").mkdir()
    environment = serving.environment(
        tmp_path / "data",
        database_url=database_url(),
        email_url=f"file://{tmp_path / 'mail'}",
        keys_file=str(settings.KEYS.path),
    )
    running: list[subprocess.Popen[bytes]] = []

    def begin(code: str, *words: str) -> subprocess.Popen[bytes]:
        program = [sys.executable, "-c", SMALL_PARTS + code, *words]
        with (tmp_path / "said").open("wb") as said:
            running.append(subprocess.Popen(program, env=environment, stdout=said, stderr=said))
        return running[-1]

    yield begin
    for one in running:
        one.kill()
        one.wait()


def looked_at() -> int:
    """Return how many lines of the newest import were done; -1: there is none."""
    run = ImportRun.objects.order_by("-begun_at").first()
    return run.looked_at if run else -1


def is_done() -> bool:
    return ImportRun.objects.filter(state=ImportState.DONE).exists()


def kill(process: subprocess.Popen[bytes], kills: int, chance: Random) -> bool:
    """Kill it somewhere in its share of the lines, or at its start; return whether it was killed in time."""
    at = LINES * kills // (KILLS + 1)
    early = AT_LENGTH and chance.random() < 1 / 4
    latest = time.monotonic() + (chance.uniform(0, A_START_SECONDS) if early else 120)
    # On a fast machine it is soon beyond its start, and would come to its end before the kills do.
    while looked_at() <= at and time.monotonic() < latest:
        if is_done() or process.poll() is not None:
            break
        time.sleep(0.005)
    if not early:
        time.sleep(chance.uniform(0, A_PART_SECONDS))
    process.kill()
    # One that ended by itself before its work was done was killed by nobody.
    assert process.wait() == -signal.SIGKILL or is_done(), "it ended by itself: see `said`"
    return not is_done()


def came_once(kind: Kind) -> None:
    """Hold what is there against what was to come."""
    [run] = ImportRun.objects.filter(state=ImportState.DONE)
    numbers = right(LINES)
    assert (run.made + run.changed, run.refused) == (len(numbers), LINES - len(numbers))
    outcomes = ImportLine.objects.filter(run=run)
    assert outcomes.count() == LINES == outcomes.values("number").distinct().count()
    assert not ImportPart.objects.filter(run=run).exists()
    assert len(people.events(IMPORTED)) == 1
    kind.holds(numbers)
    invariants.history_holds()


BY_COMMAND = [PEOPLE, CUSTOMERS, REALM, APPS] if AT_LENGTH else [PEOPLE]
BY_PAGE = [PEOPLE, CUSTOMERS] if AT_LENGTH else [PEOPLE]


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", BY_COMMAND, ids=lambda kind: kind.name)
def test_a_command_that_is_killed_goes_on_where_it_was(
    start: Any, chance: Random, tmp_path: Path, kind: Kind
) -> None:
    customer, file = people.make_customer(), tmp_path / "file"
    kind.prepare(LINES, customer)
    file.write_text(kind.text(LINES, customer.name))
    words, kills = ("import", kind.name, str(file), *kind.words), 0
    for _one in range(3 * KILLS):
        process = start(COMMAND, *words, *resume())
        kills += kill(process, kills, chance)
        invariants.history_holds()
        if is_done() or kills == KILLS:
            break
    assert kills > KILLS // 2
    if not is_done():
        # The last round is the test's own.
        CliRunner().invoke(main, [*words, *resume()])
        assert is_done(), (tmp_path / "said").read_text()
    came_once(kind)


def resume() -> tuple[str, ...]:
    """Return what whoever sees that it was killed types: of a file that was not kept yet, nothing was begun."""
    begun = ImportRun.objects.filter(state=ImportState.RUNNING, dry=False)
    return ("--resume",) if begun.exists() else ()


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", BY_PAGE, ids=lambda kind: kind.name)
def test_a_page_s_import_whose_worker_is_killed_is_done_once(
    start: Any, chance: Random, kind: Kind
) -> None:
    customer = people.make_customer()
    begin(kind, customer)
    kills = 0
    for _one in range(3 * KILLS):
        workers = [start(WORKER) for _each in range(2 if AT_LENGTH else 1)]
        kills += kill(chance.choice(workers), kills, chance)
        for other in workers:
            other.kill()
            other.wait()
        invariants.history_holds()
        if is_done() or kills == KILLS:
            break
    assert kills > KILLS // 2
    # The last round is the test's own.
    while part_by_part.work_due(now=timezone.now()):
        pass
    came_once(kind)


def begin(kind: Kind, customer: Customer) -> None:
    """Let staff begin it, after a dry run, in a session that is through."""
    tabs = {"home", "customers", "administrators"}
    nora = people.make_administrator(people.provider(), email="nora@provider.example", tabs=tabs)
    codes.enable_app(nora)
    actor, now = browsers.acting_with_factor(nora), timezone.now()
    table = reading_files.load(kind.text(LINES, customer.name).encode(), columns.KNOWN[kind.name])
    about = runs.About(kind=kind.name, invite=kind.name == "people")
    run = runs.receive(table, about, actor=actor, now=now)
    runs.begin(run, actor=actor, now=now)
