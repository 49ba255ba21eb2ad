"""A real `doorward run` for a test: its processes, its answers, its end."""

from __future__ import annotations

import atexit
import fcntl
import http.cookiejar
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from tests.kit import commands
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Sequence

# The one that is tested; what was installed elsewhere is another.
PROGRAM = (sys.executable, "-m", "doorward")


# Below the ports that systems give to connections: none of those is ever in the way.
PORTS = range(10_000, 32_000)


def free_port() -> int:
    """Return a port on which nobody listens, and which no other test is given for a long time."""
    taken = Path(tempfile.gettempdir()) / f"doorward-ports-{os.getuid()}"
    with taken.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        port = int(file.read() or random.choice(PORTS))
        while True:
            port = port + 1 if port + 1 in PORTS else PORTS.start
            if not _is_taken(port):
                file.truncate(0)
                file.write(str(port))
                return port


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return True
        return False


def listens(port: int) -> bool:
    """Whether somebody listens on this port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Return the environment of an installation in `folder`, with nothing of the tests' own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DOORWARD_", "DJANGO_", "PYTEST_", "TEST_"))
    }
    given = {f"DOORWARD_{name.upper()}": value for name, value in settings.items()}
    return {**kept, "DOORWARD_DATA_DIR": str(folder), **given}


def doorward(
    *words: str,
    folder: Path,
    stdin: str | None = None,
    program: Sequence[str] = (),
    **settings: str,
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end; `program`: of another installation than the one that is tested."""
    if words[:1] == ("run",) and "--bind" not in words:
        settings.setdefault("bind", f"127.0.0.1:{free_port()}")  # 8000 may be taken here
    # Who says where Python looks for its modules wants another one than is loaded already.
    if not program and "PYTHONPATH" not in os.environ:
        return commands.run(*words, environment=environment(folder, **settings), stdin=stdin)
    return subprocess.run(
        [*(program or PROGRAM), *words],
        env=environment(folder, **settings),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@cache
def _as_first_made() -> Path:
    """Return a data folder as a first start makes it; made once by each process of the tests."""
    folder = Path(tempfile.mkdtemp(prefix="doorward-first-")) / "data"
    atexit.register(shutil.rmtree, folder.parent, ignore_errors=True)
    made = doorward("migrate", folder=folder)
    assert made.returncode == 0, made.stderr
    return folder


def made_before(folder: Path) -> Path:
    """Make a data folder on SQLite as a first start leaves it, for tests that are not about first starts; return it."""
    shutil.copytree(_as_first_made(), folder)
    return folder


class Browser:
    """As much of a browser as a form needs; `address`: of a portal that answers."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.page = ""
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar)

    def get(self, path: str) -> str:
        """Open a page; return the path where it led to."""
        return self._open(urllib.request.Request(self.address + path))

    def post(self, path: str, **fields: str) -> str:
        """Send the form of the page that is open; return the path where it led to."""
        token = _found(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page)
        data = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
        return self._open(urllib.request.Request(self.address + path, data=data))

    def _open(self, request: urllib.request.Request) -> str:
        with self.opener.open(request, timeout=30) as answer:
            self.page = answer.read().decode()
            path: str = urllib.parse.urlsplit(answer.url).path
            return path

    @property
    def name(self) -> str:
        """The name of the page that is open."""
        return _found(r'data-page="([^"]+)"', self.page)


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, (pattern, text)
    return str(found[1])


@dataclass
class Server:
    """A running `doorward run`."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path
    host: str = "127.0.0.1"

    @property
    def address(self) -> str:
        return f"http://{self.host}:{self.port}"

    def healthy(self, *, seconds: float = 30) -> bool:
        """Whether /healthz answers, and that so soon."""
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=seconds) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def main(self) -> psutil.Process:
        return psutil.Process(self.process.pid)

    def part(self, name: str) -> psutil.Process | None:
        """Return the child process that runs this part."""
        for child in self.main().children():
            if _name(child) == f"doorward-{name}":
                return child
        return None

    def answering(self) -> list[psutil.Process]:
        """Return the processes that answer requests."""
        serve = self.part("serve")
        try:
            return serve.children() if serve else []
        except psutil.NoSuchProcess:
            return []

    def stop(self) -> int:
        """End it as an operator does, and return its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout=60)


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


def start(
    folder: Path,
    *words: str,
    port: int | None = None,
    host: str = "127.0.0.1",
    program: Sequence[str] = PROGRAM,
    **settings: str,
) -> Server:
    """Start `doorward run WORDS` and wait until it answers at `host` and all of its parts are there."""
    port = port or free_port()
    log = folder.parent / f"{folder.name}-{port}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*program, "run", "--bind", f"{host}:{port}", *words],
            env=environment(folder, **settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    server = Server(process=process, port=port, log=log, host=host or "127.0.0.1")
    try:
        until(lambda: process.poll() is not None or server.healthy(), seconds=60)
        assert process.poll() is None
        worker = "--no-worker" not in words
        until(lambda: len(server.answering()) >= 2 and (server.part("work") or not worker))
    except BaseException as error:
        error.add_note(log.read_text()[-4000:])
        process.kill()
        process.wait()
        raise
    return server
