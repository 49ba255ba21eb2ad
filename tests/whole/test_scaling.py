"""docs/scaling.md has the tables that the simulation prints, and the simulation does what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import scaling

PAGE = Path(__file__).parent.parent.parent / "docs" / "scaling.md"


def test_the_tables_are_those_of_the_simulation():
    sizes, ends = scaling.render().rstrip("\n").split("\n\n")
    page = PAGE.read_text()
    assert sizes in page
    assert ends in page


def test_all_sign_ins_of_the_day_come_and_a_tenth_of_them_at_nine():
    coming = scaling.curve(10_000, scaling.ASSUMED)
    assert sum(coming) == pytest.approx(10_000)
    at_nine = coming[9 * 3600 : 9 * 3600 + 900]
    assert sum(at_nine) > 1000
    assert max(coming) == coming[9 * 3600]
    assert coming[0] == 0


def test_who_comes_faster_than_processors_go_waits_for_what_is_before_them():
    assert scaling.wait([10, 10, 0], 0.1, 1) == 0
    # Two seconds of work in one second, on one core: the last of them waits a second.
    assert scaling.wait([20, 0, 0], 0.1, 1) == 1
    assert scaling.wait([20, 20, 20], 0.1, 1) == 3


@pytest.mark.parametrize("people", scaling.SIZES)
def test_nobody_waits_longer_than_said_and_one_node_may_die(people):
    found = scaling.load(people)
    assert found.longest_wait <= scaling.ASSUMED.wait_seconds
    assert found.nodes >= 2
    cost = (scaling.MEASURED.web_sign_in + scaling.ASSUMED.pages * scaling.MEASURED.web_page) / 1000
    cores = (found.nodes - 1) * scaling.ASSUMED.node_cores * scaling.ASSUMED.busy
    coming = scaling.curve(found.sign_ins, scaling.ASSUMED)
    assert scaling.wait(coming, cost, cores) <= scaling.ASSUMED.wait_seconds


def test_dearer_sign_ins_take_more_and_break_sooner():
    dear = replace(scaling.MEASURED, web_sign_in=100, database_sign_in=50, bytes_event=5000)
    assert scaling.load(10**8, dear).nodes > scaling.load(10**8).nodes
    assert scaling.stored(10**6, dear)["history"] > scaling.stored(10**6)["history"]
    assert (
        dict(map(reversed_, scaling.breaking(dear)))["history in one table"]
        < (dict(map(reversed_, scaling.breaking()))["history in one table"])
    )


def reversed_(end: tuple[float, str, str]) -> tuple[str, float]:
    return end[1], end[0]


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0"), (292, "292"), (1_700, "1.7 k"), (29_250, "29 k"), (5.7e12, "5.7 T")],
)
def test_numbers_are_short(number, said):
    assert scaling.short(number) == said
