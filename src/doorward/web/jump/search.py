"""What a search finds: groups of places, each with a link, few enough to be read at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from doorward.customers import cached, staff_scope
from doorward.customers.tabs import ADMINISTRATORS, BRANDS, CUSTOMERS
from doorward.directory import people, search_and_sort
from doorward.gate.requirement import Need
from doorward.kernel.text import names
from doorward.web.jump.places import open_to
from doorward.web.kit.offered import may
from doorward.web.kit.tab_bar import tab_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from uuid import UUID

    from doorward.permissions.staff_scope import Scope
    from doorward.sessions.context import AuthContext

# Of each kind so many are shown; the list itself has all.
MOST: Final = 6
LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Found:
    """One place to go to. `external`: it is not a page of ours."""

    title: str
    url: str
    icon: str
    detail: str = ""
    external: bool = False
    new_window: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Places of one kind. `more`: where all of them are, when some are not shown."""

    title: str
    places: tuple[Found, ...]
    more: str = ""
    more_text: str = ""


def find(auth: AuthContext, text: str, *, now: datetime) -> tuple[Group, ...]:
    """Return what has every typed word in it and this person may see; nothing typed: all pages and what can be done."""
    text = " ".join(text.replace("\0", "").split())[:LONGEST]
    return tuple(group for group in _groups(auth, text, now=now) if group.places)


def _groups(auth: AuthContext, text: str, *, now: datetime) -> Iterator[Group]:
    if text and may(auth, Need.right(ADMINISTRATORS), now=now):
        yield _people(auth.person.customer_id, text)
    if text and may(auth, Need.right(CUSTOMERS), now=now):
        yield _customers(auth.person.scope, text)
    if text and may(auth, Need.right(BRANDS), now=now):
        yield _brands(auth.person.scope, text)
    places = open_to(auth, now=now)
    pages = [
        (Found(str(one.title), one.url, one.icon), str(one.words)) for one in places if not one.verb
    ]
    pages += [
        (
            Found(tab.title, tab.url, tab.icon, external=True, new_window=tab.new_window),
            "",
        )
        for tab in tab_items(auth.person, current=None)
        if tab.external
    ]
    yield Group(_("Pages"), _with_words(text, pages))
    deeds = [
        (Found(str(one.title), one.url, one.icon), str(one.words)) for one in places if one.verb
    ]
    yield Group(_("What you can do"), _with_words(text, deeds))


def _with_words(text: str, places: Iterable[tuple[Found, str]]) -> tuple[Found, ...]:
    """Return those that have each typed word, or the beginning of one, in their title or their other names."""
    wanted = names.fold(text).split()
    return tuple(
        place
        for place, words in places
        if all(
            any(one.startswith(word) for one in names.search_key(place.title, words).split())
            for word in wanted
        )
    )


def _people(customer_id: UUID, text: str) -> Group:
    rows = people.first_named(customer_id, text, most=MOST + 1)
    found = tuple(
        Found(row.name, reverse("administrator", args=(row.id,)), "user", detail=row.email)
        for row in rows[:MOST]
    )
    return Group(
        _("Administrators"),
        found,
        more=_more("administrators", text) if len(rows) > MOST else "",
        more_text=_("All administrators that match"),
    )


def _customers(scope: Scope, text: str) -> Group:
    called, order = search_and_sort.named(text), ("name_sort", "id")
    rows = staff_scope.customers(scope).filter(called).order_by()
    ids = list(rows.values_list("id", flat=True)[: people.FEW + 1])
    # Few are put in order by themselves; of many the first ones are found soon, in their order.
    if len(ids) <= people.FEW:
        first = staff_scope.customers(scope).filter(id__in=ids).order_by(*order)
    else:
        first = staff_scope.listed(scope, order, brand_ids=scope.ids, where=called)
    shown = list(first[: MOST + 1])
    found = tuple(
        Found(one.name, reverse("customer", args=(one.id,)), "store") for one in shown[:MOST]
    )
    return Group(
        _("Customers"),
        found,
        more=_more("customers", text) if len(shown) > MOST else "",
        more_text=_("All customers that match"),
    )


def _brands(scope: Scope, text: str) -> Group:
    brands = [
        (Found(brand.name, reverse("brand", args=(brand.id,)), "palette"), " ".join(brand.hosts))
        for brand in cached.all_brands()
        if scope.covers_brand(brand.id)
    ]
    return Group(_("Brands"), _with_words(text, brands)[:MOST])


def _more(route: str, text: str) -> str:
    return f"{reverse(route)}?{urlencode({'q': text})}"
