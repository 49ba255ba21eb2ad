"""What a change makes of a sign-in and of pages: two checkouts measured in turn, so that both meet the same noise.

    python -m benchmarks.in_turn OTHER [--people 20] [--rounds 8]

OTHER is a folder with a checkout of before, whose packages are this one's. Both serve at once, each with a folder and
a database of its own, and are asked one after the other, in another order each time. CPU is what the system says of
each thread (schedstat, in nanoseconds); of a password's request the hash is left out. One run of `make bench` differs
from the next by a fifth on a machine with others; two of these differ by a twentieth, so have it run more than once.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.sign_in import PHASES, Browser, burn_anew, take_phase
from tests.kit.serving import free_port
from tests.kit.waiting import until

PATHS = ("/healthz", "/sign-in/", "/", "/security/", "/administrators/")
PAGES = 40
IN_ALL = "sign-in, without the hash"


@dataclass
class Side:
    """A checkout that serves, and what was measured of it, in milliseconds of CPU."""

    tree: Path
    folder: Path
    port: int = 0
    people: list[dict[str, str]] = field(default_factory=list)
    server: subprocess.Popen[bytes] | None = None
    found: dict[str, list[float]] = field(default_factory=dict)

    def start(self, people: int) -> None:
        """Fill a database and serve it."""
        self.port = free_port()
        env = os.environ | {
            "PYTHONPATH": f"{self.tree / 'src'}:{self.tree}",
            "DOORWARD_DATA_DIR": str(self.folder),
        }
        python = [sys.executable, "-m"]
        filled = [*python, "benchmarks.people", str(people), "0"]
        done = subprocess.run(filled, cwd=self.tree, env=env, check=True, capture_output=True)
        self.people = json.loads(done.stdout)
        serving = ["doorward", "run", "--bind", f"127.0.0.1:{self.port}", "--workers", "2"]
        quiet = subprocess.DEVNULL
        self.server = subprocess.Popen(
            [*python, *serving], cwd=self.tree, env=env, stdout=quiet, stderr=quiet
        )
        until(self._answers)

    def stop(self) -> None:
        if self.server is not None:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait(timeout=30)

    def cpu(self) -> dict[int, float]:
        """Return what each thread of the web server has used until now."""
        used = {}
        for part in psutil.Process(self.server.pid if self.server else 0).children(recursive=True):
            if part.name() != "doorward-serve":
                continue
            for thread in Path(f"/proc/{part.pid}/task").iterdir():
                used[int(thread.name)] = int((thread / "schedstat").read_text().split()[0]) / 1e6
        return used

    def note(self, what: str, before: dict[int, float], times: int, *, hashes: int = 0) -> float:
        """Write down what a time took since then, without the threads that hash, which took most."""
        spent = sorted(used - before.get(thread, 0) for thread, used in self.cpu().items())
        took = sum(spent[: len(spent) - hashes]) / times
        self.found.setdefault(what, []).append(took)
        return took

    def sign_in(self) -> None:
        """Have everybody sign in, phase by phase, and look at pages."""
        burn_anew(self.folder)
        browsers, in_all = [Browser(self.port) for _ in self.people], 0.0
        tokens = [""] * len(browsers)
        for phase in PHASES:
            before = self.cpu()
            for place, (browser, person) in enumerate(zip(browsers, self.people, strict=True)):
                tokens[place] = take_phase(phase, browser, person, tokens[place])
            # Each of the two workers has one thread that hashes.
            hashes = 2 if phase == "password" else 0
            in_all += self.note(phase, before, len(browsers), hashes=hashes)
        self.found.setdefault(IN_ALL, []).append(in_all)
        for path in PATHS:
            before = self.cpu()
            for number in range(PAGES):
                browsers[number % len(browsers)].ask("GET", path)
            self.note(path, before, PAGES)

    def _answers(self) -> bool:
        try:
            return Browser(self.port).ask("GET", "/healthz")[0] == 200
        except OSError:
            return False


def report(before: Side, after: Side) -> None:
    """Print the best round and the median one of both, and the change of each."""
    print(f"{'ms of CPU':28}{'best':>8}{'now':>8}{'':>9}{'median':>8}{'now':>8}")
    for what, one in before.found.items():
        other = after.found[what]
        line = f"{what:28}"
        for of in (min, statistics.median):
            line += f"{of(one):8.3f}{of(other):8.3f}{100 * (of(other) / of(one) - 1):+7.1f} %"
        print(line)


def main() -> None:
    """Measure both and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=8)
    arguments = parser.parse_args()
    here = Path(__file__).parent.parent
    with tempfile.TemporaryDirectory(prefix="doorward-bench-") as name:
        trees = {"before": arguments.other.resolve(), "after": here}
        sides = [Side(tree, Path(name) / which) for which, tree in trees.items()]
        try:
            for side in sides:
                side.start(arguments.people)
                side.sign_in()  # warm
                side.found.clear()
            for number in range(arguments.rounds):
                for side in sides if number % 2 else reversed(sides):
                    side.sign_in()
        finally:
            for side in sides:
                side.stop()
    print(f"load {os.getloadavg()[0]:.1f}")
    report(*sides)


if __name__ == "__main__":
    main()
