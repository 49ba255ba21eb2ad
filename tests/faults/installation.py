"""A real `doorward run` that is killed again and again, on the database of the tests."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil
from django.db import connection

from tests.kit import serving
from tests.kit.waiting import until

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from tests.notifications.servers import Box

# One part, which the rest replaces while people go on; or all of it, as whoever clears a machine's
# memory does. `mail`: the worker, when the mail server has a message and has not said so.
PARTS = ("serve", "answering", "answering", "work", "mail")
ALL = ("tree", "tree", "main")


@dataclass
class Installation:
    """Its folder, its settings, and the server that runs on them just now."""

    folder: Path
    box: Box
    keys: Path
    server: serving.Server = field(init=False)
    kills: int = 0
    _rotating: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.port = serving.free_port()
        self.address = f"http://localhost:{self.port}"
        self.server = self._start()

    @property
    def settings(self) -> dict[str, str]:
        return {
            "database_url": database_url(),
            "public_url": self.address,
            "email_url": f"smtp://127.0.0.1:{self.box.port}",
            "keys_file": str(self.keys),
            "trusted_proxies": "127.0.0.1",
        }

    def kill(self, way: str, chance: Random) -> None:
        """Kill with -9, and count it."""
        with suppress(psutil.NoSuchProcess):  # it is on its way up again, or ended just now
            self._kill(way, chance)

    def _kill(self, way: str, chance: Random) -> None:
        main, work = self.server.main(), self.server.part("work")
        match way:
            case "tree":
                killed = [main, *main.children(recursive=True)]
                chance.shuffle(killed)
                self._stop_rotating()
            case "main":
                killed = [main]
            case "answering":
                killed = self.server.answering()[:1]
            case "mail":
                killed = []
                self.box.kills = work.pid if work else 0
            case part:
                killed = [one for one in [self.server.part(part)] if one]
        for process in killed:
            process.kill()
        self.kills += bool(killed)

    def _stop_rotating(self) -> None:
        if self._rotating is not None:
            self._rotating.kill()
            self._rotating.wait()
            self._rotating = None

    def is_whole(self) -> bool:
        """Return whether all parts are there (again) and it answers."""
        if self.server.process.poll() is not None:
            return False
        parts = len(self.server.answering()) == 2 and self.server.part("work") is not None
        return parts and self.server.healthy()

    def be_whole(self) -> None:
        """Start it again if it is gone, else wait until it has mended itself."""
        self.kills += self.box.killed
        self.box.kills = self.box.killed = 0
        if self._is_gone():
            self.server = self._start()
        until(self.is_whole, seconds=60)

    def rotate_keys(self) -> None:
        """Make a new key, and begin to re-seal everything with it."""
        made = serving.doorward("keys", "new", folder=self.folder, **self.settings)
        assert made.returncode == 0, made.stderr
        self._rotating = subprocess.Popen(
            [sys.executable, "-m", "doorward", "keys", "rotate"],
            env=serving.environment(self.folder, **self.settings),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def keys_are_rotated_to_the_end(self) -> None:
        for words in (["keys", "rotate"], ["keys", "check"]):
            done = serving.doorward(*words, folder=self.folder, **self.settings)
            assert done.returncode == 0, done.stderr

    def stop(self) -> None:
        self._stop_rotating()
        self.server.stop()

    def _is_gone(self) -> bool:
        # A killed main process is reaped here; its own children die with it.
        try:
            self.server.process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _start(self) -> serving.Server:
        return serving.start(self.folder, port=self.port, **self.settings)


def database_url() -> str:
    """Return the address of the database of the tests."""
    given: dict[str, Any] = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    user = f"{given['USER']}:{given['PASSWORD']}" if given["PASSWORD"] else given["USER"]
    where = f"{given['HOST']}:{given['PORT']}" if given["PORT"] else given["HOST"]
    rest = "&".join(f"{k}={v}" for k, v in given["OPTIONS"].items() if k != "pool")
    return f"postgresql://{user}@{where}/{given['NAME']}?{rest}"
