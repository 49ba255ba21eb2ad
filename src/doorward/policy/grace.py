"""From which day a policy asks somebody for two factors: the day it names, waves up to it, days for newcomers.

Grace is never given again: where a version asked somebody and their day came while it held, each other one that asks
them holds at once, the customer's as well as the provider's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Final

from doorward.policy.series import counting
from doorward.policy.waves import day_of_wave, least_share, wave_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from doorward.policy.series import Series, Version

LONGEST_EXCEPTION: Final = timedelta(days=30)
# No exception ends further ahead than this: a clock that was ahead when it was made makes none that lasts for years.
FURTHEST_END: Final = LONGEST_EXCEPTION + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Member:
    """What of a person decides whether and from when a policy asks them.

    `share`: 0 to 99, from a keyed hash of their id, so that it never changes and cannot be chosen. `was_due`: their
    day had come before their tabs were changed. `excepted_until`: when the exception that was made for them ends.
    """

    ticked: bool = False
    tabs: frozenset[str] = frozenset()
    share: int = 0
    joined_at: datetime | None = None
    was_due: bool = False
    excepted_until: datetime | None = None

    def is_excepted(self, now: datetime) -> bool:
        """Return whether their customer's policy does not ask them for now; over at the very moment of its end."""
        until = self.excepted_until
        return until is not None and now < until <= now + FURTHEST_END

    @property
    def wave(self) -> int:
        """The wave in which a new requirement reaches them, from 1."""
        return wave_of(self.tabs, self.share)


@dataclass(frozen=True, slots=True)
class Timing:
    """What of people can matter to the days of some series. Who differ in nothing but the rest are asked alike."""

    newcomers_since: datetime | None = None
    waves: bool = False

    @classmethod
    def of(cls, several: Iterable[Series]) -> Timing:
        """Return what matters to these."""
        versions = [one for series in several for one in series]
        since = [one.since for one in versions if one.values.newcomer_days]
        return cls(min(since, default=None), any(one.values.waves for one in versions))

    def joined(self, at: datetime | None) -> datetime | None:
        """Return when somebody joined, where it matters."""
        matters = at is not None and self.newcomers_since is not None and at > self.newcomers_since
        return at if matters else None

    def share(self, share: int) -> int:
        """Return the least share of the same wave, where waves matter."""
        return least_share(share) if self.waves else 0


def day_of(
    series: Series, member: Member, *, now: datetime, due_at: datetime | None = None
) -> datetime | None:
    """Return the moment from which two factors are required of somebody, gone or to come; None: they are not.

    `due_at`: when they were due by a version that has ended (`was_due_at`); one that asks them holds at once.
    """
    days = [
        _day(one, member, now=now, due_at=due_at)
        for one in counting(series, now=now)
        if one.asks(member.tabs)
    ]
    return min(days, default=None)


def _day(version: Version, member: Member, *, now: datetime, due_at: datetime | None) -> datetime:
    if member.was_due:
        return version.starts_at
    day = day_of_version(version, member, now=now)
    return day if due_at is None else min(day, max(version.starts_at, due_at))


def was_due_at(several: Iterable[Series], member: Member, *, now: datetime) -> datetime | None:
    """Return the first day of somebody that came while a version held which has ended, or will; None: there is none.

    Whosever version it was: what the provider gives up, the customer's own policy does not give time for again.
    """
    days = [
        day
        for one in chain(*several)
        if one.ended_at is not None
        and one.asks(member.tabs)
        and (day := day_of_version(one, member, now=now)) < one.ended_at
    ]
    return min(days, default=None)


def day_of_version(version: Version, member: Member, *, now: datetime) -> datetime:
    """Return the moment from which one version alone asks somebody; while their wave waits, as if it went on now."""
    values, begin = version.values, version.since
    day = day_of_wave(version, member.wave, now=now)
    if values.newcomer_days and member.joined_at is not None and member.joined_at > begin:
        day = max(day, member.joined_at + timedelta(days=values.newcomer_days))
    return day


def waits(several: Iterable[Series], member: Member, *, now: datetime) -> bool:
    """Return whether the wave of somebody waits now, so that their day moves on from day to day."""
    return any(
        pause.until is None and pause.wave <= member.wave
        for series in several
        for one in counting(series, now=now)
        if one.asks(member.tabs)
        for pause in one.pauses
    )
