"""What counting a request costs, beside the page that is counted: `python -m benchmarks.counting`.

In one process, without a server: *Home* of somebody who is signed in, and the counting alone, on a database of its own
that is thrown away. CPU, the least of five rounds.
"""

from __future__ import annotations

import os
import tempfile
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS, PAGES, COUNTS = 5, 200, 100_000


def least(work: Callable[[], object], times: int) -> float:
    """Return the CPU seconds that it takes once, in the best round."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - began) / times)
    return min(rounds)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DOORWARD_DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "doorward.settings.django"
        import django  # noqa: PLC0415

        django.setup()
        from doorward.cli.first_start import bring_up_to_date  # noqa: PLC0415
        from doorward.kernel.metrics import counting  # noqa: PLC0415
        from tests.kit import browsers, people  # noqa: PLC0415

        bring_up_to_date()
        person = people.make_administrator(people.make_customer(), email="ines@bakery.example")
        client = browsers.browser_signed_in_by_service(person)
        if client.get("/").status_code != 200:
            raise SystemExit("Home did not answer")
        page = least(lambda: client.get("/"), PAGES)
        counts = counting.counts()
        counted = least(lambda: counts.count_request("home", "answered", 0.003), COUNTS)
    print(f"counting {counted * 1e6:.2f} µs, Home {page * 1e3:.2f} ms: {counted / page:.2%} of it")


if __name__ == "__main__":
    main()
