"""Nobody is shown a link or a button that is not for them: whatever a page offers, its gate and its service allow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from doorward.audit.actor import CONSOLE
from doorward.customers import own_tabs
from doorward.customers.tabs import BUILT_IN, OF_STAFF
from doorward.permissions.staff_scope import Reach, Scope
from doorward.web.kit.tab_bar import ADDRESSES
from tests.browser import world as browser_world
from tests.kit import browsers, codes, managing, people, rows, staff
from tests.kit.recovering import long_ago
from tests.threats.changes import TAB
from tests.whole.walking import Shown, Walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoDbBlocker

    from doorward.accounts.models import Administrator

pytestmark = pytest.mark.django_db
ALL = frozenset(BUILT_IN + OF_STAFF)
SINGLE_OF_STAFF = sorted(ALL)
SINGLE = sorted(BUILT_IN)


class World:
    """A portal with something on every page, and everybody who walks through it."""

    def __init__(self) -> None:
        self.customer = people.make_customer()
        boss, other = (
            self._known(
                people.make_administrator(self.customer, email=email, name=name, tabs=BUILT_IN)
            )
            for email, name in (
                ("boss@harbourbakery.example", "Bea Boss"),
                ("other@harbourbakery.example", "Olga Other"),
            )
        )
        own_tabs.add("pbx", own_tabs.TabDetails(**TAB), actor=CONSOLE)
        self.boss, self.paths = boss, browser_world.paths(self.customer, boss, other)
        narrow = Scope(Reach.CUSTOMERS, frozenset({self.customer.id}))
        brand = Scope(Reach.BRANDS, frozenset({self.customer.brand_id}))
        self.who = {
            "staff of all": self._staff("all", Scope.EVERYTHING),
            "staff of a brand": self._staff("brand", brand),
            "staff of a customer": self._staff("customer", narrow),
        }
        self.boss_of_staff = self._staff("boss", Scope.EVERYTHING)
        for tab in SINGLE_OF_STAFF:
            self.who[f"staff with {tab}"] = self._staff(tab, Scope.EVERYTHING, {tab})
        for tab in SINGLE:
            person = people.make_administrator(
                self.customer, email=f"{tab}@harbourbakery.example", name=f"{tab} Only", tabs={tab}
            )
            self.who[f"customer's with {tab}"] = self._known(person)

    def _staff(self, name: str, scope: Scope, tabs: Any = ALL) -> Administrator:
        return self._known(staff.member(f"only-{name}@provider.example", scope, tabs))

    def _known(self, person: Administrator) -> Administrator:
        codes.enable_app(person)
        long_ago(person)
        return people.again(person)


@pytest.fixture(scope="module", autouse=True)
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    del django_db_setup
    people.forget_caches()
    with rows.of_the_file(django_db_blocker, World) as made:
        yield made
    people.forget_caches()


@pytest.fixture(autouse=True)
def at_that_time(clock: Any) -> None:
    """Stand where the world was made."""


WHO = [
    *("staff of all", "staff of a brand", "staff of a customer"),
    *(f"staff with {tab}" for tab in SINGLE_OF_STAFF),
    *(f"customer's with {tab}" for tab in SINGLE),
]


@pytest.mark.parametrize("who", WHO)
def test_whatever_is_shown_is_allowed(world, who):
    # Whoever has one tab sees few pages, and each kind of them once is enough.
    each = 1 if " with " in who else 2
    walk = Walk(browsers.browser_of_with_factor(world.who[who]), each=each)
    walk.through([*ADDRESSES.values(), *world.paths.values()])
    assert walk.pages > 2
    assert not walk.refused, "\n".join(sorted(walk.refused))
    assert not walk.twice, "\n".join(sorted(walk.twice))
    assert not walk.mute, "\n".join(sorted(walk.mute))


def test_a_colleague_who_sees_more_customers_is_only_to_be_read(world):
    """Which rows somebody's scope reaches, the gate does not know: the page asks what the service asks."""
    page = f"/administrators/{world.who['staff of all'].id}/"
    narrow = browsers.browser_of_with_factor(world.who["staff of a brand"]).get(page)
    assert "looks after more customers than you do" in narrow.content.decode()
    assert Shown(page, narrow.content.decode()).forms_to("/administrators/") == []
    wide = browsers.browser_of_with_factor(world.boss_of_staff).get(page)
    assert Shown(page, wide.content.decode()).forms_to("/administrators/")


def test_who_may_only_look_is_told_so_by_the_page_and_not_by_a_refusal(world):
    client = managing.let_in(managing.make_manager("nel@provider.example"), world.boss)
    for path in ("/administrators/", world.paths["person_active"], "/account/"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        forms = Shown(path, answer.content.decode()).forms_to("/administrators/", "/account/")
        assert forms == [], path


@pytest.mark.parametrize("changes", [False, True], ids=["reading", "changing"])
def test_whatever_is_shown_while_managing_is_allowed(world, changes):
    client = managing.let_in(
        managing.make_manager("ned@provider.example"), world.boss, changes=changes
    )
    walk = Walk(client).through([*ADDRESSES.values(), *world.paths.values()])
    assert walk.pages > 2
    assert not walk.refused, "\n".join(sorted(walk.refused))
