"""What reminding costs: memory, CPU and rounds of the worker, for so many people in one customer.

    python -m benchmarks.reminders [people] [--database sqlite]

Fills a database of its own as `sizes.py` does, requires two factors of everybody from a day that is to come, and goes
on as the worker does, minute by minute, until everybody was told. Then once more, with nobody left to tell.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from datetime import timedelta

from benchmarks.sizes import fill, installation
from doorward.cli.base import set_up_django

# ruff: noqa: PLC0415 - models are there once Django is set up
BOUND_MIB = 200


def measured(customer: str) -> int:
    """Print what a way through everybody costs, twice; return the most memory that the process held, in MiB."""
    from uuid import UUID

    from django.utils import timezone

    from doorward.audit.actor import CONSOLE
    from doorward.policy.fields import RequiredOf, Values
    from doorward.policy.versions import Wanted, policy_of_customer, save
    from doorward.rollout import reminders
    from doorward.rollout.models import ReminderSweep

    now = timezone.now()
    values = Values(required_of=RequiredOf.EVERYONE, from_day=(now + timedelta(days=30)).date())
    save(policy_of_customer(UUID(customer)), Wanted(values=values), actor=CONSOLE, now=now)
    for name in ("everybody new", "nobody new"):
        before, rounds, reminded, longest = time.process_time(), 0, 0, 0.0
        while True:
            began = time.process_time()
            done = reminders.remind_due(now=now + timedelta(minutes=rounds))
            longest = max(longest, time.process_time() - began)
            rounds, reminded = rounds + 1, reminded + done
            if not ReminderSweep.objects.filter(customer_id__isnull=False).exists():
                break
        spent = time.process_time() - before
        print(
            f"{name:14} {reminded:8,} reminded {rounds:4} rounds {spent:6.2f} s of CPU, {longest:.2f} s the longest"
        )
        now += timedelta(hours=2)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Fill, measure, and say whether it fits."""
    parser = argparse.ArgumentParser()
    parser.add_argument("people", nargs="?", type=int, default=100_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    asked = parser.parse_args()
    with installation(asked.database) as environment:
        who = fill("one", (asked.people, 10), environment)
        os.environ |= environment
        set_up_django()
        held = measured(who[0]["customer"])
        print(f"{held} MiB held at most")
        if held > BOUND_MIB:
            sys.exit(f"It holds more than {BOUND_MIB} MiB.")


if __name__ == "__main__":
    main()
