"""Somebody of the demonstration's story, with the dates that matter to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from random import Random

    from doorward.accounts.models import Administrator
    from doorward.credentials.models import Factor

DAYS: Final = 42  # of history
BROWSERS: Final = """
Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36
Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130
Mozilla/5.0 (Macintosh; Intel Mac OS X 14_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15
Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0
Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0
""".strip().splitlines()
_LATECOMERS: Final = 0.15
_LATER_THAN_THAT: Final = 8


@dataclass(slots=True)
class Character:
    """When somebody came, from where they sign in, since when they have an app.

    Dates that do not apply to somebody's state are there and mean nothing. `is_new`: came within the history.
    """

    person: Administrator
    state: frozenset[str]
    address: str
    browser: str
    added_at: datetime
    enabled_at: datetime
    required_at: datetime
    suspended_at: datetime
    locked_at: datetime
    is_new: bool
    factor: Factor | None = None

    @property
    def has_been_here(self) -> bool:
        """Whether they ever signed in."""
        return not self.state & {"invited", "new"}

    def primary(self, characters: Sequence[Character]) -> Character:
        """Return the primary administrator of the same customer."""
        return next(
            other
            for other in characters
            if other.person.customer_id == self.person.customer_id and other.person.is_primary
        )


def draw(
    person: Administrator, state: frozenset[str], *, random: Random, now: datetime
) -> Character:
    """Draw somebody's dates, addresses (of the range for documentation) and browser."""
    is_new = bool(state & {"invited", "new"}) or (
        random.random() < _LATECOMERS and not state & {"primary", "suspended", "locked"}
    )
    span = (9, DAYS - _LATER_THAN_THAT) if is_new else (80, 900)
    days = random.randint(*((1, 4) if "invited" in state else span))
    since = min(random.randint(10, 200), max(1, days - 1))
    return Character(
        person=person,
        state=state,
        address=f"198.51.100.{random.randint(2, 250)}",
        browser=random.choice(BROWSERS),
        added_at=now - timedelta(days=days, minutes=random.randint(60, 500)),
        enabled_at=now - timedelta(days=since, minutes=random.randint(10, 50)),
        required_at=now - timedelta(days=random.randint(1, min(since, 20)), minutes=95),
        suspended_at=now - timedelta(days=random.randint(4, 25), minutes=31),
        locked_at=now - timedelta(days=2, minutes=17),
        is_new=is_new,
    )
