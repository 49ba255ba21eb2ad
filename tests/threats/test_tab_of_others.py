"""A tab that is for some customers is nobody else's: no right to it shows it, gives it, or names it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from doorward.audit.actor import CONSOLE
from doorward.customers import cached, own_tabs
from doorward.customers.own_tabs import TabDetails
from doorward.kernel.errors import FieldsRefused
from tests.kit import browsers, people

pytestmark = pytest.mark.django_db

TITLE = "Secret project"
TAB = TabDetails(title=TITLE, url="https://project.example/", audience="customers")


@pytest.fixture
def tab(owner, outsider):
    """Be a tab of the outsider's company, that the owner has a right to as well, left from earlier."""
    made = own_tabs.add("project", replace(TAB, customers=outsider.customer.name), actor=CONSOLE)
    for person in (owner, outsider):
        type(person).objects.everywhere().filter(id=person.id).update(
            tabs=f" {' '.join(sorted(person.tab_keys | {'project'}))} "
        )
    cached.forget()
    return made


def page(person, path="/"):
    return browsers.browser_of(person).get(path).content.decode()


def test_a_right_to_it_gives_nothing_elsewhere(tab, owner, outsider):
    assert TITLE in page(outsider)
    for path in ("/", f"/administrators/{owner.id}/", "/administrators/add/", "/account/"):
        assert TITLE not in page(owner, path), path


def test_by_brand_alike(tab, owner, outsider):
    brand = str(owner.customer.brand_id)
    own_tabs.change(
        tab.id, replace(TAB, audience="brands", brands=frozenset({brand})), actor=CONSOLE
    )
    assert TITLE in page(owner)
    assert cached.not_for(tab.id, owner.customer_id) == {"project"}


def test_nobody_and_nonsense_are_refused():
    each: tuple[dict[str, Any], ...] = (
        {},
        {"customers": "Nobody Ltd"},
        {"audience": "all"},
        {"audience": "brands"},
    )
    for wrong in each:
        with pytest.raises(FieldsRefused):
            own_tabs.add("x", replace(TAB, **wrong), actor=CONSOLE)


def test_a_tab_is_moved_among_the_others():
    people.provider()
    made = [own_tabs.add(key, TabDetails(title=key, url="/help/"), actor=CONSOLE) for key in "abc"]
    own_tabs.move(made[2].id, "0", actor=CONSOLE)
    cached.forget()
    assert [link.key for link in cached.tab_links()] == ["c", "a", "b"]
