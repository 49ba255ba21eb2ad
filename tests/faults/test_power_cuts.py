"""The power is cut at many points of a first start and of a change of keys: Doorward starts again, and nothing is lost.

A real process is recorded (`recorder.py`), what a disk may hold after a cut is made from it (`disk.py`), and a real
`doorward run` starts on that. A few cuts here; `make faults` does 50 of each. FAULTS_CUTS: how many; FAULTS_SEED: what
chance is drawn from (a failure prints it). SQLite alone: PostgreSQL keeps its own files.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.faults import recorder
from tests.faults.disk import HOW, Disk
from tests.kit import postgresql, serving
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.recorder import Op

CUTS = int(os.environ.get("FAULTS_CUTS", "1"))

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("processes"),
    pytest.mark.skipif(bool(postgresql.url()), reason="PostgreSQL keeps its own files."),
]


@pytest.fixture(scope="module", autouse=True)
def _can_be_recorded() -> None:
    if said := recorder.why_not():
        pytest.skip(f"No power is cut: {said}")


@pytest.fixture
def chance() -> Random:
    seed = int(os.environ.get("FAULTS_SEED", secrets.randbelow(10**6)))
    print(f"FAULTS_SEED={seed}")  # noqa: T201 - shown where it fails
    return Random(seed)


def _recorded(log: Path, words: list[str], folder: Path) -> subprocess.Popen[bytes]:
    command = recorder.traced(log, [sys.executable, "-m", "doorward", *words])
    with log.with_suffix(".said").open("ab") as said:
        return subprocess.Popen(
            command, env=serving.environment(folder), stdout=said, stderr=subprocess.STDOUT
        )


def _cuts(ops: list[Op], before: Path, chance: Random) -> Iterator[tuple[str, Disk]]:
    """Cut the power at points spread over all that was done."""
    for number in range(CUTS):
        lowest, highest = len(ops) * number // CUTS, len(ops) * (number + 1) // CUTS
        point = chance.randint(lowest, max(lowest, highest - 1)) + 1
        how = HOW[number % len(HOW)] if len(HOW) <= CUTS else chance.choice(HOW)
        disk = Disk(before)
        disk.do(ops[:point])
        yield f"after {point} of {len(ops)}, {how}", disk


def _status(server: serving.Server, path: str) -> int:
    try:
        with urllib.request.urlopen(server.address + path, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def _starts(folder: Path, where: str) -> None:
    """Start on what is there, as after any start: it is ready, its page is whole, its keys open everything."""
    folder.parent.mkdir(parents=True, exist_ok=True)  # for the log
    try:
        server = serving.start(folder)
    except BaseException as error:
        error.add_note(f"The power was cut {where}.")
        raise
    try:
        until(lambda: _status(server, "/readyz") == 200)
        for path in ("/healthz", "/sign-in/"):
            with urllib.request.urlopen(server.address + path, timeout=10) as answer:
                assert answer.status == 200, (where, path)
    finally:
        assert server.stop() == 0, where
    checked = serving.doorward("keys", "check", folder=folder)
    assert checked.returncode == 0, (where, checked.stderr)
    assert "Traceback" not in server.log.read_text(), where


def test_a_first_start(tmp_path: Path, chance: Random) -> None:
    root, log, data = tmp_path / "disk", tmp_path / "log", tmp_path / "disk" / "below" / "data"
    root.mkdir()
    port = serving.free_port()
    started = _recorded(log, ["run", "--bind", f"127.0.0.1:{port}", "--workers", "1"], data)
    server = serving.Server(started, port, log)
    until(lambda: started.poll() is not None or server.healthy(), seconds=120)
    for child in server.main().children():  # strace would let go of it
        child.terminate()
    assert started.wait(timeout=60) == 0
    ops = recorder.read(log, root)
    assert any(op.to == data / "keys.json" for op in ops)
    assert any(op.path.name == "doorward.sqlite3-wal" and op.kind == "write" for op in ops)
    shutil.rmtree(root)
    root.mkdir()
    for where, disk in _cuts(ops, root, chance):
        disk.after_a_cut(tmp_path / "after", chance, where.rpartition(", ")[2])
        _starts(tmp_path / "after" / "below" / "data", where)


@pytest.mark.at_length
def test_a_change_of_keys(tmp_path: Path, chance: Random) -> None:
    root, before = tmp_path / "disk", tmp_path / "before"
    data = root / "data"
    for words in (
        ["customers", "add", "Harbour Bakery"],
        ["administrators", "add", "ines@harbour.example", "--customer", "Harbour Bakery"],
    ):
        assert serving.doorward(*words, folder=data).returncode == 0
    shutil.copytree(root, before)
    ops: list[Op] = []
    for number, words in enumerate((["keys", "new"], ["keys", "rotate"])):
        log = tmp_path / f"log{number}"
        assert _recorded(log, words, data).wait(timeout=120) == 0, log.with_suffix(
            ".said"
        ).read_text()
        ops += recorder.read(log, root)
    made = next(number for number, op in enumerate(ops) if op.to == data / "keys.json")
    assert any(op.kind == "write" and "sqlite3" in op.path.name for op in ops[made:])
    shutil.rmtree(root)
    shutil.copytree(before, root)
    for where, disk in _cuts(ops, root, chance):
        after = tmp_path / "after"
        disk.after_a_cut(after, chance, where.rpartition(", ")[2])
        _starts(after / "data", where)
        listed = serving.doorward("administrators", "list", folder=after / "data")
        assert "ines@harbour.example" in listed.stdout, where
        again = serving.doorward("keys", "rotate", folder=after / "data")
        assert again.returncode == 0, (where, again.stderr)
