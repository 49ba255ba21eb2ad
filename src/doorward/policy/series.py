"""A policy as a series of versions: which one holds, whom it asks for two factors, and how it is written down.

From which day each person is asked: `grace.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from doorward.policy.fields import DEFAULTS, RequiredOf, Values, read, stored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_ASKING: Final = ("required_of", "tabs", "from_day", "newcomer_days", "waves")


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which the wave of this number, and those after it, did not come nearer; no `until`: it goes on."""

    wave: int
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version. `since`: from when what it asks was asked, by itself or by those right before it.

    `ended_at`: when the next one took its place, or will; None: none will. `begun`: it took effect, and holds even
    where a clock is set back.
    """

    number: int
    values: Values
    starts_at: datetime
    since: datetime
    ended_at: datetime | None = None
    begun: bool = False
    pauses: tuple[Pause, ...] = ()

    def has_come(self, now: datetime) -> bool:
        """Return whether its time has come."""
        return self.begun or self.starts_at <= now

    def asks(self, tabs: frozenset[str]) -> bool:
        """Return whether it asks somebody with these tabs for two factors."""
        match self.values.required_of:
            case RequiredOf.EVERYONE:
                return True
            case RequiredOf.TABS:
                return bool(self.values.tabs & tabs)
            case _:
                return False


Series = tuple[Version, ...]
_NO_PAUSES: Final[Mapping[datetime, tuple[Pause, ...]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Scope:
    """Of whom two factors are required besides those who are ticked: everybody, or who may use one of these tabs."""

    everyone: bool = False
    tabs: frozenset[str] = frozenset()

    def covers(self, tabs: frozenset[str]) -> bool:
        """Return whether somebody with these tabs is among them."""
        return self.everyone or bool(self.tabs & tabs)

    def __or__(self, other: Scope) -> Scope:
        """Return both together."""
        return Scope(self.everyone or other.everyone, self.tabs | other.tabs)


def in_force(series: Series, *, now: datetime) -> Version | None:
    """Return the newest version whose time has come; None: none has."""
    return next((one for one in reversed(series) if one.has_come(now)), None)


def wave_waits(series: Series, *, now: datetime) -> bool:
    """Return whether the next wave of the version that holds waits, until somebody goes on."""
    holding = in_force(series, now=now)
    return holding is not None and any(one.until is None for one in holding.pauses)


def current(series: Series, *, now: datetime, default: Values = DEFAULTS) -> Values:
    """Return the values that hold now."""
    version = in_force(series, now=now)
    return default if version is None else version.values


def planned(series: Series, *, now: datetime) -> Series:
    """Return the versions whose time is still to come, the next one first."""
    return tuple(one for one in series if not one.has_come(now))


def scope(series: Series, *, now: datetime) -> Scope:
    """Return of whom the version that holds, or one that is planned, requires two factors."""
    found = Scope()
    for one in counting(series, now=now):
        values = one.values
        everyone = values.required_of is RequiredOf.EVERYONE
        tabs = values.tabs if values.required_of is RequiredOf.TABS else frozenset[str]()
        found |= Scope(everyone, tabs)
    return found


def counting(series: Series, *, now: datetime) -> Iterator[Version]:
    """Yield the version that holds and those to come: whoever is ready is held from the moment it is saved."""
    holding = in_force(series, now=now)
    return (one for one in series if one is holding or not one.has_come(now))


def arrange(
    versions: Iterable[tuple[int, datetime, Values]],
    *,
    begun: frozenset[int] = frozenset(),
    pauses: Mapping[datetime, tuple[Pause, ...]] = _NO_PAUSES,
) -> Series:
    """Put versions (number, when it starts, values) in order, with what follows from it for each.

    `begun`: the numbers of those that took effect. `pauses`: by the `since` of the versions whose waves waited.
    """
    found: list[Version] = []
    for number, starts_at, values in sorted(versions, key=lambda one: (one[1], one[0])):
        before = found[-1] if found else None
        goes_on = before is not None and _same(before.values, values)
        since = before.since if before is not None and goes_on else starts_at
        if before is not None:
            found[-1] = replace(before, ended_at=starts_at)
        found.append(
            Version(
                number=number,
                values=values,
                starts_at=starts_at,
                since=since,
                begun=number in begun,
                pauses=pauses.get(since, ()),
            )
        )
    return tuple(found)


def _same(one: Values, other: Values) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in _ASKING)


def dump(series: Series, *, now: datetime) -> str:
    """Return the text that stands with the customer or brand: what still matters of the series; '' for nothing."""
    holding = in_force(series, now=now)
    kept = [
        one
        for one in series
        if one is holding or not one.has_come(now) or one.values.required_of in _REMEMBERED
    ]
    return json.dumps([_line(one) for one in kept]) if kept else ""


_REMEMBERED: Final = (RequiredOf.TABS, RequiredOf.EVERYONE)


def _line(version: Version) -> dict[str, Any]:
    line: dict[str, Any] = {"n": version.number, "start": version.starts_at.isoformat()}
    if version.since != version.starts_at:
        line["since"] = version.since.isoformat()
    if version.ended_at is not None:
        line["end"] = version.ended_at.isoformat()
    if version.begun:
        line["begun"] = True
    if version.pauses:
        line["pauses"] = [
            [one.wave, one.since.isoformat(), one.until and one.until.isoformat()]
            for one in version.pauses
        ]
    return line | {"values": stored(version.values)}


@lru_cache(maxsize=4096)
def load(text: str) -> Series:
    """Return the series that `dump` wrote."""
    return tuple(map(_version, json.loads(text))) if text else ()


def _version(line: dict[str, Any]) -> Version:
    start = datetime.fromisoformat(line["start"])
    return Version(
        number=line["n"],
        values=read(line["values"]),
        starts_at=start,
        since=datetime.fromisoformat(line["since"]) if "since" in line else start,
        ended_at=datetime.fromisoformat(line["end"]) if "end" in line else None,
        begun=line.get("begun", False),
        pauses=tuple(
            Pause(wave, datetime.fromisoformat(since), until and datetime.fromisoformat(until))
            for wave, since, until in line.get("pauses", ())
        ),
    )
