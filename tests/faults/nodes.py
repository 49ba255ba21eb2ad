"""Three nodes of Doorward behind HAProxy, each of which can be killed."""

from __future__ import annotations

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psutil

from tests.kit import serving
from tests.kit.waiting import until
from tests.notifications import servers

if TYPE_CHECKING:
    from types import TracebackType

EXAMPLE = Path(__file__).parents[2] / "deploy" / "proxies" / "haproxy-nodes.cfg"
# The third one serves alone.
WORDS: tuple[tuple[str, ...], ...] = ((), (), ("--no-worker",))


class Nodes:
    """They share a database and the keys, and nothing else. `kills`: how many died so far.

    `databases`: by which address each of them comes to it.
    """

    def __init__(self, folder: Path, databases: list[str], port: int) -> None:
        self.folder, self.databases = folder, databases
        self.port = port
        self.ports = [serving.free_port() for _ in WORDS]
        self.address = f"http://localhost:{self.port}"
        self.kills = 0
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Start all of them, and the balancer."""
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def _start(self) -> None:
        self.box = self._stack.enter_context(servers.serve())
        self.settings = {
            "public_url": self.address,
            "email_url": f"smtp://127.0.0.1:{self.box.port}",
            "keys_file": str(self.folder / "keys.json"),
            "trusted_proxies": "127.0.0.1",
        }
        self.servers: list[serving.Server] = []
        self._stack.callback(self._stop)
        # The first makes the tables.
        self.servers.append(self._started(0))
        with ThreadPoolExecutor(len(WORDS)) as pool:
            others = [pool.submit(self._started, number) for number in range(1, len(WORDS))]
        for one in others:
            if not one.exception():
                self.servers.append(one.result())
        for one in others:
            one.result()
        self._balance()

    def _started(self, number: int) -> serving.Server:
        folder, port = self.folder / f"node{number}", self.ports[number]
        return serving.start(folder, *WORDS[number], port=port, **self._settings_of(number))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End all of them."""
        self._stack.close()

    def kill_next(self) -> None:
        """Kill one node, all of it, with -9."""
        server = self.servers[self.kills % len(self.servers)]
        self.kills += 1
        _kill(server)

    def start_the_dead(self) -> None:
        """Start again what died, as systemd does, and wait for nobody."""
        for number, server in enumerate(self.servers):
            if server.process.poll() is not None:
                log = server.log.open("ab")
                with log:
                    server.process = subprocess.Popen(
                        [
                            *serving.PROGRAM,
                            "run",
                            "--bind",
                            f"127.0.0.1:{server.port}",
                            *WORDS[number],
                        ],
                        env=serving.environment(
                            self.folder / f"node{number}", **self._settings_of(number)
                        ),
                        stdout=log,
                        stderr=subprocess.STDOUT,
                    )

    def _settings_of(self, number: int) -> dict[str, str]:
        return self.settings | {"database_url": self.databases[number]}

    def are_whole(self) -> bool:
        """Return whether each of them answers."""
        self.start_the_dead()
        return all(one.healthy() for one in self.servers)

    def _balance(self) -> None:
        text = EXAMPLE.read_text()
        text = re.sub(r"bind :443 .*", f"bind 127.0.0.1:{self.port}", text)
        # Each visitor says an address of their own, which is not this machine's.
        text = re.sub(r".*set-header X-Forwarded-(For|Proto).*\n", "", text)
        for number, port in enumerate(self.ports):
            text = text.replace(f"10.0.0.1{number + 1}:8000", f"127.0.0.1:{port}")
        assert "10.0.0" not in text
        settings = self.folder / "haproxy.cfg"
        settings.write_text(text)
        with (self.folder / "haproxy.log").open("wb") as log:
            process = subprocess.Popen(
                ["/usr/sbin/haproxy", "-db", "-f", settings], stdout=log, stderr=log
            )
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        until(lambda: serving.listens(self.port))

    def _stop(self) -> None:
        for server in self.servers:
            _kill(server)


def _kill(server: serving.Server) -> None:
    with suppress(psutil.NoSuchProcess):
        main = server.main()
        for process in [main, *main.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
    server.process.wait()
