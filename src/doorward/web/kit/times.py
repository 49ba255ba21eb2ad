"""Times as people read them: in their language and time zone, short in the line, exact for who looks closer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.numbers import format_decimal
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from markupsafe import Markup, escape

from doorward.kernel.text.days import locale_of

if TYPE_CHECKING:
    from datetime import tzinfo

    from babel import Locale

_MINUTE: Final = 60
_HOUR: Final = 3600
_NEAR_HOURS: Final = 6  # within these a day's end does not matter
_NEAR_DAYS: Final = 7


def when(moment: datetime | None, *, never: str = "–") -> Markup:
    """Return `<time>` with the time from now in words and the exact one in `title`; `never` where there is none."""
    if moment is None:
        return escape(never)
    zone, locale = timezone.get_current_timezone(), _locale()
    text = tell_distance(moment, now=timezone.now(), zone=zone, locale=locale)
    opening = _opening(moment.astimezone(UTC), zone, locale)
    return Markup(f"{opening}{escape(text)}</time>")  # noqa: S704 - escaped here


def exact(moment: datetime | None, *, never: str = "–") -> Markup:
    """Return `<time>` with day, month, year and time, as histories want it; the seconds stand in the markup."""
    if moment is None:
        return escape(never)
    local, locale = moment.astimezone(timezone.get_current_timezone()), _locale()
    text = f"{_day(local.date(), 'yMMMd', locale)}, {_clock(local.hour, local.minute, locale)}"
    return _time(moment, text=text, title=_exact(local, locale))


def day(moment: datetime | date | None, *, never: str = "–") -> Markup:
    """Return `<time>` with day, month and year."""
    if moment is None:
        return escape(never)
    local = (
        moment.astimezone(timezone.get_current_timezone()).date()
        if isinstance(moment, datetime)
        else moment
    )
    text = _day(local, "yMMMd", _locale())
    return Markup(f'<time datetime="{local.isoformat()}">{escape(text)}</time>')  # noqa: S704 - escaped here


def clock(moment: datetime) -> Markup:
    """Return `<time>` with hour and minute, for lists that stand under a day."""
    local, locale = moment.astimezone(timezone.get_current_timezone()), _locale()
    return _time(moment, text=_clock(local.hour, local.minute, locale), title=_exact(local, locale))


def number(value: float) -> str:
    """Return a number with the language's separators."""
    return _number(value, _locale())


@lru_cache(maxsize=1024)
def _number(value: float, locale: Locale) -> str:
    return format_decimal(value, locale=locale)


def time_left(seconds: int) -> str:
    """Return a wait as a clock that runs down: 0:27, 2:05, 1:00:00."""
    minutes, rest = divmod(seconds, _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def tell_distance(moment: datetime, *, now: datetime, zone: tzinfo, locale: Locale) -> str:
    """Say how far a moment is from now: 'now', '5 minutes ago', 'yesterday, 17:42', 'in 3 days', '12 Nov 2024'."""
    away = round((moment - now).total_seconds())
    seconds = abs(away)
    if seconds < _MINUTE:
        return pgettext("time", "now")
    if seconds < _NEAR_HOURS * _HOUR:
        return _distance(away, locale)
    local, today = moment.astimezone(zone), now.astimezone(zone)
    days = (local.date() - today.date()).days
    if days == 0:
        return _distance(away, locale)
    if abs(days) == 1:
        at = _clock(local.hour, local.minute, locale)
        return (
            _("yesterday, %(time)s") % {"time": at}
            if days < 0
            else _("tomorrow, %(time)s") % {"time": at}
        )
    if abs(days) <= _NEAR_DAYS:
        return _distance(days * 24 * _HOUR, locale)
    return _day(local.date(), "MMMd" if local.year == today.year else "yMMMd", locale)


def _time(moment: datetime, *, text: str, title: str) -> Markup:
    # Markup.format takes five times as long.
    return Markup(f"{_tag(moment, title=title)}{escape(text)}</time>")  # noqa: S704 - escaped here


def _tag(moment: datetime, *, title: str) -> str:
    stamp = moment.astimezone(UTC).isoformat(timespec="seconds")
    return f'<time datetime="{stamp}" title="{escape(title)}">'


@lru_cache(maxsize=4096)
def _opening(moment: datetime, zone: tzinfo, locale: Locale) -> str:
    return _tag(moment, title=_exact(moment.astimezone(zone), locale))


def _exact(local: datetime, locale: Locale) -> str:
    at = _clock(local.hour, local.minute, locale)
    return f"{_day(local.date(), 'long', locale)}, {at} {local.tzname() or ''}".rstrip()


def _locale() -> Locale:
    return locale_of(get_language() or "en")


# Formatting costs some 10 microseconds a time, and a page of history has a hundred: days and clocks come again.
@lru_cache(maxsize=4096)
def _day(local: date, form: str, locale: Locale) -> str:
    if form == "long":
        return format_date(local, "long", locale=locale)
    return format_skeleton(
        form, datetime(local.year, local.month, local.day, tzinfo=UTC), locale=locale
    )


@lru_cache(maxsize=4096)
def _clock(hour: int, minute: int, locale: Locale) -> str:
    return format_time(datetime(2000, 1, 1, hour, minute, tzinfo=UTC), "short", locale=locale)


@lru_cache(maxsize=4096)
def _distance(seconds: int, locale: Locale) -> str:
    rounded = seconds - seconds % _MINUTE if abs(seconds) < _HOUR else seconds
    return format_timedelta(
        timedelta(seconds=rounded), add_direction=True, threshold=1, locale=locale
    )
