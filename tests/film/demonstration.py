"""A demonstration that runs for the film."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.kit.serving import environment, free_port
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def running(home: Path) -> Iterator[str]:
    """Run `doorward demo`, whose temporary files are in `home`; return its address."""
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
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(timeout=30)
