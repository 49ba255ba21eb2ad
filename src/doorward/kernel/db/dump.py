"""A dump of the database by PostgreSQL's own `pg_dump`, as it is at one moment, made while it is being used."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any, Final

from django.db import connection
from psycopg import pq

from doorward.kernel.db import poolers

if TYPE_CHECKING:
    from pathlib import Path

_PROGRAM: Final = "pg_dump"
# A table that somebody changes is waited for so long, and not for ever.
_LOCK_SECONDS: Final = 60
_MAJOR: Final = re.compile(r"\(PostgreSQL\) (\d+)")


class CannotDump(Exception):
    """There is no dump; the message is one sentence that says why."""


def dump_to(path: Path) -> None:
    """Write all that is committed now into a file, in pg_dump's custom format; raises `CannotDump`, `DatabaseError`."""
    with poolers.directly():
        if poolers.is_behind_one():
            # What pg_dump sets for its session the pooler would hand on to us.
            raise CannotDump(
                "A pooler is between Doorward and PostgreSQL, and pg_dump cannot go through it: set "
                "DOORWARD_DATABASE_DIRECT_URL to the address of PostgreSQL itself."
            )
        server: Any = connection.connection
        program = _program(server.info.server_version // 10000)
        given = environment(connection.get_connection_params())
    ended = subprocess.run(
        [
            program,
            "--format=custom",
            "--no-password",
            f"--lock-wait-timeout={_LOCK_SECONDS}s",
            f"--file={path}",
        ],
        # By the environment, which nobody else on the machine sees; a command line everybody does.
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if ended.returncode:
        said = ended.stderr.strip().partition("\n")[0].removeprefix("pg_dump: error: ")
        raise CannotDump(f"pg_dump could not make the backup: {said.rstrip('.')}.")


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


def _program(server: int) -> str:
    program = shutil.which(_PROGRAM)
    if program is None:
        raise CannotDump(
            f"pg_dump is not installed: it comes with PostgreSQL {server}'s client programs "
            f"(Debian: postgresql-client-{server})."
        )
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    found = _MAJOR.search(said.stdout)
    if found and int(found[1]) < server:
        raise CannotDump(
            f"pg_dump {found[1]} cannot dump PostgreSQL {server}: install its client programs "
            f"(Debian: postgresql-client-{server})."
        )
    return program
