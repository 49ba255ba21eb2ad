"""A demonstration that runs for the film."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.kit.serving import environment, free_port
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Demonstration:
    """One that runs."""

    address: str
    environment: dict[str, str]

    def code(self, email: str) -> str:
        """Return a code of somebody's app that was not used yet; wait for the next where it was."""
        words = [sys.executable, "-m", "doorward", "demo-code", email]
        said = subprocess.run(
            words, env=self.environment, capture_output=True, text=True, check=True, timeout=60
        )
        return said.stdout.strip()


@contextmanager
def running(home: Path) -> Iterator[Demonstration]:
    """Run `doorward demo`, whose temporary files are in `home`."""
    port = free_port()
    kept = environment(home) | {"TMPDIR": str(home), "XDG_RUNTIME_DIR": str(home)}
    del kept["DOORWARD_DATA_DIR"]
    process = subprocess.Popen(
        [sys.executable, "-m", "doorward", "demo", "--bind", f"127.0.0.1:{port}"],
        env=kept,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def answers() -> bool:
        assert process.poll() is None
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False

    try:
        until(answers, seconds=120)
        yield Demonstration(f"http://localhost:{port}", kept)
    finally:
        process.terminate()
        process.wait(timeout=30)
