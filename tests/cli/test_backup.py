"""`doorward backup`: whole while the portal writes, nobody's but the owner's, and in nobody's way."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from doorward.kernel.db import dump
from doorward.kernel.db.sqlite.driver import Database
from tests.cli.backups import Installation, opened, programs_of_the_server, written_to
from tests.cli.pgbouncer import pooler
from tests.kit import postgresql
from tests.kit.serving import doorward as command
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with ExitStack() as stack:
        url = stack.enter_context(postgresql.empty_database()) if postgresql.url() else ""
        yield Installation(tmp_path_factory.mktemp("backup") / "data", url)


@pytest.fixture(autouse=True)
def _programs_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the wheel's own pg_dump and pg_restore: the system's may be older than its server."""
    monkeypatch.setenv("PATH", programs_of_the_server())


@contextmanager
def kept_in_the_log(installation: Installation) -> Iterator[None]:
    """Read for long, so that SQLite has what is written in the log beside the file, and not in the file itself."""
    if postgresql.url():
        yield
        return
    with closing(Database.connect(installation.folder / "doorward.sqlite3")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM customers_customer").fetchone()
        yield


def test_it_has_every_change_that_was_acknowledged_before_while_others_write(
    installation, tmp_path
):
    file = tmp_path / "portal.backup"
    with kept_in_the_log(installation), written_to(installation, tmp_path / "log") as last:
        before = last()
        done = installation.backup(file)
        assert (done.returncode, done.stderr) == (0, "")
        until(lambda: last() > before + 50)  # nobody was kept from writing
    with opened(file) as copy:
        [[newest, number]] = copy.execute("SELECT max(number), count(*) FROM one")
        [[others]] = copy.execute("SELECT count(*) FROM two")
        assert before <= newest == number == others
        [[people]] = copy.execute("SELECT count(*) FROM customers_customer")
        assert people == 1
    assert file.stat().st_mode & 0o777 == 0o600
    assert "The keys are not in it: keep a copy of" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "portal.backup"]


def test_it_overwrites_nothing_unless_it_is_told_to(installation, tmp_path):
    file = tmp_path / "portal.backup"
    file.write_text("what was there")
    refused = installation.backup(file)
    assert refused.returncode == 1
    assert refused.stderr.endswith("already exists: name another file, or add --overwrite.\n")
    assert file.read_text() == "what was there"
    keys = f"cat {installation.folder / 'keys.json'}"
    done = installation.backup(file, "--overwrite", keys_command=keys)
    assert done.returncode == 0, done.stderr
    # Not of a file that is none.
    assert "The keys are not in it: what DOORWARD_KEYS_COMMAND asks has to have them" in done.stdout
    with opened(file) as copy:
        taken = "SELECT details FROM audit_event WHERE type = 'backup_taken'"
        before = copy.execute(taken).fetchall()
    with installation.asked() as database:
        after = database.execute(taken).fetchall()
    assert len(after) == len(before) + 1
    assert "encrypted" in str(after[-1])
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["keys.json", "doorward.sqlite3", "doorward.sqlite3.lock"])
def test_it_never_takes_the_place_of_what_is_doorwards_own(installation, tmp_path, name):
    ours = installation.folder / name
    if not ours.exists():
        pytest.skip("PostgreSQL keeps no file here")
    was = ours.read_bytes() if name == "keys.json" else ours.stat().st_ino
    (tmp_path / "link").symlink_to(ours)
    os.link(ours, tmp_path / "other name")
    people = tmp_path / "people.csv"
    people.write_text("e-mail,first name\nlena@provider.example,Lena\n")
    for words in (
        *(
            ("backup", "--overwrite", named)
            for named in (ours, tmp_path / "link", tmp_path / "other name")
        ),
        ("evidence", "Provider", "--from", "2026-01-01", "--to", "2026-01-02", "--overwrite", ours),
        ("export", "customer", "Provider", "--overwrite", tmp_path / "link"),
        ("import", "people", people, "--customer", "Provider", "--report", ours),
    ):
        refused = installation.run(*words)
        assert refused.returncode == 1, words
        assert refused.stderr.endswith("is Doorward's own: name another file.\n"), words
    (tmp_path / "other name").unlink()
    assert was == (ours.read_bytes() if name == "keys.json" else ours.stat().st_ino)


def test_what_a_killed_one_left_is_deleted_and_one_that_works_is_left_alone(installation, tmp_path):
    file = tmp_path / "portal.backup"
    left, at_work, anothers = (
        tmp_path / f".portal.backup.{name}" for name in ("0f9e8d7c.part", "01234567.part", "part")
    )
    for one in (left, at_work, anothers):
        one.write_text("half")
    with at_work.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert installation.backup(file).returncode == 0
    assert not left.exists()
    assert at_work.exists()
    assert anothers.exists()


def test_what_cannot_be_written_is_said_in_one_sentence(installation, tmp_path):
    nowhere = installation.backup(tmp_path / "nowhere" / "portal.backup")
    assert nowhere.returncode == 1
    assert nowhere.stderr.endswith("cannot be written: No such file or directory.\n")
    assert nowhere.stderr.count("\n") == 1
    assert installation.backup(tmp_path).returncode == 2  # a folder


def test_nor_does_it_take_the_place_of_what_is_no_file(installation, tmp_path):
    """A new file at the place of `/dev/null` is everybody's trouble; in that of the folder for mail, the portal's."""
    os.mkfifo(tmp_path / "pipe")
    refused = installation.backup("--overwrite", tmp_path / "pipe")
    assert refused.returncode == 1
    assert refused.stderr.endswith("pipe cannot be written: It is there, and no file.\n")
    assert (tmp_path / "pipe").is_fifo()
    refused = installation.backup(installation.folder / "mail")
    assert refused.stderr.endswith("is Doorward's own: name another file.\n")


if not postgresql.url():

    def test_where_there_is_no_room_nothing_is_left(installation, tmp_path):
        limited = (
            f"ulimit -f 100; exec {sys.executable} -m doorward backup {tmp_path}/portal.backup"
        )
        done = subprocess.run(
            ["/bin/bash", "-c", limited],
            env=installation.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        assert list(tmp_path.iterdir()) == []

    def test_where_there_is_no_database_none_is_made(tmp_path):
        refused = command("backup", str(tmp_path / "copy"), folder=tmp_path / "data")
        assert refused.stderr == f"There is no database at {tmp_path}/data/doorward.sqlite3.\n"
        assert [path.name for path in (tmp_path / "data").iterdir()] == []

    def test_a_damaged_database_is_said_and_there_is_no_backup(installation, tmp_path):
        folder = tmp_path / "data"
        shutil.copytree(installation.folder, folder)
        path = folder / "doorward.sqlite3"
        with closing(Database.connect(path)) as opened:
            [[root]] = opened.execute(
                "SELECT rootpage FROM sqlite_master WHERE name = 'customers_customer'"
            )
        with path.open("r+b") as file:
            file.seek((root - 1) * 4096)
            file.write(bytes(4096))
        refused = command("backup", str(tmp_path / "copy"), folder=folder)
        assert refused.returncode == 1
        assert refused.stderr.startswith("The database is damaged, and there is no backup: ")
        assert refused.stderr.count("\n") == 1
        assert not (tmp_path / "copy").exists()

else:

    def test_it_goes_past_a_pooler_or_not_at_all(installation, tmp_path):
        url = installation.settings["database_url"]
        with pooler(url) as address:
            keys = str(installation.folder / "keys.json")
            there = Installation(tmp_path / "data", address, keys_file=keys)
            refused = there.backup(tmp_path / "portal.backup")
            assert refused.returncode == 1
            assert "set DOORWARD_DATABASE_DIRECT_URL" in refused.stderr
            done = there.backup(tmp_path / "portal.backup", database_direct_url=url)
            assert (done.returncode, done.stderr) == (0, "")

    def program(folder: Path, says: str) -> None:
        (folder / "pg_dump").write_text(f"#!/bin/sh\necho '{says}'\n")
        (folder / "pg_dump").chmod(0o755)

    def test_a_pg_dump_that_is_missing_or_too_old_is_said(installation, tmp_path, monkeypatch):
        (tmp_path / "bin").mkdir()
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        missing = installation.backup(tmp_path / "portal.backup")
        assert missing.returncode == 1
        assert missing.stderr.startswith("pg_dump is not installed: it comes with PostgreSQL ")
        program(tmp_path / "bin", "pg_dump (PostgreSQL) 9.6.24")
        old = installation.backup(tmp_path / "portal.backup")
        assert old.returncode == 1
        assert old.stderr.startswith("pg_dump 9 is older than PostgreSQL ")
        assert missing.stderr.count("\n") == old.stderr.count("\n") == 1
        assert [path.name for path in tmp_path.iterdir()] == ["bin"]


def test_a_password_goes_by_the_environment():
    """A command line is everybody's on the machine."""
    given = {"dbname": "portal", "host": "db", "password": "hidden", "sslmode": "verify-full"}
    assert dump.environment({**given, "port": None, "cursor_factory": object()}) == {
        "PGDATABASE": "portal",
        "PGHOST": "db",
        "PGPASSWORD": "hidden",
        "PGSSLMODE": "verify-full",
    }
