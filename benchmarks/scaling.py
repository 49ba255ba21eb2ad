"""What so many administrators take: nodes, database, mail, and what breaks first. `python -m benchmarks.scaling`.

Deterministic arithmetic over measured costs (`MEASURED`) and what is assumed of people and machines (`ASSUMED`), and a
Monday that is played second by second: sign-ins come by the curve of a day, with a burst at nine, and wait for
processors in one queue. The tables of docs/scaling.md are what this prints (`tests/whole/test_scaling.py`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

SIZES: Final = (10_000, 1_000_000, 100_000_000)
SECONDS_A_DAY: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Measured:
    """Costs that `benchmarks.throughput` measured on PostgreSQL, one node. CPU in ms."""

    web_sign_in: float
    web_page: float
    database_sign_in: float
    database_page: float
    worker_sign_in: float
    bytes_event: float
    bytes_session: float
    bytes_mail: float
    wal_sign_in: float
    commits_sign_in: float


@dataclass(frozen=True, slots=True)
class Assumed:
    """What nobody measured: how people behave, and what machines can do."""

    # Of all administrators, who signs in on a working day, and how often.
    active: float = 0.30
    sign_ins: float = 1.5
    # Beyond the five requests of a sign-in.
    pages: float = 12
    # Besides the sign-in itself: failures, changes, signing out.
    events: float = 2.0
    mails: float = 0.05
    # A Monday, beside the mean of working days; and what part of its sign-ins come from 9:00 to 9:15.
    monday: float = 1.3
    burst: float = 0.10
    working_days: int = 255
    history_days: int = 730
    session_days: int = 180
    mail_days: int = 30
    # A node, how busy it may be, and how long somebody may wait for a processor on that Monday.
    node_cores: int = 4
    busy: float = 0.70
    wait_seconds: float = 1.0
    # One PostgreSQL: processors, transactions that write, a table that can still be looked after.
    primary_cores: int = 32
    commits_a_second: float = 20_000
    table_bytes: float = 2e12
    # How long a mail server takes to accept one mail.
    mail_seconds: float = 0.05
    # What one worker seals in a minute: 100 batches of 200 events (audit/sealing.py).
    sealed_a_minute: int = 20_000


MEASURED: Final = Measured(
    web_sign_in=32.5,
    web_page=1.25,
    database_sign_in=7.5,
    database_page=0.42,
    worker_sign_in=8.3,
    bytes_event=1200,
    bytes_session=520,
    bytes_mail=260,
    wal_sign_in=8000,
    commits_sign_in=41,
)
ASSUMED: Final = Assumed()
# Parts of a day's sign-ins by the hour, without the burst at nine.
DAY: Final = (0, 0, 0, 0, 0, 1, 2, 6, 12, 14, 12, 10, 7, 9, 9, 8, 6, 4, 2, 2, 1, 1, 1, 0)


@dataclass(frozen=True, slots=True)
class Load:
    """What so many people make of a Monday."""

    people: int
    sign_ins: float
    peak: float
    nodes: int
    longest_wait: float


def curve(sign_ins: float, assumed: Assumed) -> list[float]:
    """Return how many sign-ins come in each second of a Monday."""
    spread = sign_ins * (1 - assumed.burst) / sum(DAY) / 3600
    seconds = [DAY[second // 3600] * spread for second in range(SECONDS_A_DAY)]
    for second in range(9 * 3600, 9 * 3600 + 900):
        seconds[second] += sign_ins * assumed.burst / 900
    return seconds


def wait(coming: list[float], cost: float, cores: float) -> float:
    """Return the longest wait in seconds, where a sign-in with its pages takes so many seconds of CPU."""
    queued = longest = 0.0
    for number in coming:
        queued = max(0.0, queued + number * cost - cores)
        longest = max(longest, queued / cores)
    return longest


def load(people: int, measured: Measured = MEASURED, assumed: Assumed = ASSUMED) -> Load:
    """Return what a Monday of so many people takes; never less than two nodes, as one may die."""
    sign_ins = people * assumed.active * assumed.sign_ins * assumed.monday
    coming = curve(sign_ins, assumed)
    cost = (measured.web_sign_in + assumed.pages * measured.web_page) / 1000
    per_node = assumed.node_cores * assumed.busy
    most = max(coming) * cost / per_node
    # A queue may take the edge off a burst: fewer nodes than its top would want, as long as nobody waits long.
    nodes = max(1, math.floor(most * 0.5))
    while wait(coming, cost, nodes * per_node) > assumed.wait_seconds:
        nodes += max(1, nodes // 200)
    longest = wait(coming, cost, nodes * per_node)
    return Load(people, sign_ins, max(coming), max(2, nodes + 1), longest)


def stored(
    people: int, measured: Measured = MEASURED, assumed: Assumed = ASSUMED
) -> dict[str, float]:
    """Return the bytes that stand in the database once it has been used as long as anything is kept."""
    a_day = people * assumed.active * assumed.sign_ins * assumed.working_days / 365
    return {
        "history": a_day * (1 + assumed.events) * measured.bytes_event * assumed.history_days,
        "sessions": a_day * measured.bytes_session * assumed.session_days,
        "mails": a_day * assumed.mails * measured.bytes_mail * assumed.mail_days,
    }


def rows(measured: Measured = MEASURED, assumed: Assumed = ASSUMED) -> list[list[str]]:
    """Return the table of what each size takes."""
    found = []
    for people in SIZES:
        one, kept = load(people, measured, assumed), stored(people, measured, assumed)
        database = (measured.database_sign_in + assumed.pages * measured.database_page) / 1000
        found.append(
            [
                f"{people:,}",
                f"{short(one.sign_ins)}",
                f"{one.peak:,.1f}",
                f"{one.nodes:,}",
                f"{one.peak * database / assumed.busy:,.1f}",
                f"{short(one.peak * measured.commits_sign_in)}",
                f"{short(one.sign_ins * measured.wal_sign_in)}B",
                f"{short(kept['history'])}B",
                f"{short(kept['sessions'])}B",
                f"{short(one.sign_ins * assumed.mails)}",
            ]
        )
    return found


def breaking(
    measured: Measured = MEASURED, assumed: Assumed = ASSUMED
) -> list[tuple[float, str, str]]:
    """Return at how many people each thing is at its end, what it is, and what then; the first first.

    All loads grow with the number of people, so that one size tells all.
    """
    people = 1_000_000
    one, kept = load(people, measured, assumed), stored(people, measured, assumed)
    database = (measured.database_sign_in + assumed.pages * measured.database_page) / 1000
    ends = [
        (
            assumed.primary_cores * assumed.busy / (one.peak * database),
            f"processors of one primary ({assumed.primary_cores})",
            "lists and exports on read replicas, then a shard for each provider or brand",
        ),
        (
            assumed.commits_a_second / (one.peak * measured.commits_sign_in),
            "transactions of one primary",
            "a shard for each provider or brand",
        ),
        (
            assumed.table_bytes / kept["history"],
            "history in one table",
            "history partitioned by month: what is no longer kept goes as a whole, indexes stay small",
        ),
        (
            assumed.sealed_a_minute / 60 / (one.peak * (1 + assumed.events)),
            "sealing by one worker, in the burst",
            "it catches up afterwards; from twice that on `/readyz` says `history` meanwhile: more batches a round",
        ),
        (
            1 / assumed.mail_seconds / (one.peak * assumed.mails),
            "mails of one worker, in the burst",
            "more workers: each takes mails by itself",
        ),
        (
            1000 / (one.peak * measured.worker_sign_in),
            "processor of one worker, in the burst",
            "more workers: each takes events by itself; a round seals for all",
        ),
    ]
    return sorted((factor * people, what, then) for factor, what, then in ends)


def short(number: float) -> str:
    """Return a number as people say it: 1.2 M."""
    for unit in ("", " k", " M", " G", " T"):
        if number < 1000:
            return f"{number:.0f}{unit}" if number >= 10 or not unit else f"{number:.1f}{unit}"
        number /= 1000
    return f"{number:,.1f} P"


def table(head: list[str], lines: list[list[str]]) -> str:
    """Return a table in Markdown."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *lines])


HEAD: Final = [
    *("administrators", "sign-ins on a Monday", "a second at 9:00", "nodes"),
    *("cores of the primary", "transactions a second", "WAL that day", "history", "sessions"),
    "mails",
]


def render() -> str:
    """Return both tables."""
    sizes = table(HEAD, rows())
    ends = table(
        ["at about", "is at its end", "then"],
        [[short(people), what, then] for people, what, then in breaking()],
    )
    return f"{sizes}\n\n{ends}\n"


if __name__ == "__main__":
    print(render(), end="")
