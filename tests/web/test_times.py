"""Times as people read them, in two languages and two zones."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from doorward.kernel.text import days
from doorward.web.kit import times

NOW = datetime(2026, 11, 24, 9, 0, 10, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("clock")


def _text(markup: str) -> str:
    return re.sub(r"<[^>]+>", "", markup)


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=20), "now"),
        (timedelta(seconds=-20), "now"),
        (timedelta(minutes=5), "5 minutes ago"),
        (timedelta(hours=2), "2 hours ago"),
        (timedelta(hours=10), "yesterday, 23:00"),
        (timedelta(days=1), "yesterday, 09:00"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(days=12), "12 Nov"),
        (timedelta(days=400), "20 Oct 2025"),
        (timedelta(minutes=-10), "in 10 minutes"),
        (timedelta(days=-1), "tomorrow, 09:00"),
        (timedelta(days=-6), "in 6 days"),
        (timedelta(days=-90), "22 Feb 2027"),
    ],
)
def test_the_distance_is_told_in_words(ago: timedelta, text: str) -> None:
    assert _text(times.when(NOW - ago)) == text


def test_the_exact_time_stands_in_the_markup_and_on_hover() -> None:
    assert times.when(NOW - timedelta(hours=2)) == (
        '<time datetime="2026-11-24T07:00:10+00:00" title="24 November 2026, 07:00 UTC">2 hours ago</time>'
    )


def test_language_and_zone_are_the_persons() -> None:
    with translation.override("de"), timezone.override(ZoneInfo("Europe/Berlin")):
        told = times.when(NOW - timedelta(hours=2))
    assert told == (
        '<time datetime="2026-11-24T07:00:10+00:00" title="24. November 2026, 08:00 CET">vor 2 Stunden</time>'
    )


def test_a_day_ends_where_the_person_is() -> None:
    late = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
    with timezone.override(
        ZoneInfo("Asia/Tokyo")
    ):  # 23:30 there, and now it is 18:00 of the next day
        assert _text(times.when(late)) == "yesterday, 23:30"
        assert _text(times.clock(late)) == "23:30"
    with timezone.override(ZoneInfo("Pacific/Auckland")):  # 03:30 of the same day
        assert _text(times.when(late)) == "19 hours ago"


def test_histories_show_the_time_itself() -> None:
    assert _text(times.exact(NOW)) == "24 Nov 2026, 09:00"
    with translation.override("de"):
        assert _text(times.exact(NOW)) == "24. Nov. 2026, 09:00"


def test_days_stand_alone() -> None:
    assert times.day(date(2021, 3, 1)) == '<time datetime="2021-03-01">1 Mar 2021</time>'
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        assert _text(times.day(datetime(2026, 11, 23, 20, 0, tzinfo=UTC))) == "24 Nov 2026"


def test_never_has_no_time() -> None:
    assert times.when(None) == times.exact(None) == times.day(None) == "–"
    assert times.when(None, never="<never>") == "&lt;never&gt;"


@pytest.mark.parametrize(
    ("seconds", "left"), [(0, "0:00"), (27, "0:27"), (125, "2:05"), (3600, "1:00:00")]
)
def test_a_wait_is_a_clock(seconds: int, left: str) -> None:
    assert times.time_left(seconds) == left


def test_numbers_have_the_languages_separators() -> None:
    assert times.number(12345) == "12,345"
    with translation.override("de"):
        assert times.number(12345) == "12.345"


def test_a_language_that_nobody_knows_reads_as_english() -> None:
    assert days.locale_of("xx-pseudo") == days.locale_of("en")
