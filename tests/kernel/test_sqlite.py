"""SQLite is used in WAL mode by libraries alone that lose nothing in it, and no file is changed under anybody."""

from __future__ import annotations

import ast
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections

import doorward
from doorward.kernel.db.sqlite import driver, journal
from doorward.operations.checks.database import judge_library
from tests.kit.serving import doorward as command
from tests.kit.serving import environment, start

if TYPE_CHECKING:
    from collections.abc import Iterator

# As where neither driver has a library that is safe, however it is here.
WITHOUT = """
import sys
sys.modules["pysqlite3"] = None
import sqlite3.dbapi2
for module in (sqlite3, sqlite3.dbapi2):
    module.sqlite_version, module.sqlite_version_info = "3.40.1", (3, 40, 1)
"""
REFUSED = "SQLite 3.40.1 can lose writes in WAL mode"


@pytest.fixture
def without(monkeypatch, tmp_path):
    """Return what lets programs that are started from then on find the standard library's driver alone, or not."""
    folder = tmp_path / "without"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(WITHOUT)

    def change(*, fixed: bool) -> None:
        if fixed:
            monkeypatch.delenv("PYTHONPATH", raising=False)
        else:
            monkeypatch.setenv("PYTHONPATH", str(folder))

    change(fixed=False)
    return change


def mode(folder: Path) -> str:
    """Return the mode in the file's header; nobody here has it open."""
    return journal._mode(str(folder / "doorward.sqlite3"))


# --- which library ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
        ((3, 53, 4), True),
        ((4, 0, 0), True),
    ],
)
def test_a_library_is_safe_from_its_version_on(version, safe):
    assert driver.is_safe_in_wal(version) is safe


def test_the_tests_run_on_a_safe_library():
    with closing(driver.Database.connect(":memory:")) as opened:
        [[linked]] = opened.execute("SELECT sqlite_version()")
    assert linked == driver.VERSION
    assert driver.WAL
    if connection.vendor == "sqlite":
        assert connections["default"].Database is driver.Database  # type: ignore[attr-defined]


@pytest.mark.slow
def test_nobody_of_ours_opens_a_file_by_the_standard_librarys_driver():
    """Two libraries in one process undo each other's locks."""
    found = [
        path
        for folder in (Path(doorward.__file__).parent, Path("tests"), Path("benchmarks"))
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import) and any(one.name == "sqlite3" for one in node.names)
    ]
    assert found == []


# --- Django on it ---------------------------------------------------------------------------------------


if connection.vendor == "sqlite":

    def test_statements_take_djangos_marks(db):
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s || '%%', %s", ["a", 1])
            assert cursor.fetchone() == ("a%", 1)
            cursor.execute("SELECT %(one)s || %(one)s", {"one": "b"})
            assert cursor.fetchone() == ("bb",)
            cursor.execute("CREATE TEMP TABLE numbers (one INTEGER UNIQUE)")
            cursor.executemany("INSERT INTO numbers VALUES (%s)", [(n,) for n in range(3)])
            cursor.executemany("INSERT INTO numbers VALUES (%(n)s)", [{"n": 7}])
            cursor.execute("SELECT sum(one) FROM numbers")
            assert cursor.fetchone() == (10,)
            with pytest.raises(IntegrityError):
                cursor.execute("INSERT INTO numbers VALUES (%s)", [7])

    def test_the_drivers_errors_are_djangos(db):
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")

    def test_djangos_functions_are_there(db):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 'Harbour' REGEXP 'b.u', django_date_trunc('year', '2026-11-24', NULL, NULL)"
            )
            assert cursor.fetchone() == (1, "2026-01-01")


# --- how a file is journaled --------------------------------------------------------------------------------

# A program of ours that opens the database, adds a row, says what it found, and stays until it is told to go.
PROGRAM = """
import django
django.setup()
from django.db import DatabaseError, connection
try:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS row (number INTEGER)")
        cursor.execute("INSERT INTO row VALUES (1)")
        cursor.execute("SELECT count(*) FROM row")
        found = cursor.fetchone()
        for pragma in ("journal_mode", "synchronous"):
            cursor.execute(f"PRAGMA {pragma}")
            found += cursor.fetchone()
    print(*found, flush=True)
except DatabaseError as error:
    print(error, flush=True)
input()
"""
# The 2 is FULL.
WAL, DELETE = "wal 2", "delete 2"


@contextmanager
def opened(folder: Path) -> Iterator[str]:
    """Have the database open in another process; return the first line that it says."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env={**environment(folder), "DJANGO_SETTINGS_MODULE": "doorward.settings.django"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.communicate("\n", timeout=60)


@pytest.mark.slow
def test_a_file_is_switched_while_nobody_has_it_open_and_loses_nothing(tmp_path, without):
    folder = tmp_path / "data"
    for number, (fixed, expected) in enumerate(((False, DELETE), (True, WAL), (False, DELETE)), 1):
        without(fixed=fixed)
        with opened(folder) as said:
            assert said == f"{number} {expected}"
    assert mode(folder) == "delete"
    assert (folder / "doorward.sqlite3.lock").stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_a_file_that_somebody_has_open_is_not_switched(tmp_path, without):
    """Who comes with an unsafe library is refused; who comes with a safe one makes do."""
    folder = tmp_path / "data"
    without(fixed=True)
    with opened(folder) as said:
        assert said == f"1 {WAL}"
        without(fixed=False)
        with opened(folder) as refused:
            assert refused.startswith(REFUSED)
        assert mode(folder) == "wal"
    with opened(folder) as said:
        assert said == f"2 {DELETE}"
        without(fixed=True)
        with opened(folder) as made_do:
            assert made_do == f"3 {DELETE}"
        assert mode(folder) == "delete"


@pytest.mark.slow
def test_a_file_in_wal_mode_is_not_switched_under_a_stranger(tmp_path, without):
    """Somebody who knows nothing of our lock: SQLite's own keeps the file."""
    folder = tmp_path / "data"
    without(fixed=True)
    with opened(folder) as said:
        assert said == f"1 {WAL}"
    (folder / "doorward.sqlite3.lock").unlink()
    without(fixed=False)
    with closing(driver.Database.connect(folder / "doorward.sqlite3")) as stranger:
        assert stranger.execute("SELECT count(*) FROM row").fetchone() == (1,)
        with opened(folder) as refused:
            assert refused.startswith(REFUSED)
    with opened(folder) as said:
        assert said == f"2 {DELETE}"


@pytest.mark.slow
def test_starts_at_the_same_moment_agree(tmp_path):
    def says(_number: int) -> str:
        with opened(tmp_path / "data") as said:
            return said

    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(says, range(3)))
    assert {said.partition(" ")[2] for said in together} == {WAL}


@pytest.mark.processes
@pytest.mark.xdist_group("processes")
def test_a_portal_without_a_safe_library_says_so_and_serves(tmp_path, without):
    portal = start(tmp_path / "data")
    try:
        assert portal.log.read_text().count("SQLite 3.40.1 is linked") == 1
        answer = command("check", folder=tmp_path / "data")
        [line] = [line for line in answer.stdout.splitlines() if "  sqlite " in line]
        assert line.startswith("advice")
        assert "SQLite 3.40.1 is linked" in line
        assert portal.healthy()
    finally:
        portal.stop()
    assert mode(tmp_path / "data") == "delete"


@pytest.mark.slow
def test_check_names_the_library():
    assert "SQLite 3.53.0 is linked" in judge_library("3.53.0", safe=True).what
    assert judge_library("3.53.0", safe=True).verdict == "fine"
    assert judge_library("3.40.1", safe=False).verdict == "advice"
