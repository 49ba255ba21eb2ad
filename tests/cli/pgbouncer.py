"""A real PgBouncer in transaction mode, before the PostgreSQL of the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import psycopg

from tests.kit.serving import free_port
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

# Debian has it where only root looks.
PROGRAM = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


@contextmanager
def pooler(database: str, *, connections: int = 2) -> Iterator[str]:
    """Return the address of `database` by way of a pooler that has so many connections to it."""
    assert PROGRAM, "scripts/system-packages installs pgbouncer"
    parts = urlsplit(database)
    host = Path(parse_qs(parts.query)["host"][0])
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="doorward-pgbouncer-"))
    try:
        folder.chmod(0o755)
        settings = folder / "pgbouncer.ini"
        settings.write_text(
            f"""
            [databases]
            * = host={host} port={parts.port or 5432} user={parts.username}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = {connections}
            """
        )
        # It refuses to run as root, and has to reach the server's socket.
        as_its_owner = ["--user", host.owner()] if os.geteuid() == 0 else []
        with subprocess.Popen(
            [PROGRAM, "--quiet", *as_its_owner, settings], stderr=subprocess.DEVNULL
        ) as process:
            address = f"postgresql://somebody@127.0.0.1:{port}{parts.path}"
            try:
                until(lambda: process.poll() is not None or _answers(address))
                yield address
            finally:
                process.kill()
    finally:
        shutil.rmtree(folder)


def _answers(address: str) -> bool:
    try:
        psycopg.connect(address, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
