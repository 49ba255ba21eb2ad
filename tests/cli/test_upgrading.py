"""Upgrading: the new version says what it will do, and works beside the one before while nodes are exchanged."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from click.testing import CliRunner
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

import doorward
from doorward.cli.base import main
from doorward.operations.backup import last_good
from tests.kit import people, postgresql, serving
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "seven bridges over a quiet river"
MIGRATION = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("accounts", "{after}")]
    operations = [
        migrations.AddField(
            "administrator", "nickname", models.CharField(max_length=40, default="", db_default="")
        ),
        migrations.AddIndex("administrator", models.Index(fields=["nickname"], name="by_nickname")),
        migrations.CreateModel(
            "Badge",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("of", models.ForeignKey("accounts.Administrator", models.CASCADE)),
            ],
        ),
    ]
"""


@pytest.fixture
def _a_file(settings: Any, tmp_path: Path) -> None:
    """Have a file where the database of SQLite would be: what is looked at before the database itself."""
    settings.DOORWARD = settings.DOORWARD.model_copy(update={"data_dir": tmp_path})
    (tmp_path / "doorward.sqlite3").touch()


def ahead() -> tuple[int, dict[str, dict[str, str]]]:
    done = CliRunner().invoke(main, ["check", "--before-upgrade", "--json"])
    assert not done.stderr or done.exit_code, done.stderr
    return done.exit_code, {one["check"]: one for one in json.loads(done.stdout)}


@pytest.mark.django_db
@pytest.mark.usefixtures("_a_file")
def test_where_nothing_is_to_be_done_it_says_so() -> None:
    people.provider()
    status, found = ahead()
    assert (status, [*found]) == (0, ["migrations"])
    assert found["migrations"]["what"].endswith("has nothing to do to the database.")


def newest() -> tuple[str, str]:
    """Return the last migration of the sessions' table: no other one stands on it."""
    [(app, name)] = MigrationLoader(connection).graph.leaf_nodes("sessions")
    return str(app), str(name)


@pytest.mark.django_db
@pytest.mark.usefixtures("_a_file")
def test_it_says_what_will_be_done_and_does_it_not() -> None:
    """What is looked at is what the new version would do; a fresh backup is wanted first."""
    people.provider()
    MigrationRecorder(connection).record_unapplied(*newest())
    status, found = ahead()
    assert (status, found["backup"]["verdict"]) == (1, "unfit")
    assert ".".join(newest()) in found["migrations"]["what"]
    assert "sessions_session (0 rows)" in found["migrations"]["what"]
    assert found["older-nodes"]["verdict"] == "fine"
    now = timezone.now()
    for age, verdict in ((timedelta(minutes=59), "fine"), (timedelta(minutes=61), "unfit")):
        last_good.remember(now=now - age)
        status, found = ahead()
        assert (status, found["backup"]["verdict"]) == (int(verdict == "unfit"), verdict)
    applied = MigrationRecorder(connection).applied_migrations()
    assert newest() not in applied


@pytest.mark.django_db
def test_it_says_who_has_to_end_first_where_something_is_taken_away(monkeypatch) -> None:
    from doorward.operations.checks import upgrade  # noqa: PLC0415 - here alone

    people.provider()
    MigrationRecorder(connection).record_unapplied(*newest())
    [(migration, before)] = upgrade._plan()
    monkeypatch.setattr(migration, "name", "0002_contract_1_4_open")
    said = upgrade._older_nodes([(migration, before)])
    assert said.verdict == "advice"
    assert "versions before 1.4" in said.what


def test_the_changelog_says_of_each_version_what_an_operator_must_do() -> None:
    text = (Path(__file__).parents[2] / "CHANGELOG.md").read_text()
    versions = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert versions
    for version in versions:
        assert re.search(r"^### Upgrading\n\n\S", version, flags=re.MULTILINE), version[:20]


# --- both versions beside each other ------------------------------------------------------------------


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """Return a folder with a later version: this one, a column, an index and a table more."""
    folder = tmp_path / "later"
    package = folder / "doorward"
    shutil.copytree(
        Path(doorward.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__")
    )
    migrations = package / "accounts" / "migrations"
    after = max(file.stem for file in migrations.glob("0*.py"))
    (migrations / "9990_nickname.py").write_text(MIGRATION.format(after=after))
    models = package / "accounts" / "models.py"
    text, number = re.subn(
        r"(class Administrator\(.*?\n)(    first_name = )",
        r'\1    nickname = models.CharField(max_length=40, default="", db_default="", db_index=False)\n\2',
        models.read_text(),
        flags=re.DOTALL,
    )
    assert number == 1
    models.write_text(text)
    return folder


def _work(
    address: str, email: str, over: Event, done: list[str], refused: list[BaseException]
) -> None:
    number = 0
    try:
        while not over.is_set():
            browser = serving.Browser(address)
            browser.get("/sign-in/")
            browser.post("/sign-in/", email=email, password=PASSWORD)
            for path in ("/", "/administrators/", "/activity/"):
                browser.get(path)
            number += 1
            name = f"Saved {number}"
            browser.get("/profile/")
            fields = {"first_name": name, "last_name": email[:3], "email": email}
            browser.post("/profile/", **fields, phone="", language="en", time_zone="UTC")
            assert name in browser.page, address
            done.append(name)
    except BaseException as error:  # noqa: BLE001 - it is looked at when all have ended
        refused.append(error)


@contextmanager
def at_work(address: str, *emails: str) -> Iterator[list[str]]:
    """Have people work with one version; nobody may meet an error."""
    over, done, refused = Event(), list[str](), list[BaseException]()
    threads = [Thread(target=_work, args=(address, email, over, done, refused)) for email in emails]
    for thread in threads:
        thread.start()
    try:
        yield done
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert refused == []


@pytest.mark.processes
@pytest.mark.at_length
@pytest.mark.both_databases
@pytest.mark.xdist_group("commands")
@pytest.mark.skipif(not postgresql.url(), reason="SQLite has one node")
def test_the_version_before_works_on_beside_the_new_one(
    newer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgresql.empty_database() as url:
        given = {"database_url": url, "keys_file": str(tmp_path / "keys.json")}
        before = serving.start(tmp_path / "before", port=None, **given)
        servers = [before]
        names = [f"{name}@mill.example" for name in ("ines", "jon", "kim", "lou")]
        try:
            _people(tmp_path / "before", names, given)
            with at_work(before.address, *names[:2]) as old:
                until(lambda: len(old) > 2)
                monkeypatch.setenv("PYTHONPATH", str(newer))
                after = serving.start(tmp_path / "after", port=None, **given)
                servers.append(after)
                assert _columns(url) == {"nickname"}
                with at_work(after.address, *names[2:]) as new:
                    seen = len(old)
                    until(lambda: len(old) > seen + 6 and len(new) > 6)
                    monkeypatch.delenv("PYTHONPATH")
                    # One of the version before that is started again, and adds somebody.
                    again = serving.start(tmp_path / "again", port=None, **given)
                    servers.append(again)
                    _people(tmp_path / "again", ["moe@mill.example"], given)
                    with at_work(again.address, "moe@mill.example") as third:
                        until(lambda: len(third) > 2)
        finally:
            ended = [server.stop() for server in servers]
    assert ended == [0, 0, 0]
    for server in servers:
        said = server.log.read_text()
        assert " ERROR " not in said, said
        assert "Traceback" not in said, said


def _people(folder: Path, emails: list[str], given: dict[str, Any]) -> None:
    serving.doorward("customers", "add", "Mill", folder=folder, **given)
    for email in emails:
        words = ("administrators", "add", email, "--customer", "Mill", "--primary")
        added = serving.doorward(*words, "--password-stdin", folder=folder, stdin=PASSWORD, **given)
        assert added.returncode == 0, added.stderr


def _columns(url: str) -> set[str]:
    with psycopg.connect(url) as opened:
        return {
            name
            for [name] in opened.execute(
                "SELECT column_name FROM information_schema.columns "
                "WHERE table_name = 'accounts_administrator' AND column_name = 'nickname'"
            )
        }
