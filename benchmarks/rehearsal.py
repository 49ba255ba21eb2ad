"""What a rehearsal costs: CPU of the process, and queries, for so many people in one customer.

    python -m benchmarks.rehearsal [people] [--database sqlite]

Fills a database of its own as `sizes.py` does, and rehearses what asks most of it: everybody at once, three waves with
days for newcomers, passkeys only, and a tick for a tenth of them. The bound is for 50,000 people.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from benchmarks.sizes import fill, installation
from doorward.cli.base import set_up_django

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from doorward.rollout.rehearsal import Plan

# ruff: noqa: PLC0415 - models are there once Django is set up
BOUND_SECONDS = 1.5
ROUNDS = 5


def plans(customer_id: UUID, *, now: datetime) -> Iterator[tuple[str, Plan]]:
    """Yield what is rehearsed."""
    from doorward.accounts.models import Administrator
    from doorward.policy.fields import Kinds, RequiredOf, Values
    from doorward.policy.versions import Wanted, policy_of_customer
    from doorward.rollout.rehearsal import Plan

    owner, everyone = policy_of_customer(customer_id), Values(required_of=RequiredOf.EVERYONE)
    day = (now + timedelta(days=30)).date()
    waves = replace(everyone, from_day=day, waves=True, newcomer_days=10)
    passkeys = replace(everyone, kinds=Kinds.PHISHING_RESISTANT)
    yield "everybody", Plan(owner=owner, wanted=Wanted(values=everyone))
    yield "waves, newcomers", Plan(owner=owner, wanted=Wanted(values=waves))
    yield "passkeys only", Plan(owner=owner, wanted=Wanted(values=passkeys))
    rows = Administrator.objects.of(customer_id).order_by("id").values_list("id", flat=True)
    ticked = frozenset(list(rows)[::10])
    yield "ticks for a tenth", Plan(owner=owner, people=ticked)


def measured(customer_id: UUID) -> bool:
    """Print what each costs; return whether all are within the bound."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from doorward.rollout.rehearsal import rehearse

    now, fits = timezone.now(), True
    for name, plan in plans(customer_id, now=now):
        spent = []
        for _round in range(ROUNDS):
            before = time.process_time()
            rehearse(plan, now=now)
            spent.append(time.process_time() - before)
        with CaptureQueriesContext(connection) as asked:
            found = rehearse(plan, now=now)
        fits = fits and min(spent) <= BOUND_SECONDS
        people = f"{len(found.people):,} people"
        print(f"{name:20} {people:>16} {min(spent):6.2f} s of CPU {len(asked):4} queries")
    return fits


def main() -> None:
    """Fill, measure, and say whether it fits."""
    parser = argparse.ArgumentParser()
    parser.add_argument("people", nargs="?", type=int, default=50_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    asked = parser.parse_args()
    from uuid import UUID

    with installation(asked.database) as environment:
        who = fill("one", (asked.people, 10), environment)
        os.environ |= environment
        set_up_django()
        if not measured(UUID(who[0]["customer"])):
            sys.exit(f"It takes more than {BOUND_SECONDS} s.")


if __name__ == "__main__":
    main()
