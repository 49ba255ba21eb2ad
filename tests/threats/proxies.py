"""A proxy in front of a portal that passes on what it gets as it gets it, and buffers nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.kit import serving
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HAPROXY = """
global
  maxconn 4000
defaults
  mode http
  timeout connect 5s
  timeout client 300s
  timeout server 300s
  timeout http-request 300s
frontend people
  bind 127.0.0.1:{port}
  option forwardfor
  default_backend portal
backend portal
  server portal 127.0.0.1:{behind}
"""


@contextmanager
def haproxy(folder: Path, behind: int) -> Iterator[int]:
    """Run a proxy whose own deadlines are far away; return its port."""
    port, written = serving.free_port(), folder / "haproxy.cfg"
    written.write_text(_HAPROXY.format(port=port, behind=behind))
    program = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program
    process = subprocess.Popen([program, "-db", "-q", "-f", written])
    try:
        until(lambda: serving.listens(port))
        yield port
    finally:
        process.terminate()
        process.wait(timeout=60)
