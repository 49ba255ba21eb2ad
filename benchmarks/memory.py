"""What a node keeps in memory: each of its processes, and how much of that is shared.

    python -m benchmarks.memory [--database postgresql] [--people 24] [--rounds 2]

Starts `doorward run` with two workers on loopback, lets everybody sign in and look at pages, and reads what the
system says of each process (/proc/PID/smaps_rollup, proc(5)). PSS divides each page among those who share it, so
that the sum is what the node takes. Beside it, in the same run: bare granian with two workers and a Django that
has one empty page and no database, which is what nothing built on them can go below.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from benchmarks.throughput import GOAL_MIB, Place, fill, one_round, postgresql
from tests.kit import serving
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterable

BARE = """
import sys
from django.conf import settings
from django.http import HttpResponse
from django.urls import path

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[])
urlpatterns = [path("", lambda request: HttpResponse("ok"))]
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
if __name__ == "__main__":
    from granian import Granian
    Granian("bare:application", port=int(sys.argv[1]), interface="wsgi", workers=2, blocking_threads=8).serve(
        target_loader=lambda: application, wrap_loader=False
    )
"""
COLUMNS = ("Pss", "Pss_Anon", "Pss_File", "Private_Clean", "Private_Dirty", "Shared_Dirty", "Rss")


def memory_of(process: psutil.Process) -> dict[str, float]:
    """Return what the system says of a process, in MiB."""
    found = dict.fromkeys(COLUMNS, 0.0)
    for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in found:
            found[name] = int(rest.split()[0]) / 1024
    return found


def name_of(process: psutil.Process, place: int) -> str:
    """Return what a process of a node is, in a word or two."""
    return "first" if place == 0 else process.name().removeprefix("doorward-")


def tree(process: psutil.Process) -> Iterable[psutil.Process]:
    """Return a process and all below it."""
    return [process, *process.children(recursive=True)]


def show(title: str, first: psutil.Process) -> float:
    """Print each process of a tree and their sum; return the sum, in MiB."""
    print(f"{title:16}" + "".join(f"{column.lower():>15}" for column in COLUMNS) + "  MiB")
    sums = dict.fromkeys(COLUMNS, 0.0)
    for place, process in enumerate(tree(first)):
        found = memory_of(process)
        for column, value in found.items():
            sums[column] += value
        print(f"  {name_of(process, place):14}" + "".join(f"{found[one]:15.1f}" for one in COLUMNS))
    print(f"  {'in all':14}" + "".join(f"{sums[column]:15.1f}" for column in COLUMNS))
    return sums["Pss"]


def bare(folder: Path) -> float:
    """Return what bare granian and Django take, with two workers that have answered."""
    port = serving.free_port()
    (folder / "bare.py").write_text(BARE)
    with subprocess.Popen([sys.executable, "bare.py", str(port)], cwd=folder) as process:
        try:
            until(lambda: serving.listens(port), seconds=20)
            for _ in range(50):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
            return show("bare", psutil.Process(process.pid))
        finally:
            process.terminate()


def node(arguments: argparse.Namespace) -> float:
    """Return what a node takes after people have signed in."""
    with tempfile.TemporaryDirectory(prefix="doorward-bench-") as name, ExitStack() as stack:
        place = Place(Path(name))
        on_server = arguments.database == "postgresql"
        database = stack.enter_context(postgresql(place) if on_server else nullcontext(None))
        fill(place, arguments.people)
        server = serving.start(place.data(0), port=None, host="127.0.0.1", **place.settings())
        stack.callback(server.stop)
        show("just started", server.main())
        for _ in range(arguments.rounds):
            one_round(place, [server], database)
        if arguments.wait:
            time.sleep(arguments.wait)
        return show("signed in", server.main())


def main() -> None:
    """Read the arguments, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--people", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--wait", type=float, default=0, help="seconds of quiet before it is read")
    arguments = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}, {arguments.database}")
    taken = node(arguments)
    with tempfile.TemporaryDirectory(prefix="doorward-bench-") as name:
        floor = bare(Path(name))
    print(
        f"a node with two workers: {taken:.0f} MiB (at most {GOAL_MIB}), bare {floor:.0f}, "
        f"{taken / floor:.2f} of it"
    )


if __name__ == "__main__":
    main()
