"""Charts: bars and a line as SVG, each with its table; nothing is told by colour or by the drawing alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone, translation

from doorward.web.kit import jinja
from doorward.web.kit.charts import Bar, Bars, Line, Point
from doorward.web.kit.offered import shown_to
from tests.kit import passkeys

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator

ODD = '<b>"Müller & أحمد"'


def drawn(piece: str, chart: Bars | Line) -> str:
    with translation.override("en"):
        return str(getattr(jinja.page_template("charts.html").module, piece)(chart))


def bars(*several: Bar, whole: int = 0) -> Bars:
    return Bars(title="People", what="State", counted="People", bars=several, whole=whole)


def line(*values: int, whole: int = 0) -> Line:
    points = tuple(Point(label=f"day {n}", value=value) for n, value in enumerate(values))
    return Line(title="Covered", what="Day", counted="People", points=points, whole=whole)


@pytest.mark.parametrize(
    ("value", "whole", "width"),
    [(0, 10, "0"), (5, 10, "50"), (10, 10, "100"), (1, 100_000, "1"), (30, 10, "100"), (0, 0, "0")],
)
def test_a_bar_is_as_long_as_its_share_and_can_be_seen(value: int, whole: int, width: str) -> None:
    one = Bar(label="On", value=value)
    assert bars(one, whole=whole).width(one) == width


def test_without_a_whole_the_longest_bar_is_full() -> None:
    few, many = Bar(label="few", value=3), Bar(label="many", value=4)
    chart = bars(few, many)
    assert (chart.width(few), chart.width(many)) == ("75", "100")


def test_bars_say_everything_as_a_table_and_lead_to_what_they_count() -> None:
    page = drawn("bars", bars(Bar(label=ODD, value=1204, href="?a=1&b=2", tone="bad")))
    assert '<a href="?a=1&amp;b=2"><bdi>&lt;b&gt;' in page
    assert '<td class="num">1,204</td>' in page
    assert re.search(r'<td class="drawn" aria-hidden="true">\s*<svg class="bad"', page)


@pytest.mark.django_db
def test_a_number_leads_nowhere_where_whoever_looks_may_not_go(
    owner: Administrator, colleague: Administrator
) -> None:
    chart = bars(Bar(label="Off", value=3, href="/administrators/?factor=off"))
    for person, links in ((owner, 1), (colleague, 0)):
        with shown_to(passkeys.begin(person), now=timezone.now()):
            assert drawn("bars", chart).count("<a ") == links


@pytest.mark.parametrize(
    ("values", "whole", "path", "area"),
    [
        ((), 0, "", ""),
        ((5,), 10, "M50,50h0", ""),
        ((0, 5, 10), 0, "M0,100L50,50L100,0", "M0,100L50,50L100,0L100,100L0,100Z"),
        ((0, 0), 0, "M0,100L100,100", "M0,100L100,100L100,100L0,100Z"),
        ((20, 10), 10, "M0,0L100,50", "M0,0L100,50L100,100L0,100Z"),
    ],
)
def test_a_line_stays_in_its_box(values: tuple[int, ...], whole: int, path: str, area: str) -> None:
    chart = line(*values, whole=whole)
    assert (chart.path, chart.area) == (path, area)


def test_a_line_has_its_table_the_newest_first() -> None:
    page = drawn("line", line(1, 2, 3))
    assert re.findall(r'<th scope="row">(.+?)</th>', page) == ["day 2", "day 1", "day 0"]
    assert re.findall(r'<td class="num">\s*(\d)', page) == ["3", "2", "1"]
    assert 'class="over-time" aria-hidden="true"' in page


def test_a_line_without_points_draws_nothing() -> None:
    assert "<svg" not in drawn("line", line())
