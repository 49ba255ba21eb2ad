"""The tabs as a person sees them: what they have a right to, in order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from django.utils.translation import get_language

from doorward.customers import tabs
from doorward.customers.cached import tab_links
from doorward.customers.tab_titles import TITLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from doorward.customers.brand_look import TabLink
    from doorward.sessions.context import Person

ADDRESSES = {key: "/" if key == tabs.HOME else f"/{key}/" for key in TITLES}


@dataclass(frozen=True, slots=True)
class TabItem:
    """One tab in the top bar."""

    key: str
    title: str
    url: str
    external: bool = False
    current: bool = False
    new_window: bool = False
    icon: str = ""


def tab_items(person: Person, *, current: str | None) -> tuple[TabItem, ...]:
    """Return the tabs of a person: Home, the provider's own, then the rest."""
    mine = tuple(link for link in tab_links() if link.key in person.tab_keys)
    return _items(get_language(), tuple(keys_for(person)), mine, current)


@lru_cache(maxsize=512)
def _items(
    _language: str | None, keys: tuple[str, ...], mine: tuple[TabLink, ...], current: str | None
) -> tuple[TabItem, ...]:
    own = [_own(link) for link in mine]
    built_in = [_built_in(key, current=current) for key in keys]
    first = [tab for tab in built_in if tab.key == tabs.HOME]
    return (*first, *own, *(tab for tab in built_in if tab.key != tabs.HOME))


def keys_for(person: Person) -> Iterable[str]:
    """Return the keys of the built-in tabs that a person has a right to, in order."""
    keys = tabs.BUILT_IN + tabs.STAFF if person.is_staff else tabs.BUILT_IN
    return [key for key in keys if key in person.tab_keys]


def tabs_in_order(*, is_staff: bool, without: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return the keys of all tabs that this customer's people can have, as the top bar orders them.

    `without`: those of the provider's own that are not for this customer, who is not told of them.
    """
    built_in = tabs.BUILT_IN + tabs.OF_STAFF if is_staff else tabs.BUILT_IN
    own = (link.key for link in tab_links() if link.key not in without)
    return (built_in[0], *own, *built_in[1:])


def _own(link: TabLink) -> TabItem:
    return TabItem(
        key=link.key,
        title=link.title,
        url=link.url,
        external=True,
        new_window=link.new_window,
        icon=link.icon,
    )


def _built_in(key: str, *, current: str | None) -> TabItem:
    return TabItem(key=key, title=str(TITLES[key]), url=ADDRESSES[key], current=key == current)
