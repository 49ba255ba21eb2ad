"""The order of the provider's own tabs: whoever moves one, and whoever else does at the same moment, none is lost."""

from __future__ import annotations

import pytest

from doorward.audit.actor import CONSOLE
from doorward.audit.models import Event
from doorward.customers import cached, own_tabs, tab_order
from doorward.customers.errors import TabsChanged
from doorward.customers.models import Tab
from doorward.customers.own_tabs import TabDetails
from doorward.customers.tabs import in_order
from doorward.kernel.errors import NotFound
from tests.kit import people
from tests.kit.racing import at_once


def made(keys: str) -> dict[str, Tab]:
    people.provider()
    details = {key: TabDetails(title=key, url="/help/") for key in keys}
    return {key: own_tabs.add(key, one, actor=CONSOLE) for key, one in details.items()}


def order() -> str:
    return "".join(tab.key for tab in in_order(Tab.objects.all()))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("moved", "before", "after"),
    [
        ("c", "a", "cabd"),
        ("a", "d", "bcad"),
        ("a", "", "bcda"),
        ("d", "", "abcd"),
        ("b", "c", "abcd"),
        ("b", "b", "abcd"),
    ],
)
def test_it_stands_before_the_other(moved: str, before: str, after: str) -> None:
    tabs = made("abcd")
    tab_order.move(tabs[moved].id, str(tabs[before].id) if before else "", actor=CONSOLE)
    assert order() == after
    cached.forget()
    assert "".join(link.key for link in cached.tab_links()) == after
    events = Event.objects.filter(type="tab_changed")
    assert events.count() == (after != "abcd")


@pytest.mark.django_db
def test_beside_what_is_gone_nothing_is_moved() -> None:
    tabs = made("abc")
    for wrong in (people.make_customer().id, "x", "0", " "):
        with pytest.raises(TabsChanged):
            tab_order.move(tabs["a"].id, str(wrong), actor=CONSOLE)
    with pytest.raises(NotFound):
        tab_order.move(people.make_customer("Mill").id, "", actor=CONSOLE)
    assert order() == "abc"


@pytest.mark.django_db
def test_who_saves_another_field_moves_nothing() -> None:
    tabs = made("abc")
    tab_order.move(tabs["a"].id, "", actor=CONSOLE)
    own_tabs.change(tabs["a"].id, TabDetails(title="First", url="/help/"), actor=CONSOLE)
    assert order() == "bca"


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_each_is_where_it_was_put() -> None:
    tabs = made("abcdef")
    calls = [
        lambda moved=moved, before=before: tab_order.move(
            tabs[moved].id, str(tabs[before].id), actor=CONSOLE
        )
        for moved, before in (("f", "a"), ("e", "b"), ("d", "c"))
    ]
    assert at_once(calls) == [None, None, None]
    # Whoever was first: each stands right before the one that it was put before.
    assert order() == "faebdc"
    assert sorted(Tab.objects.values_list("position", flat=True)) == [1, 2, 3, 4, 5, 6]
