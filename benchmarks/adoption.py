"""What adoption costs over 100,000 customers: each page of it, keeping it up to date, counting everything once more.

    python -m benchmarks.adoption [customers] [people] [--database sqlite postgresql] [--kept FOLDER]

Fills a database of its own as `sizes.py` does, counts all, and opens every page in this process as somebody of the
provider who is there for everybody, for a brand, or for 500 customers by name. A page's time is the median of what it
takes, without the server around it; it is held to a bound, and so is a round of the worker after ten customers changed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.sizes import END, MIDDLE, filled
from doorward.cli.base import set_up_django

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

# ruff: noqa: PLC0415 - models are there once Django is set up
BOUND_MS = 100
ROUNDS = 11
NAMED = 500
PATH = "/customers/adoption/"


def addresses() -> list[str]:
    """Return every view of the page: what is asked for, pages of the middle, there and back, and the last."""
    shows = ("", "app", "passkey", "one_device", "not_seen")
    pages = (f"after={MIDDLE}", f"before={MIDDLE}", f"before={END}")
    return [f"{PATH}?show={one}" for one in shows] + [
        f"{PATH}?show={one}&{page}" for one in ("bare", "not_seen") for page in pages
    ]


def median_ms(deed: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the median milliseconds that something takes, after a first time that is not counted."""
    deed()
    spent = []
    for _ in range(rounds):
        began = time.perf_counter()
        deed()
        spent.append((time.perf_counter() - began) * 1000)
    return statistics.median(spent)


def staff() -> Iterator[tuple[str, Client]]:
    """Return a browser of somebody of each scope, signed in with an app."""
    from django.conf import settings
    from django.utils import timezone

    from doorward.accounts.models import Administrator
    from doorward.customers.models import Brand, Customer
    from doorward.permissions.staff_scope import Reach, of
    from tests.kit import browsers

    named = Customer.objects.filter(kind="customer").values_list("id", flat=True)[:NAMED]
    scopes = {
        "everybody": of(Reach.ALL),
        "a brand": of(Reach.BRANDS, [Brand.objects.get(is_default=True).id]),
        "by name": of(Reach.CUSTOMERS, named),
    }
    zora = Administrator.objects.everywhere().get(email="zora@provider.example")
    for name, scope in scopes.items():
        Administrator.objects.everywhere().filter(id=zora.id).update(
            scope=scope.reach.value, scope_ids=scope.text, last_signed_in_at=timezone.now()
        )
        zora.refresh_from_db()
        browser = browsers.browser_of_with_factor(zora)
        browser.defaults["HTTP_HOST"] = settings.DOORWARD.origin.partition("://")[2]
        yield name, browser


def open_all() -> int:
    """Print what each page takes; return how many break the bound."""
    broken = 0
    for name, browser in staff():
        for path in addresses():
            answer = browser.get(path)
            if answer.status_code != 200:
                sys.exit(f"{path}: {answer.status_code} {answer.headers.get('Location', '')}")
            broken += says(f"{name:12} {path}", median_ms(lambda: browser.get(path)))  # noqa: B023
    return broken


def says(what: str, spent: float) -> bool:
    """Print what something took; return whether it breaks the bound."""
    broken = spent > BOUND_MS
    print(f"  {what:60} {spent:8.1f} ms  {'BROKEN' if broken else 'ok'}", flush=True)
    return broken


def keep_up() -> int:
    """Print what it takes to count everything, and ten customers of which one changed; return as `open_all`."""
    from django.utils import timezone

    from doorward.accounts.models import Administrator
    from doorward.customers.models import Customer
    from doorward.directory import adoption_sums

    began, longest = time.process_time(), 0.0
    number = adoption_sums.note_all(now=timezone.now())
    while True:
        round_began = time.process_time()
        folded = adoption_sums.fold(now=timezone.now())
        longest = max(longest, time.process_time() - round_began)
        if not folded:
            break
    spent = time.process_time() - began
    print(f"  {number:,} customers counted: {spent:.1f} s of CPU, {longest:.2f} s a round at most")
    ids = list(Customer.objects.filter(kind="customer").values_list("id", flat=True)[:10])
    people = Administrator.objects.of(ids[0]).filter(standing=0)

    def change() -> None:
        people.update(require_2fa=True)
        one = people.order_by("?").values_list("id", flat=True)[:1]
        Administrator.objects.of(ids[0]).filter(id__in=list(one)).update(standing=10)
        adoption_sums.note(ids)
        adoption_sums.fold(now=timezone.now())

    return says("a round of the worker after ten customers changed", median_ms(change, rounds=3))


def measured(environment: dict[str, str]) -> int:
    """Measure in this process, which is of one database alone; return how many bounds are broken."""
    os.environ |= environment
    set_up_django()
    return keep_up() + open_all()


def main() -> None:
    """Fill and measure, each database in a process of its own, and say whether all is kept."""
    parser = argparse.ArgumentParser()
    parser.add_argument("customers", nargs="?", type=int, default=100_000)
    parser.add_argument("people", nargs="?", type=int, default=3)
    parser.add_argument("--database", nargs="*", default=["sqlite", "postgresql"])
    parser.add_argument("--kept", type=Path, help="a folder in which what is filled stays")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        sys.exit(int(measured({}) > 0))
    broken = 0
    for database in asked.database:
        numbers = (asked.customers, asked.people)
        with filled(database, "many", numbers, asked.kept) as (environment, _who):
            print(
                f"{asked.customers:,} customers of {asked.people} people on {database}", flush=True
            )
            command = [sys.executable, "-m", "benchmarks.adoption", "--inside"]
            broken += subprocess.run(command, env=os.environ | environment, check=False).returncode
    sys.exit(int(broken > 0))


if __name__ == "__main__":
    main()
