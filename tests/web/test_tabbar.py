"""Forty tabs and long names do not break the top bar."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from doorward.web.kit.tabbar import fit_tabs


@dataclass(frozen=True)
class One:
    title: str
    current: bool = False
    place: int = 0


TITLES = st.lists(st.text(max_size=40), max_size=40)


@given(titles=TITLES, current=st.integers(0, 60), brand=st.text(max_size=80))
def test_every_tab_is_somewhere_in_its_order_and_the_current_one_in_the_row(
    titles: list[str], current: int, brand: str
) -> None:
    tabs = [One(title, place == current, place) for place, title in enumerate(titles)]
    row = fit_tabs(tabs, brand_name=brand, person_name="Ines Moreau")
    shown, rest = (
        [tab.place for tab in part if isinstance(tab, One)] for part in (row.shown, row.rest)
    )
    assert sorted(shown + rest) == list(range(len(tabs)))
    assert (shown, rest) == (sorted(shown), sorted(rest))
    assert not any(tab.current for tab in row.rest)


def test_few_tabs_need_little_room() -> None:
    row = fit_tabs([One("Home"), One("Support")], brand_name="Northline", person_name="Ines Moreau")
    assert (len(row.shown), len(row.rest), row.needs) == (2, 0, "few")


def test_seven_tabs_stand_in_the_row() -> None:
    names = ("Home", "Phone system", "Reports", "Account", "Administrators", "Activity", "Support")
    row = fit_tabs([One(name) for name in names], brand_name="Northline", person_name="Ines Moreau")
    assert (len(row.shown), row.needs) == (7, "many")


def test_what_does_not_fit_waits_behind_more() -> None:
    row = fit_tabs(
        [One(f"Application {number}", number == 39) for number in range(40)],
        brand_name="Northline",
        person_name="Ines Moreau",
    )
    assert row.shown[-1].current
    assert len(row.rest) > 30
