"""The days of which an evidence pack is, in the time zone of whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from doorward.kernel.errors import FieldsRefused, Refusal
from doorward.operations.evidence.errors import (
    PeriodBackwards,
    PeriodInFuture,
    PeriodTooLong,
)
from doorward.policy.errors import DayInvalid

LONGEST_DAYS: Final = 400
_MONTHS: Final = 3


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of the first day to the end of the last one, by the clock of `zone`."""

    first: date
    last: date
    zone: str

    @property
    def since(self) -> datetime:
        """When it begins."""
        return _midnight(self.first, self.zone)

    @property
    def until(self) -> datetime:
        """When it is over: the first moment that is not in it."""
        return _midnight(self.last + timedelta(days=1), self.zone)

    def __str__(self) -> str:
        return f"{self.first.isoformat()} – {self.last.isoformat()}"


def read(first: str, last: str, *, zone: str, now: datetime) -> Period:
    """Return the period between two days as they were typed, both in it. Raises `FieldsRefused`."""
    refused = dict[str, Refusal]()
    begins, ends = _day(first), _day(last)
    if begins is None:
        refused["first_day"] = DayInvalid()
    if ends is None:
        refused["last_day"] = DayInvalid()
    if begins and ends and (refusal := _wrong(begins, ends, today=_today(zone, now))):
        refused[refusal.field] = refusal
    if begins is None or ends is None or refused:
        raise FieldsRefused(refused)
    return Period(begins, ends, zone)


def last_quarter(*, zone: str, now: datetime) -> Period:
    """Return the quarter before the one that runs."""
    today = _today(zone, now)
    first = date(today.year, today.month - (today.month - 1) % _MONTHS, 1)
    last = first - timedelta(days=1)
    return Period(date(last.year, last.month - _MONTHS + 1, 1), last, zone)


def _wrong(first: date, last: date, *, today: date) -> Refusal | None:
    if last < first:
        return PeriodBackwards()
    if last > today:
        return PeriodInFuture()
    if (last - first).days >= LONGEST_DAYS:
        return PeriodTooLong(days=LONGEST_DAYS)
    return None


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        return None
    # Before and after these a zone leads out of the calendar.
    return found if date.min.year < found.year < date.max.year else None


def _today(zone: str, now: datetime) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))
