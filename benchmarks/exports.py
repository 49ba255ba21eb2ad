"""What taking everything along costs: verifying the history, an export of a customer, an evidence pack.

    make bench-exports    or    python -m benchmarks.exports [people] [events] [--database sqlite] [--kept FOLDER]

One customer of 50,000 people with 600,000 events, unless told otherwise. Each is a command of its own, with the seals
that verify it; CPU and memory are those of its process.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.sizes import SHAPES, filled

BOUND_MIB = 300
_CHILD = (
    "import resource,runpy,sys; sys.argv=['doorward',*sys.argv[1:]]\n"
    "try: runpy.run_module('doorward',run_name='__main__')\n"
    "finally: print('KIB',resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,file=sys.stderr)"
)


def measured(name: str, arguments: list[str], environment: dict[str, str], file: Path) -> int:
    """Run a command, print what it costs and how large its file is; return the MiB that it held at most."""
    began, spent = time.monotonic(), _children()
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, *arguments],
        env=os.environ | environment,
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr[-2000:]}")
    held = int(done.stderr.rsplit("KIB ", 1)[1].split()[0]) // 1024
    seconds, cpu = time.monotonic() - began, _children() - spent
    size = file.stat().st_size / 1_000_000 if file.exists() else 0
    print(f"{name:20} {seconds:7.1f} s, {cpu:7.1f} s of CPU, {held} MiB, file {size:.1f} MB")
    return held


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Fill, measure, and say whether it fits."""
    parser = argparse.ArgumentParser()
    parser.add_argument("people", nargs="?", type=int, default=SHAPES["one"][0])
    parser.add_argument("events", nargs="?", type=int, default=SHAPES["one"][1])
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--kept", type=Path)
    asked = parser.parse_args()
    numbers = (asked.people, asked.events)
    today = datetime.now(tz=UTC).date()
    with (
        filled(asked.database, "one", numbers, asked.kept) as (environment, who),
        tempfile.TemporaryDirectory() as folder,
    ):
        name = _sealed(who[0]["customer"], environment)
        pack, export = Path(folder) / "evidence.zip", Path(folder) / "export.zip"
        whole = ["--from", str(today - timedelta(days=399)), "--to", str(today), "--zone", "UTC"]
        held = [
            measured("history verify", ["history", "verify"], environment, Path(folder) / "none"),
            measured(
                "export customer", ["export", "customer", name, str(export)], environment, export
            ),
            measured("evidence", ["evidence", name, str(pack), *whole], environment, pack),
        ]
    if max(held) > BOUND_MIB:
        sys.exit(f"One of them holds more than {BOUND_MIB} MiB.")


def _sealed(customer_id: str, environment: dict[str, str]) -> str:
    """Seal what was filled in, as the worker does, where that was not done yet; return the customer's name."""
    code = (
        "import time; from doorward.cli.base import set_up_django; set_up_django()\n"
        "from django.utils import timezone\n"
        "from doorward.audit import sealing\n"
        "from doorward.audit.models import Batch, Event\n"
        "from doorward.customers.models import Customer\n"
        "if not Batch.objects.exists():\n"
        "    Event.rewritable.update(batch=None)\n"
        "    began = time.process_time(); sealed = 0\n"
        "    while found := sealing.seal(now=timezone.now()): sealed += found\n"
        "    spent = time.process_time() - began\n"
        "    print(f'{sealed:,} events sealed in {spent:.1f} s of CPU')\n"
        f"print(Customer.objects.get(id='{customer_id}').name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    *said, name = done.stdout.strip().splitlines()
    print(*said, sep="\n")
    return name


if __name__ == "__main__":
    main()
