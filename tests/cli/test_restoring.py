"""`doorward restore`: every row as it was, into an empty place only, and nobody starts on half of one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack, closing, contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import psycopg
import pyrage
import pytest

from doorward.kernel.db.sqlite.driver import Database
from doorward.operations.backup import ended_on_restore
from tests.cli.backups import Installation, every_row, opened, programs_of_the_server
from tests.kit import postgresql, serving
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.processes,
    pytest.mark.both_databases,
    pytest.mark.xdist_group("commands"),
]

PASSWORD = "seven bridges over a quiet river"
PEOPLE = ("ines@mill.example", "jon@mill.example", "kim@mill.example")
# As the commands do it, in one process.
_ADD = """
import sys
from click.testing import CliRunner
from doorward.cli import main
password, *people = sys.argv[1:]
of = ("--customer", "Mill", "--primary", "--password-stdin")
for words in (("customers", "add", "Mill"), *(("administrators", "add", one, *of) for one in people)):
    done = CliRunner().invoke(main, words, input=password)
    assert done.exit_code == 0, done.output
# That somebody was erased stands in history with a proof that the keys make.
from django.utils import timezone
from doorward.accounts import services
from doorward.audit.actor import CONSOLE
gone = services.find_by_email(people[-1])
removed = services.Change(status="removed", confirmed=True)
services.change(gone.id, removed, customer_id=gone.customer_id, actor=CONSOLE, now=timezone.now())
erased = CliRunner().invoke(main, ("administrators", "erase", people[-1]))
assert erased.exit_code == 0, erased.output
"""
# When it was backed up last is written when the backup is made, and that it was in history.
LATER = {"kernel_heartbeat", "audit_event"}


@pytest.fixture(autouse=True)
def _programs_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", programs_of_the_server())


@contextmanager
def place(folder: Path, **settings: str) -> Iterator[Installation]:
    """Return a place in which nothing is yet."""
    with ExitStack() as stack:
        url = stack.enter_context(postgresql.empty_database()) if postgresql.url() else ""
        yield Installation(folder, url, empty=True, **settings)


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Return a recipient, and the file with its identity."""
    made = pyrage.x25519.Identity.generate()
    file = tmp_path_factory.mktemp("identity") / "identity"
    file.write_text(f"# public key: {made.to_public()}\n{made}\n")
    return str(made.to_public()), file


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Return an installation with people in it."""
    with ExitStack() as stack:
        url = stack.enter_context(postgresql.empty_database()) if postgresql.url() else ""
        there = Installation(tmp_path_factory.mktemp("source") / "data", url)
        subprocess.run(
            [sys.executable, "-c", _ADD, PASSWORD, *PEOPLE, "lea@mill.example"],
            env=there.environment,
            check=True,
        )
        yield there


@pytest.fixture(scope="module")
def backup(source: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a backup of it, as it is, not encrypted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", programs_of_the_server())
        file = tmp_path_factory.mktemp("made") / "portal.backup"
        done = source.backup(file)
    assert done.returncode == 0, done.stderr
    return file


def without(rows: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {name: table for name, table in rows.items() if name not in LATER}


def _work(address: str, email: str, over: Event, done: list[str]) -> None:
    """Sign in and save, again and again; the names that were acknowledged as saved are kept."""
    number = 0
    while not over.is_set():
        browser = serving.Browser(address)
        browser.get("/sign-in/")
        browser.post("/sign-in/", email=email, password=PASSWORD)
        for _time in range(3):
            number += 1
            name = f"Saved {number}"
            browser.get("/profile/")
            fields = {"first_name": name, "last_name": email[:3], "email": email}
            browser.post("/profile/", **fields, phone="", language="en", time_zone="UTC")
            assert name in browser.page
            done.append(name)


@contextmanager
def at_work(address: str) -> Iterator[dict[str, list[str]]]:
    """Have everybody work; return what each was told is saved."""
    over, done = Event(), {email: list[str]() for email in PEOPLE}
    threads = [Thread(target=_work, args=(address, email, over, done[email])) for email in PEOPLE]
    for thread in threads:
        thread.start()
    try:
        until(lambda: all(done.values()), seconds=60)
        yield done
        assert all(thread.is_alive() for thread in threads)
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_of_a_portal_at_work_every_row_comes_back(source, tmp_path, identity):
    recipient, file = identity
    under_load, at_rest = tmp_path / "load.backup", tmp_path / "rest.backup"
    server = source.start()
    try:
        with at_work(server.address) as done:
            before, saved = source.rows(), {who: len(names) for who, names in done.items()}
            made = source.backup(under_load, "--recipient", recipient)
            after = source.rows()
            assert made.returncode == 0, made.stderr
    finally:
        assert server.stop() == 0
    with place(tmp_path / "data", keys_file=str(source.folder / "keys.json")) as target:
        back = target.run("restore", under_load, "--identity", file)
        assert back.returncode == 0, back.stdout + back.stderr
        assert "The history is whole." in back.stdout
        there = target.rows()
        with opened(under_load, identity=file) as copy:
            was = every_row(copy)  # by age, tar and the database's own programs
            were_open = _open_sessions(copy)
        ended = {one.table for one in ended_on_restore.ENDINGS}
        assert {name: there[name] for name in there if name not in ended | LATER} == {
            name: was[name] for name in was if name not in ended | LATER
        }
        assert {row[0] for row in was["audit_event"]} < {row[0] for row in there["audit_event"]}
        _between(before, was, after)
        # Those who were at work have to sign in again.
        assert f"Ended: sessions ({were_open})" in back.stdout
        again = "As they were then, also what was removed, changed or used since:"
        assert f"{again} passwords and rights." in back.stdout
        with target.asked() as database:
            assert _open_sessions(database) == 0 < were_open
        names = {row["email"]: row["first_name"] for row in _people(target)}
        assert all(
            int(names[who].removeprefix("Saved ")) >= number for who, number in saved.items()
        )
        portal = target.start()
        try:
            browser = serving.Browser(portal.address)
            browser.get("/sign-in/")
            assert browser.post("/sign-in/", email=PEOPLE[0], password=PASSWORD) == "/"
        finally:
            portal.stop()
    assert source.backup(at_rest).returncode == 0
    with place(tmp_path / "rest", keys_file=str(source.folder / "keys.json")) as target:
        assert target.run("restore", at_rest, "--as-it-was").returncode == 0
        assert without(target.rows()) == without(source.rows())
        with opened(at_rest) as copy:
            assert target.rows() == every_row(copy)


def _open_sessions(database: Any) -> int:
    sql = "SELECT count(*) FROM sessions_session WHERE ended_at IS NULL"
    return int(database.execute(sql).fetchone()[0])


def _between(
    before: dict[str, list[Any]], there: dict[str, list[Any]], after: dict[str, list[Any]]
) -> None:
    """Each row that nobody changed meanwhile is there; what is there besides is of rows that somebody did change."""
    for table, rows in there.items():
        old, new = ({*map(repr, found[table])} for found in (before, after))
        assert old & new <= {*map(repr, rows)}, table
    # Only ever added to; the worker notes what it has told of.
    old, now, new = ({row[0] for row in found["audit_event"]} for found in (before, there, after))
    assert old <= now <= new
    assert old != new


def _people(target: Installation) -> list[dict[str, Any]]:
    import json  # noqa: PLC0415 - here alone

    said = target.run("administrators", "list", "--json")
    assert said.returncode == 0, said.stderr
    found: list[dict[str, Any]] = json.loads(said.stdout)
    return found


def test_only_into_an_empty_place(source, backup, tmp_path):
    refused = source.run("restore", backup)
    assert refused.returncode == 1
    assert "a backup is put back into an empty" in refused.stderr
    assert refused.stderr.count("\n") == 1
    with place(tmp_path / "data", keys_file=str(source.folder / "keys.json")) as target:
        assert target.run("restore", backup).returncode == 0
        was = target.rows()
        assert target.run("restore", backup).returncode == 1
        assert target.rows() == was


def test_a_file_that_is_not_there_leaves_no_key_where_those_of_the_backup_belong(tmp_path):
    with place(tmp_path / "data") as target:
        refused = target.run("restore", tmp_path / "nowhere")
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
        assert not (target.folder / "keys.json").exists()


def test_not_where_somebody_runs(source, backup):
    server = source.start()
    try:
        refused = source.run("restore", backup)
    finally:
        server.stop()
    assert (refused.returncode, refused.stderr) == (
        1,
        f"Doorward already runs on the data folder {source.folder}.\n",
    )


def test_nothing_is_written_where_a_byte_was_flipped_or_it_breaks_off(backup, tmp_path):
    whole = backup.read_bytes()
    file = tmp_path / "changed.backup"
    with place(tmp_path / "data") as target:
        for place_of_it in (700, len(whole) // 2, len(whole) - 1):
            changed = bytearray(whole)
            changed[place_of_it] ^= 4
            file.write_bytes(changed)
            _refused(target, file)
        file.write_bytes(whole[: len(whole) // 2])
        assert "it breaks off" in _refused(target, file)
        file.write_text("something else")
        _refused(target, file)
        assert target.run("restore", tmp_path / "none").stderr.startswith("There is no file ")


def _refused(target: Installation, file: Path, *words: str) -> str:
    done = target.run("restore", file, *words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    _is_empty(target)
    return done.stderr


def _is_empty(target: Installation) -> None:
    if target.url:
        with psycopg.connect(target.url) as connection:
            assert every_row(connection) == {}
    assert {one.name for one in target.folder.iterdir()} <= {"running.lock"}


def test_one_for_somebody_else_is_refused(source, identity, tmp_path):
    recipient, file = identity
    other = tmp_path / "other"
    other.write_text(f"{pyrage.x25519.Identity.generate()}\n")
    made = tmp_path / "portal.backup"
    assert source.backup(made, "--recipient", recipient).returncode == 0
    with place(tmp_path / "data") as target:
        assert "no identity opens it" in _refused(target, made, "--identity", str(other))
        assert "name the file with its age identity" in _refused(target, made)
        assert str(file) not in _refused(target, made, "--identity", str(tmp_path / "nowhere"))
    with opened(made, identity=file) as copy:
        assert without(every_row(copy)) == without(source.rows())


def test_what_a_newer_version_or_another_database_made_is_refused(source, backup, tmp_path):
    other = "sqlite" if postgresql.url() else "postgresql"
    kind = "postgresql" if postgresql.url() else "sqlite"
    file = tmp_path / "changed.backup"
    with place(tmp_path / "data") as target:
        for was, now, said in (
            (f'"database": "{kind}"', f'"database": "{other}"', "rows are not carried over"),
            ('"signin.0001_initial"', '"signin.0009_rewrite"', "newer than this program"),
        ):
            _with_manifest(backup, file, was, now)
            assert said in _refused(target, file)


def test_other_rows_than_it_says_are_no_whole_one(source, backup, tmp_path):
    """It would be a fault of ours; nobody starts on it all the same."""
    file = tmp_path / "changed.backup"
    with place(tmp_path / "data", keys_file=str(source.folder / "keys.json")) as target:
        _with_manifest(backup, file, '"customers_customer": 2', '"customers_customer": 3')
        refused = target.run("restore", file)
        assert refused.returncode == 1
        assert "customers_customer had 3 rows, and has 2" in refused.stderr
        todo = "drop this database and make it again" if target.url else "restore again, from this"
        assert todo in refused.stderr
        assert "run `doorward restore` again" in target.run("customers", "list").stderr
        done = target.run("restore", backup)
        if target.url:  # what is there has to go first
            assert "The database has tables" in done.stderr
        else:
            assert done.returncode == 0


def test_one_of_an_older_version_is_brought_up_to_date(source, backup, tmp_path):
    key = {"keys_file": str(source.folder / "keys.json")}
    older = tmp_path / "older.backup"
    with place(tmp_path / "older", **key) as there:
        assert there.run("restore", backup).returncode == 0
        _write(
            there,
            # The newest of its app that makes one table, and what came after it.
            "DELETE FROM django_migrations WHERE app = 'customers' AND name >= '0003_brand_check'",
            "DROP TABLE customers_brandcheck",
        )
        assert there.backup(older).returncode == 0
    with place(tmp_path / "data", **key) as target:
        done = target.run("restore", older)
        assert done.returncode == 0, done.stderr
        _write(target, "DROP TABLE customers_brandcheck")  # it is there


def test_a_history_that_was_tampered_with_is_said_when_it_is_back(source, tmp_path):
    key = {"keys_file": str(source.folder / "keys.json")}
    good, tampered = tmp_path / "good.backup", tmp_path / "tampered.backup"
    server = source.start()
    try:
        until(lambda: "0 events are not sealed" in source.run("history", "verify").stdout)
    finally:
        server.stop()
    assert source.backup(good).returncode == 0
    with place(tmp_path / "other", **key) as there:
        assert there.run("restore", good).returncode == 0
        _write(there, "UPDATE audit_event SET type = 'signed_in' WHERE id = 1")
        assert there.backup(tampered).returncode == 0
    with place(tmp_path / "data", **key) as target:
        done = target.run("restore", tampered)
        assert done.returncode == 1
        assert "its history was tampered with" in done.stderr
        assert "batch 1" in done.stdout.lower()


def _write(there: Installation, *statements: str) -> None:
    """Do this to a database, past Doorward."""
    if there.url:
        with psycopg.connect(there.url) as connection:
            for statement in statements:
                connection.execute(statement)
        return
    with closing(Database.connect(there.folder / "doorward.sqlite3")) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def _with_manifest(backup: Path, file: Path, was: str, now: str) -> None:
    """Make a backup whose manifest says something else, and that is whole."""
    import json  # noqa: PLC0415 - here alone
    import tarfile  # noqa: PLC0415

    from doorward.operations.backup import archive  # noqa: PLC0415

    with tarfile.open(backup) as opened_tar:
        content = {
            one.name: found.read() for one in opened_tar if (found := opened_tar.extractfile(one))
        }
    text = content["manifest.json"].decode()
    assert was in text
    pieces = (content[name] for name in sorted(content) if name.startswith("database/"))
    said = json.loads(text.replace(was, now))
    file.write_bytes(b"".join(archive.pack(pieces, lambda: said)))


# As the command does it, and killed as soon as the place has its name.
_PUT_BACK = """
import os, signal, sys
from pathlib import Path
from doorward.cli.base import set_up_django
set_up_django()
from django.utils import timezone
from doorward.operations.backup import restoring
file = Path(sys.argv[1])
said = restoring.look(file, by=[])
restoring.put_back(file, by=[], looked=said, end_at=timezone.now())
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_when_it_is_back_the_next_start_writes_it_down_once(source, backup, tmp_path):
    with place(tmp_path / "target") as target:
        target.folder.mkdir()
        shutil.copy(source.folder / "keys.json", target.folder)
        program = [sys.executable, "-c", _PUT_BACK, str(backup)]
        killed = subprocess.run(program, env=target.environment, check=False)
        assert killed.returncode == -signal.SIGKILL
        for _start in range(2):
            started = target.run("migrate")
            assert started.returncode == 0, started.stderr
            history = target.run("history", "export").stdout
            assert history.count('"backup_put_back"') == 1
        assert "doorward_put_back" not in target.rows()


def test_keys_that_are_missing_are_named_and_come_back_apart(source, backup, identity, tmp_path):
    recipient, file = identity
    kept = tmp_path / "keys.age"
    assert "never written in clear" in source.run("keys", "backup", kept).stderr
    assert source.run("keys", "backup", kept, "--recipient", recipient).returncode == 0
    assert source.run("keys", "backup", kept, "--recipient", recipient).returncode == 1
    key = (source.folder / "keys.json").read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    with place(tmp_path / "data") as target:
        back = target.run("restore", backup)
        assert back.returncode == 1
        assert "It is back, and does not start without its keys" in back.stderr
        assert f"is not in the key file {target.folder}/keys.json." in back.stdout
        assert "The history was not verified" in back.stdout
        assert not (target.folder / "keys.json").exists()
        assert target.run("administrators", "list").returncode == 1
        put = target.run("keys", "restore", kept, "--identity", file)
        assert put.returncode == 0, put.stderr
        assert (target.folder / "keys.json").read_text() == key
        assert target.run("keys", "restore", kept, "--identity", file).returncode == 1
        assert len(_people(target)) == len(PEOPLE)
        assert "The history is whole." in target.run("history", "verify").stdout
    plain = subprocess.run(["age", "-d", "-i", file, kept], check=True, capture_output=True).stdout
    assert plain.decode() == key


def test_killed_on_the_way_nobody_starts_on_it_and_it_can_be_done_again(source, backup, tmp_path):
    with place(tmp_path / "data", keys_file=str(source.folder / "keys.json")) as target:
        _kill_in_the_middle(target, backup, tmp_path)
        for words in (("run",), ("customers", "list"), ("backup", str(tmp_path / "x"))):
            refused = target.run(*words)
            assert refused.returncode == 1
            assert "run `doorward restore` again" in refused.stderr, refused.stderr
            assert refused.stderr.count("\n") == 1
        done = target.run("restore", backup, "--as-it-was")
        assert done.returncode == 0, done.stderr
        with opened(backup) as copy:
            assert target.rows() == every_row(copy)


def _kill_in_the_middle(target: Installation, backup: Path, folder: Path) -> None:
    """Give it the backup by a pipe that stands still the second time, and kill it there."""
    pipe = folder / "pipe"
    # The file is read twice: where it was looked at, it is changed for a pipe.
    linked = folder / "linked.backup"
    shutil.copy(backup, linked)
    code = (
        "import os, sys\n"
        "import django\n"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'doorward.settings.django'\n"
        "django.setup()\n"
        "from doorward.operations.backup import restoring\n"
        "look = restoring.look\n"
        "def looked(path, **given):\n"
        "    said = look(path, **given)\n"
        f"    os.replace({str(pipe)!r}, path)\n"
        "    return said\n"
        "restoring.look = looked\n"
        "from doorward.cli import main\n"
        f"main(['restore', {str(linked)!r}])\n"
    )
    os.mkfifo(pipe)
    process = subprocess.Popen([sys.executable, "-c", code], env=target.environment)
    try:
        until(lambda: not pipe.exists(), seconds=60)
        with linked.open("wb") as half:
            half.write(backup.read_bytes()[:400_000])
            half.flush()
            until(lambda: _has_begun(target), seconds=60)
            process.send_signal(signal.SIGKILL)
            process.wait()
    finally:
        process.kill()
        process.wait()
    assert _has_begun(target)


def _has_begun(target: Installation) -> bool:
    if not target.url:
        return (target.folder / "doorward.sqlite3.restoring").exists()
    with psycopg.connect(target.url) as connection:
        [[there]] = connection.execute("SELECT to_regclass('doorward_restoring') IS NOT NULL")
        return bool(there)


if not postgresql.url():

    def test_where_there_is_no_room_one_sentence_says_so(source, backup, tmp_path):
        with place(tmp_path / "data") as target:
            limited = f"ulimit -f 100; exec {sys.executable} -m doorward restore {backup}"
            done = subprocess.run(
                ["/bin/bash", "-c", limited],
                env=target.environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 1
            assert done.stderr.startswith("Nothing can be saved: the disk is full"), done.stderr
            assert done.stderr.count("\n") == 1
