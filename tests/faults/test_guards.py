"""Each guard is taken out of a copy of Doorward, and a test that is named notices it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.guards import GUARDS, SHORT

if TYPE_CHECKING:
    from tests.faults.guards import Guard

ROOT = Path(__file__).parents[2]
SOURCE, TESTS = ROOT / "src" / "doorward", ROOT / "tests"
ALL = [
    pytest.param(one, id=one.name, marks=() if one.name in SHORT else pytest.mark.at_length)
    for one in GUARDS
]


@pytest.mark.parametrize("guard", GUARDS, ids=lambda one: one.name)
def test_each_guard_stands_where_it_is_said_and_its_test_is_there(guard: Guard) -> None:
    for name, there, _ in guard.changes():
        assert (SOURCE / name).read_text().count(there) == 1
    file, _, name = guard.seen_by.partition("::")
    assert f"def {name}(" in (TESTS / file).read_text() if name else (TESTS / file).exists()


@pytest.mark.processes
@pytest.mark.parametrize("guard", ALL)
def test_without_it_its_test_goes_red(guard: Guard, tmp_path: Path) -> None:
    shutil.copytree(SOURCE, tmp_path / "doorward", ignore=shutil.ignore_patterns("__pycache__"))
    for name, there, without in guard.changes():
        file = tmp_path / "doorward" / name
        file.write_text(file.read_text().replace(there, without))
    found = run(tmp_path, guard.seen_by, guard.database)
    assert found.returncode == 1, found.stdout[-2000:]
    # It is the test that noticed, and no mistake in how the guard was taken out.
    assert " failed" in found.stdout, found.stdout[-2000:]
    assert not any(
        word in found.stdout for word in ("SyntaxError", "NameError", "IndentationError")
    )


def run(source: Path, test: str, database: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:randomly"]
    return subprocess.run(
        [*command, "-p", "no:cacheprovider", "--tb=short", f"tests/{test}"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(source), "TEST_DATABASE": database},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
