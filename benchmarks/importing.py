"""What moving in costs: seconds, CPU and memory of an import of so many people, at the console.

    python -m benchmarks.importing [people] [--database sqlite]

Each has an old password (a hash that is not made here) and an authenticator app. First the dry run, then the import,
then the same file once more, which changes nothing.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.sizes import fill, installation
from doorward.cli.base import set_up_django

# ruff: noqa: PLC0415 - models are there once Django is set up
BOUND_MIB = 300
BOUND_CPU_SECONDS = 180
_HASH = "pbkdf2_sha256$600000$a1B2c3$iR0CCTLDNNoJH8BqLXRPHbFQVGBqQ2gSsvCgUKHYQGM="


def write(path: Path, people: int) -> None:
    """Write the file."""
    with path.open("w") as file:
        file.write("email,first name,last name,password hash,totp\n")
        file.writelines(
            f"p{n:07}@moving.example,Person,Number {n},{_HASH},GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n"
            for n in range(people)
        )


def measured(path: Path, customer_id: str) -> tuple[float, int]:
    """Print what each way through the file costs; return the import's CPU seconds, and the most memory in MiB."""
    from uuid import UUID

    from django.utils import timezone

    from doorward.audit.actor import CONSOLE
    from doorward.importing import columns, part_by_part, reading_files, runs

    took = 0.0
    for name, dry in (("dry run", True), ("import", False), ("once more", False)):
        began, spent = time.monotonic(), time.process_time()
        table = reading_files.read(path.read_bytes(), columns.PEOPLE, needed="email")
        about = runs.About(kind="people", customer_id=UUID(customer_id))
        run = runs.receive(table, about, actor=CONSOLE, now=timezone.now())
        del table
        runs.begin(run, dry=dry, actor=CONSOLE, now=timezone.now())
        while part_by_part.do_part(run, actor=CONSOLE, now=timezone.now()):
            pass
        run.refresh_from_db()
        seconds = time.monotonic() - began
        cpu = time.process_time() - spent
        took = cpu if name == "import" else took
        said = f"{run.made:,} made, {run.same:,} the same, {run.refused:,} refused"
        print(f"{name:10} {said}: {seconds:6.1f} s, {cpu:6.1f} s of CPU")
    return took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Fill, measure, and say whether it fits."""
    parser = argparse.ArgumentParser()
    parser.add_argument("people", nargs="?", type=int, default=100_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    asked = parser.parse_args()
    with installation(asked.database) as environment, tempfile.TemporaryDirectory() as folder:
        who = fill("one", (10, 10), environment)
        os.environ |= environment
        set_up_django()
        path = Path(folder) / "people.csv"
        write(path, asked.people)
        seconds, held = measured(path, who[0]["customer"])
    print(f"{held} MiB held at most")
    if held > BOUND_MIB or seconds > BOUND_CPU_SECONDS:
        said = (
            f"It takes more than {BOUND_CPU_SECONDS} s of CPU, or holds more than {BOUND_MIB} MiB."
        )
        sys.exit(said)


if __name__ == "__main__":
    main()
