"""What a session that is bound to its device adds to a page: `python -m benchmarks.devices`.

In one process, without a server, on a database of its own that is thrown away: *Home* in one session, bound and not in
turn; and a renewal with its challenge. CPU: of *Home* the least of many rounds, of what is added their median.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS, PAGES = 200, 10
COLUMNS: Final = ("device_key", "bound_at", "bound_hash", "bound_until")
UNBOUND: Final = dict(zip(COLUMNS, ("", None, None, None), strict=True))


def once(work: Callable[[], object]) -> float:
    """Return the CPU seconds that it takes once."""
    began = time.process_time()
    for _ in range(PAGES):
        work()
    return (time.process_time() - began) / PAGES


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DOORWARD_DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "doorward.settings.django"
        import django  # noqa: PLC0415

        django.setup()
        from doorward.cli.first_start import bring_up_to_date  # noqa: PLC0415
        from doorward.sessions.models import Session  # noqa: PLC0415
        from tests.kit import browsers, devices, people  # noqa: PLC0415

        bring_up_to_date()
        person = people.make_administrator(people.make_customer(), email="ines@bakery.example")
        browser, device = browsers.browser_signed_in_by_service(person), devices.Device()
        browser.get("/")
        session = devices.name(devices.bind(browser, device))
        browser.get("/")
        row = Session.objects.values(*COLUMNS).get(id=session)
        if row["bound_at"] is None or browser.get("/").status_code != 200:
            raise SystemExit("the session is not bound")

        def renew() -> Any:
            proof = device.sign(devices.challenged(browser, session))
            return devices.renew(browser, session, proof)

        rounds = []
        for _ in range(ROUNDS):
            Session.objects.filter(id=session).update(**UNBOUND)
            without = once(lambda: browser.get("/"))
            Session.objects.filter(id=session).update(**row)
            rounds.append((without, once(lambda: browser.get("/"))))
        without = min(one for one, _bound in rounds)
        more = statistics.median(bound - one for one, bound in rounds)
        renewal = once(renew)
    print(f"Home {without * 1e3:.3f} ms, bound {more * 1e6:+.0f} µs ({more / without:+.1%})")
    print(f"a renewal, every eight to ten minutes: {renewal * 1e3:.2f} ms, its proof included")


if __name__ == "__main__":
    main()
