"""PostgreSQL's own `pg_dump` and `pg_restore`: the database of one moment, as a stream, while it is being used."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final

from django.db import connection, transaction
from psycopg import pq

from doorward.kernel.db import poolers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A table that somebody changes is waited for so long, and not for ever.
_LOCK_SECONDS: Final = 60
_MAJOR: Final = re.compile(r"\(PostgreSQL\) (\d+)")


class CannotDump(Exception):
    """There is no dump, or it does not come back; the message is one sentence that says why."""


@contextmanager
def at_one_moment() -> Iterator[str]:
    """Have all that this thread reads, and a dump of that name, be of one moment; return the snapshot's name.

    Raises `CannotDump`, `DatabaseError`.
    """
    with poolers.directly():
        _refuse_pooler("pg_dump")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            yield cursor.fetchone()[0]


def dump(snapshot: str, *, piece_bytes: int) -> Iterator[bytes]:
    """Return what pg_dump writes in its custom format, in pieces of that size; raises `CannotDump`."""
    words = ["--format=custom", f"--lock-wait-timeout={_LOCK_SECONDS}s", f"--snapshot={snapshot}"]
    with _running("pg_dump", words, "could not make the backup") as process:
        output: IO[bytes] = process.stdout
        while piece := output.read(piece_bytes):
            yield piece


@contextmanager
def restoring() -> Iterator[IO[bytes]]:
    """Return where to write a dump to, into the empty database: in one transaction, so all of it or nothing.

    Raises `CannotDump`; where what is inside raises, nothing comes back either.
    """
    with poolers.directly():
        _refuse_pooler("pg_restore")
        name = str(connection.get_connection_params()["dbname"])
        words = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
        with _running(
            "pg_restore", [*words, f"--dbname={name}"], "could not put the backup back"
        ) as process:
            yield process.stdin


@contextmanager
def _running(name: str, words: Sequence[str], failed: str) -> Iterator[Any]:
    """Run one of PostgreSQL's programs beside what is inside; it ends with it, however that ends."""
    connection.ensure_connection()
    server: Any = connection.connection
    program = _program(name, server.info.server_version // 10000)
    given = environment(connection.get_connection_params())
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            [program, "--no-password", *words],
            # By the environment, which nobody else on the machine sees; a command line everybody does.
            env={**os.environ, **given},
            stdin=subprocess.PIPE if name == "pg_restore" else subprocess.DEVNULL,
            stdout=subprocess.PIPE if name == "pg_dump" else subprocess.DEVNULL,
            stderr=errors,
        ) as process,
    ):
        try:
            yield process
            if process.stdin:
                process.stdin.close()
            code = process.wait()
        except BrokenPipeError:
            code = process.wait()
        except BaseException:
            process.kill()
            raise
        if code:
            errors.seek(0)
            said = errors.read().decode(errors="replace").strip().partition("\n")[0]
            said = said.removeprefix(f"{name}: error: ").rstrip(".")
            raise CannotDump(f"{name} {failed}: {said or f'it ended with {code}'}.")


def environment(parameters: dict[str, Any]) -> dict[str, str]:
    """Return connection parameters as the variables that PostgreSQL's own programs read (libpq, section 32.15)."""
    variables = {
        option.keyword.decode(): option.envvar.decode()
        for option in pq.Conninfo.get_defaults()
        if option.envvar
    }
    return {
        variables[name]: str(value)
        for name, value in parameters.items()
        if name in variables and value is not None
    }


def _refuse_pooler(program: str) -> None:
    if poolers.is_behind_one():
        # What the program sets for its session the pooler would hand on to us.
        raise CannotDump(
            f"A pooler is between Doorward and PostgreSQL, and {program} cannot go through it: set "
            "DOORWARD_DATABASE_DIRECT_URL to the address of PostgreSQL itself."
        )


def _program(name: str, server: int) -> str:
    program = shutil.which(name)
    if program is None:
        raise CannotDump(
            f"{name} is not installed: it comes with PostgreSQL {server}'s client programs "
            f"(Debian: postgresql-client-{server})."
        )
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = _MAJOR.search(said.stdout)
    if found and int(found[1]) < server:
        raise CannotDump(
            f"{name} {found[1]} is older than PostgreSQL {server}: install its client programs "
            f"(Debian: postgresql-client-{server})."
        )
    return program
