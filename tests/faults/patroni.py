"""Two PostgreSQL servers below Patroni with etcd, each a machine that can be taken away: all real, on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import psycopg

from tests.kit.clusters import folder_of_its_own, owner, programs
from tests.kit.serving import free_port
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLE = Path(__file__).parents[2] / "deploy" / "patroni" / "patroni.yml"


@dataclass
class Machine:
    """A PostgreSQL server with the Patroni that looks after it."""

    name: str
    folder: Path
    etcd: int
    in_a_hurry: bool = False
    port: int = field(default_factory=free_port)
    rest: int = field(default_factory=free_port)
    patroni: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start Patroni, which starts the server."""
        settings = self.folder / "patroni.yml"
        settings.write_text(self._settings())
        settings.chmod(0o644)  # whatever PostgreSQL of the tests has this process keep to itself
        with (self.folder / "patroni.log").open("ab") as log:
            self.patroni = subprocess.Popen(
                [Path(sys.executable).parent / "patroni", settings],
                user=owner(),
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**os.environ, "HOME": str(self.folder)},
                start_new_session=True,
            )

    def _settings(self) -> str:
        """Return the example of deploy/patroni with this machine's names."""
        text = EXAMPLE.read_text()
        for said, ours in {
            "db1.example:8008": f"127.0.0.1:{self.rest}",
            "db1.example:5432": f"127.0.0.1:{self.port}",
            "name: db1": f"name: {self.name}",
            "etcd.example:2379": f"127.0.0.1:{self.etcd}",
            "/var/lib/postgresql/portal": str(self.folder / "data"),
            "/usr/lib/postgresql/17/bin": str(programs()),
            "/run/postgresql": str(self.folder),
            "10.0.0.0/24 scram-sha-256": "127.0.0.1/32 trust",
        }.items():
            assert said in text, said
            text = text.replace(said, ours)
        return _hurried(text) if self.in_a_hurry else text

    def kill_server(self) -> None:
        """Kill the server alone, as the system does when its memory is full."""
        for process in self._server():
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def kill(self) -> None:
        """Take the machine away: the server, and who looks after it."""
        assert self.patroni is not None
        self.patroni.send_signal(signal.SIGKILL)
        self.kill_server()
        self.patroni.wait()

    def stop(self) -> None:
        if self.patroni is not None and self.patroni.poll() is None:
            self.patroni.kill()
            self.patroni.wait()
        self.kill_server()

    def _server(self) -> list[psutil.Process]:
        with suppress(OSError, ValueError, IndexError, psutil.NoSuchProcess):
            number = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
            main = psutil.Process(number)
            return [main, *main.children(recursive=True)]
        return []

    def is_primary(self) -> bool:
        """Return whether its Patroni says so: it has the leader's key, and its server is no standby."""
        return self._asked("/primary")

    def is_in_step(self) -> bool:
        """Return whether it is the standby that each commit waits for."""
        return self._asked("/synchronous")

    def _asked(self, path: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.rest}{path}", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False


def _hurried(text: str) -> str:
    """Return the same for servers that never wait for a disk: they are killed, and no power is cut."""
    for said, more in {
        "    - encoding: UTF8\n": "    - no-sync\n",
        "postgresql:\n  listen:": "postgresql:\n  basebackup: [no-sync]\n  listen:",
        "  parameters:\n    unix_socket": '  parameters:\n    fsync: "off"\n    unix_socket',
    }.items():
        assert said in text, said
        text = text.replace(said, said + more if more.startswith("    -") else more)
    return text


@dataclass
class Pair:
    """Both machines."""

    machines: tuple[Machine, Machine]

    @property
    def url(self) -> str:
        return self.url_by([one.port for one in self.machines])

    def url_by(self, ports: list[int]) -> str:
        """Return the address of both, by other ports that lead to theirs."""
        servers = ",".join(f"127.0.0.1:{port}" for port in ports)
        return f"postgresql://postgres:superuser@{servers}/postgres?target_session_attrs=read-write"

    def primary(self) -> Machine:
        """Return the primary, waited for."""
        until(lambda: any(one.is_primary() for one in self.machines), seconds=90)
        return next((one for one in self.machines if one.is_primary()), self.machines[0])

    def be_whole(self) -> None:
        """Wait until one is primary and the other the standby that commits wait for."""
        until(
            lambda: (
                any(one.is_primary() for one in self.machines)
                and any(one.is_in_step() for one in self.machines)
            ),
            seconds=120,
        )

    def seconds_without_writes(self) -> float:
        """Return how long nothing could be written from now on."""
        began = time.monotonic()
        while True:
            try:
                with psycopg.connect(self.url, autocommit=True, connect_timeout=2) as link:
                    link.execute("CREATE TABLE IF NOT EXISTS written (n int)")
                    link.execute("INSERT INTO written VALUES (1)")
                    return time.monotonic() - began
            except psycopg.Error:
                time.sleep(0.1)


@contextmanager
def pair(*, in_a_hurry: bool = False) -> Iterator[Pair]:
    """Return two machines of which one is primary; `in_a_hurry`: their servers do not wait for a disk."""
    with ExitStack() as stack:
        above = stack.enter_context(folder_of_its_own())
        etcd = stack.enter_context(_etcd(above))
        made = []
        for name in ("one", "two"):
            folder = stack.enter_context(folder_of_its_own())
            machine = Machine(name, folder, etcd, in_a_hurry)
            stack.callback(machine.stop)
            machine.start()
            made.append(machine)
        both = Pair((made[0], made[1]))
        both.be_whole()
        yield both


@contextmanager
def _etcd(folder: Path) -> Iterator[int]:
    port, peers = free_port(), free_port()
    with (folder / "etcd.log").open("wb") as log:
        process = subprocess.Popen(
            [
                "etcd",
                f"--data-dir={folder}/etcd",
                f"--listen-client-urls=http://127.0.0.1:{port}",
                f"--advertise-client-urls=http://127.0.0.1:{port}",
                f"--listen-peer-urls=http://127.0.0.1:{peers}",
                f"--initial-advertise-peer-urls=http://127.0.0.1:{peers}",
                f"--initial-cluster=default=http://127.0.0.1:{peers}",
            ],
            user=owner(),
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd="/",
        )
    try:
        until(lambda: _healthy(port))
        yield port
    finally:
        process.kill()
        process.wait()


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            found: dict[str, Any] = json.load(answer)
            return bool(found["health"] == "true")
    except (OSError, urllib.error.URLError):
        return False
