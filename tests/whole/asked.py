"""What two companies of one brand are asked, as `circle.py` knows it: by their own policy, and by the provider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.whole.involved import Member

DAY, WEEK, MONTH, HOUR = (timedelta(days=n) for n in (1, 7, 30, 1 / 24))
HELPERS, SUPPORT = ("colleague", "two", "provider"), ("always", "ask", "never")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody asked from a moment on. `wait`: in hours, 0: not at all. `support`: whether it may help."""

    at: datetime
    by: str = "colleague"
    wait: int = 0
    everyone: bool = False
    day: date | None = None
    passkeys: bool = False
    support: str = "ask"

    def has_come(self, now: datetime) -> bool:
        """Return whether everybody is certainly asked by now."""
        return self.day is None or datetime.combine(self.day, time(), UTC) <= now


class Asking:
    """The series: each company's own, the provider's for each company, and for the brand of both."""

    def __init__(self, homes: Iterable[str], now: datetime) -> None:
        homes, before = list(homes), now - MONTH
        self.own = {home: [Asked(at=before)] for home in homes}
        # What asks for nothing.
        nothing = Asked(at=before, wait=24, support="always")
        self.minimum = {home: [nothing] for home in homes}
        self.brand = [nothing]

    def of(self, whose: str, home: str) -> list[Asked]:
        """Return a series: `own`, `minimum` or `brand`."""
        return self.brand if whose == "brand" else getattr(self, whose)[home]

    def newest(self, home: str) -> tuple[Asked, Asked, Asked]:
        """Return what holds: the company's own, and both of the provider's."""
        return self.own[home][-1], self.minimum[home][-1], self.brand[-1]

    def helpers(self, home: str, since: datetime) -> set[str]:
        """Return all who were to help: the strictest of now, and of the company's own at any time since then."""
        now = max((one.by for one in self.newest(home)), key=HELPERS.index)
        return {now, *(one.by for one in self._held(home, since))}

    def shuts_support_out(self, home: str, since: datetime) -> bool:
        """Return whether the support may not help, or by the company's own word might not, at any time since then."""
        several = (*self.newest(home), *self._held(home, since))
        return any(one.support == "never" for one in several)

    def wait(self, home: str) -> int:
        """Return for how many hours somebody waits; 0: they may not."""
        hours = [one.wait for one in self.newest(home)]
        return max(hours) if all(hours) else 0

    def passkeys_alone(self, home: str) -> bool:
        """Return whether of whom two factors are required, they have to be passkeys."""
        return any(one.passkeys for one in self.newest(home))

    def is_due(self, person: Member, now: datetime) -> bool:
        """Return whether somebody is certainly asked for two factors: then it is so for as long as anybody asks.

        An exception is from the company's own policy alone, and gives no time again.
        """
        own, *minimums = self.newest(person.home)
        excepted = person.excepted_until is not None and now < person.excepted_until
        asks = [one for one in minimums if one.everyone]
        if excepted:
            return any(one.has_come(now) for one in asks)
        asks += [own] if own.everyone else []
        person.was_due = person.was_due or any(one.has_come(now) for one in asks)
        return person.was_due and bool(asks)

    def _held(self, home: str, since: datetime) -> list[Asked]:
        """Return the versions of a company's own that held at any time since then."""
        rows = self.own[home]
        ends = [one.at for one in rows[1:]]
        gone = [one for one, end in zip(rows, ends, strict=False) if end > since]
        return [*gone, rows[-1]]
