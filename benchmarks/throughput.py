"""How much of a machine's processors sign-ins leave to their password hashes, and what a node takes of its memory.

    python -m benchmarks.throughput [--database postgresql] [--nodes 1 2 3] [--people 60] [--rounds 3] [--json FILE]

Nodes (`doorward run`, two workers each) on one database, and people who sign in at them at once: sign-in page,
password, code page, code, Home. What each part uses is what the operating system says of its processes (/proc): the web
server, the database with all of its processes, the background worker until its last message is sent. The client's own
is in none of it. The limit is what bare Argon2id hashes alone would take, measured in the same run between the rounds,
as many at once. So `sign-ins` is how many a second the processors of this machine could do if nobody else were there.

On PostgreSQL commits wait for the disk (`fsync`, `synchronous_commit`), as in production.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from benchmarks.sign_in import PHASES, Browser, cpu_of_hash, take_phase
from tests.kit import serving
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

GOAL = 0.80
GOAL_MIB = 150
AT_ONCE = 4
HASHES = 30
PAGES_EACH = 10
COPIES = 200
LEFT = (
    "SELECT (SELECT count(*) FROM audit_event WHERE dispatched_at IS NULL) + (SELECT count(*) "
    "FROM notifications_delivery WHERE state = 'due' AND next_at <= CURRENT_TIMESTAMP)"
)
# What is new in the copy of a row, as it may be there once.
TABLES = {
    "event": ("audit_event", {"public_id": "gen_random_uuid()"}),
    "session": (
        "sessions_session",
        {"id": "gen_random_uuid()", "token_hash": "sha256(gen_random_uuid()::text::bytea)"},
    ),
    "mail": ("notifications_delivery", {"event_id": "event_id + 1000000 * copy"}),
}


@dataclass
class Place:
    """An installation: where its data is, and how its database is asked."""

    folder: Path
    url: str = ""
    people: list[dict[str, str]] = field(default_factory=list)

    def settings(self) -> dict[str, str]:
        given = {"keys_file": str(self.folder / "keys.json")}
        return given | ({"database_url": self.url} if self.url else {})

    def data(self, node: int) -> Path:
        return self.folder / f"node{node}"

    def written(self) -> tuple[float, float]:
        """Return how many bytes of write-ahead log there were, and transactions."""
        if not self.url:
            return 0, 0
        wal = self.ask("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")
        # Backends tell what they committed a second late.
        time.sleep(1.5)
        commits = self.ask(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        )
        return float(wal), float(commits)

    def ask(self, sql: str) -> Any:
        if not self.url:
            from doorward.kernel.db.sqlite.driver import Database  # noqa: PLC0415 - SQLite alone

            with closing(Database.connect(self.data(0) / "doorward.sqlite3", timeout=10)) as file:
                return file.execute(sql).fetchone()[0]
        import psycopg  # noqa: PLC0415 - PostgreSQL alone

        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(sql).fetchone()[0]  # type: ignore[index]

    def wait_for_worker(self) -> None:
        """Wait until all that happened was looked at, and every message that is due was sent."""
        until(lambda: self.ask(LEFT) == 0, seconds=60)


def cpu(process: psutil.Process | None) -> float:
    """Return the CPU seconds of a process and all below it, those that are over included."""
    if process is None:
        return 0.0
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += sum(one.cpu_times()[:4])
        except psutil.NoSuchProcess:
            continue
    return total


def pss_mib(process: psutil.Process) -> float:
    """Return the memory of a tree: each page that several share is divided among them (PSS, proc(5))."""
    found = 0
    for one in [process, *process.children(recursive=True)]:
        for line in Path(f"/proc/{one.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                found += int(line.split()[1])
    return found / 1024


@contextmanager
def postgresql(place: Place) -> Iterator[psutil.Process]:
    """Have a server with an empty database; give its first process."""
    os.environ["TEST_DATABASE"] = "postgresql"
    import psycopg  # noqa: PLC0415

    from tests.kit import postgresql as servers  # noqa: PLC0415 - starts a server

    with servers.empty_database() as url:
        place.url = url
        with psycopg.connect(servers.url(), autocommit=True) as connection:
            for name in ("fsync", "synchronous_commit"):
                connection.execute(f"ALTER SYSTEM RESET {name}")
            connection.execute("SELECT pg_reload_conf()")
            [backend] = connection.execute("SELECT pg_backend_pid()").fetchone() or [0]
            first = psutil.Process(backend).parent()
        if first is None:
            raise SystemExit("the database has no first process")
        yield first


def fill(place: Place, people: int) -> None:
    """Make people who have an app; in a process of its own, as the portal is."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.people", str(people), "0"],
        env=serving.environment(place.data(0), **place.settings()),
        check=True,
        capture_output=True,
        text=True,
    )
    place.people = json.loads(done.stdout)


def hash_ms() -> float:
    """Return the CPU milliseconds of a bare hash, as many at once as sign-ins are."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        began = time.process_time()
        for done in [pool.submit(cpu_of_hash, HASHES // AT_ONCE) for _ in range(AT_ONCE)]:
            done.result()
        return (time.process_time() - began) / (HASHES // AT_ONCE * AT_ONCE) * 1000


def sign_in(node: serving.Server, person: dict[str, str]) -> Browser:
    browser, token = Browser(node.port), ""
    for phase in PHASES:
        token = take_phase(phase, browser, person, token)
    return browser


class Meter:
    """What each part has used since it was looked at last."""

    def __init__(self, nodes: list[serving.Server], database: psutil.Process | None) -> None:
        self._nodes, self._database = nodes, database
        self._last = self._now()

    def _now(self) -> dict[str, float]:
        return {
            "web": sum(cpu(node.part("serve")) for node in self._nodes),
            "worker": sum(cpu(node.part("work")) for node in self._nodes),
            "database": cpu(self._database),
        }

    def used(self, times: int) -> dict[str, float]:
        """Return the milliseconds a time."""
        before, self._last = self._last, self._now()
        return {name: (self._last[name] - before[name]) / times * 1000 for name in before}


def forget_codes(place: Place) -> None:
    """Forget which codes were used, so that the same half minute serves the next round."""
    if place.url:
        import psycopg  # noqa: PLC0415

        with psycopg.connect(place.url, autocommit=True) as connection:
            connection.execute("UPDATE credentials_factor SET last_step = 0")
        return
    from doorward.kernel.db.sqlite.driver import Database  # noqa: PLC0415

    with Database.connect(place.data(0) / "doorward.sqlite3", timeout=10) as database:
        database.execute("UPDATE credentials_factor SET last_step = 0")


def one_round(
    place: Place, nodes: list[serving.Server], database: psutil.Process | None
) -> dict[str, Any]:
    """Let everybody sign in, and look at pages; return what it took."""
    forget_codes(place)
    bare = [hash_ms()]
    wal, commits = place.written()
    meter, began = Meter(nodes, database), time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        turns = [
            pool.submit(sign_in, nodes[number % len(nodes)], person)
            for number, person in enumerate(place.people)
        ]
        browsers = [turn.result() for turn in turns]
    took = time.monotonic() - began
    place.wait_for_worker()
    spent = meter.used(len(browsers))
    bare.append(hash_ms())
    wal, commits = (
        (after - before) / len(browsers)
        for after, before in zip(place.written(), (wal, commits), strict=True)
    )
    meter = Meter(nodes, database)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda one: [one.ask("GET", "/") for _ in range(PAGES_EACH)], browsers))
    page = meter.used(len(browsers) * PAGES_EACH)
    return {
        "hash": statistics.mean(bare),
        "spent": spent,
        "page": page,
        "wal": wal,
        "commits": commits,
        "seconds": took / len(browsers),
    }


def measure(arguments: argparse.Namespace, number: int) -> dict[str, Any]:
    """Measure so many nodes."""
    with tempfile.TemporaryDirectory(prefix="doorward-bench-") as name, ExitStack() as stack:
        place = Place(Path(name))
        on_server = arguments.database == "postgresql"
        database = stack.enter_context(postgresql(place) if on_server else nullcontext(None))
        fill(place, arguments.people)
        nodes = []
        for node in range(number):
            given = place.settings()
            server = serving.start(place.data(node), port=None, host="127.0.0.1", **given)
            stack.callback(server.stop)
            nodes.append(server)
        whole, place.people = place.people, place.people[:8]
        one_round(place, nodes, database)  # warm
        place.people = whole
        rounds = [one_round(place, nodes, database) for _ in range(arguments.rounds)]
        memory = [pss_mib(node.main()) for node in nodes]
        return {"nodes": number, "rounds": rounds, "memory": memory} | rows(place)


def rows(place: Place) -> dict[str, Any]:
    """Return what stays in the database, in bytes, indexes included; of PostgreSQL alone."""
    if not place.url:
        return {}
    place.wait_for_worker()
    return {f"bytes_{what}": bytes_a_row(place, *one) for what, one in TABLES.items()}


def bytes_a_row(place: Place, table: str, new: dict[str, str]) -> float:
    """Return what one more row takes, indexes included, as the mean of many copies of those that are there."""
    listed = place.ask(
        "SELECT string_agg(quote_ident(column_name), ',' ORDER BY ordinal_position) "
        f"FROM information_schema.columns WHERE table_name = '{table}' AND NOT is_identity::boolean"
    ).split(",")
    values = ", ".join(new.get(name, name) for name in listed)
    before = place.ask(f"SELECT pg_total_relation_size('{table}')")
    number = place.ask(
        f"WITH made AS (INSERT INTO {table} ({', '.join(listed)}) SELECT {values} "
        f"FROM {table}, generate_series(1, {COPIES}) AS copy RETURNING 1) SELECT count(*) FROM made"
    )
    return float((place.ask(f"SELECT pg_total_relation_size('{table}')") - before) / number)


def report(found: dict[str, Any]) -> None:
    """Print the best round, and the median of all."""
    rounds = found["rounds"]
    best = max(rounds, key=share)
    spent = best["spent"]
    print(f"{found['nodes']} node(s), a bare hash {best['hash']:.2f} ms of CPU")
    parts = ", ".join(f"{name} {value:.2f}" for name, value in spent.items())
    print(f"  a sign-in: {parts} ms of CPU")
    print(
        f"  a page:    {', '.join(f'{name} {value:.2f}' for name, value in best['page'].items())} ms"
    )
    for what, of in (("web alone", share_of_web), ("everything", share)):
        print(
            f"  {what}: {max(map(of, rounds)):.3f} of the hash's limit, "
            f"median {statistics.median(map(of, rounds)):.3f} (goal {GOAL})"
        )
    cores = len(os.sched_getaffinity(0))
    print(
        f"  {cores * 1000 / sum(spent.values()):.0f} sign-ins a second on {cores} cores, "
        f"{cores * 1000 / best['hash']:.0f} hashes; {1 / best['seconds']:.0f} were seen, with the client beside it"
    )
    memory = ", ".join(f"{one:.0f}" for one in found["memory"])
    print(f"  memory of a node with two workers: {memory} MiB PSS (at most {GOAL_MIB})")


def share(one: dict[str, Any]) -> float:
    """Return how much of what a sign-in takes altogether is its hash."""
    return float(one["hash"] / sum(one["spent"].values()))


def share_of_web(one: dict[str, Any]) -> float:
    """Return how much of what it takes of the web server is its hash."""
    return float(one["hash"] / one["spent"]["web"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="postgresql")
    parser.add_argument("--nodes", nargs="*", type=int, default=[1, 2, 3])
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}, {AT_ONCE} sign-ins at once, {arguments.database}")
    found = [measure(arguments, number) for number in arguments.nodes]
    for one in found:
        report(one)
    print(f"load {os.getloadavg()[0]:.1f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
