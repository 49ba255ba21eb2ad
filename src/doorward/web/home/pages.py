"""What Home shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from doorward.credentials.recovery_codes.rules import few_left
from doorward.customers import tabs
from doorward.customers.cached import tab_links
from doorward.customers.tab_titles import TITLES
from doorward.operations.waiting_for_staff import NOTHING
from doorward.web.home.weak import WeakLine, staff_lines, waiting_lines, weak_lines
from doorward.web.kit.tab_bar import ADDRESSES, keys_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from doorward.customers.brand_look import TabLink
    from doorward.directory.counts import Numbers, People
    from doorward.operations.waiting_for_staff import Waiting
    from doorward.sessions.context import AuthContext
    from doorward.web.kit.support_visits import Visit

_MORNING, _EVENING, _NIGHT = 5, 18, 23
_ICONS = {
    tabs.ACCOUNT: "building-2",
    tabs.ADMINISTRATORS: "users",
    tabs.ACTIVITY: "history",
    tabs.SUPPORT: "life-buoy",
    tabs.CUSTOMERS: "store",
    tabs.BRANDS: "palette",
    tabs.TABS: "panels-top-left",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One place to go: a tab."""

    title: str
    text: str
    url: str
    verb: str
    icon: str
    external: bool = False
    new_window: bool = False


@dataclass(frozen=True, slots=True)
class HomePage:
    """Greeting, last sign-in, what waits for this person, and the tabs as cards."""

    greeting: str
    previous_at: datetime | None
    previous_browser: str
    codes_left: int | None
    few_codes: bool
    grace_until: datetime | None
    cards: tuple[Card, ...]
    # For who looks after people: what waits for their word, and what they had better do.
    waiting: tuple[WeakLine, ...] = ()
    weak: tuple[WeakLine, ...] = ()
    # For the provider's staff: by how much this server's clock is off.
    clock_off: str = ""
    # For who looks after people: who of the support asks to be let in, or is here.
    visits: tuple[Visit, ...] = ()


def greet(name: str, *, hour: int) -> str:
    """Greet somebody by the hour of their day (0 to 23)."""
    if _MORNING <= hour < 12:  # noqa: PLR2004 - noon
        return _("Good morning, %(name)s") % {"name": name}
    if 12 <= hour < _EVENING:  # noqa: PLR2004
        return _("Good afternoon, %(name)s") % {"name": name}
    if _EVENING <= hour < _NIGHT:
        return _("Good evening, %(name)s") % {"name": name}
    return _("Hello, %(name)s") % {"name": name}


def home_page(  # noqa: PLR0913 - what was gathered
    auth: AuthContext,
    numbers: Numbers,
    *,
    browser: str,
    hour: int,
    clock: float | None,
    visits: tuple[Visit, ...] = (),
    of_staff: Waiting = NOTHING,
    last_day: datetime | None = None,
) -> HomePage:
    """Gather Home from what is known already. `clock`: the seconds by which this server's is off, to be told.

    `last_day`: by which two factors are required of everybody concerned, where it is still to come.
    """
    # For staff that manages the portal nothing waits here: requests are never theirs.
    managed = auth.staff is not None
    person, policy, left = auth.person, auth.facts.policy, numbers.codes_left
    who = auth.own.person
    return HomePage(
        greeting=greet(who.first_name or who.full_name, hour=hour),
        previous_at=auth.browser.previous_at,
        previous_browser=browser,
        codes_left=left,
        few_codes=left is not None and few_left(left),
        grace_until=policy.grace_until if policy.required and not auth.factors else None,
        cards=_cards(
            get_language(),
            tuple(link for link in tab_links() if link.key in person.tab_keys),
            tuple(keys_for(person)),
            numbers.people,
            auth.staff is not None,
        ),
        waiting=() if managed else (*waiting_lines(numbers.weak), *staff_lines(of_staff)),
        weak=_weak(
            get_language(),
            get_current_timezone_name() if last_day else "",
            numbers,
            sum(row.usable for row in auth.factors),
            tabs.ACCOUNT in person.tab_keys,
            last_day,
        ),
        clock_off=_clock_off(clock) if clock is not None else "",
        visits=visits,
    )


def _clock_off(seconds: float) -> str:
    """Say by how much this server's clock is ahead of the database's (negative: behind)."""
    words = (
        _("This server's clock is %(seconds)s seconds ahead of the database's.")
        if seconds > 0
        else _("This server's clock is %(seconds)s seconds behind the database's.")
    )
    return words % {"seconds": f"{abs(seconds):.0f}"}


@lru_cache(maxsize=512)
def _weak(
    _language: str | None,
    _zone: str,
    numbers: Numbers,
    devices: int,
    account: bool,  # noqa: FBT001
    last_day: datetime | None,
) -> tuple[WeakLine, ...]:
    """Word what is weak; the same from one look to the next, as the cards."""
    return tuple(weak_lines(numbers, devices=devices, account=account, last_day=last_day))


@lru_cache(maxsize=512)
def _cards(
    _language: str | None,
    mine: tuple[TabLink, ...],
    keys: tuple[str, ...],
    people: People | None,
    managed: bool,  # noqa: FBT001 - by its place, as the cache wants it
) -> tuple[Card, ...]:
    """Word the cards; the same from one look to the next, until a number changes. `managed`: for the staff."""
    cards = (*_own_cards(mine), *_built_in_cards(keys, people))
    if not managed:
        return cards
    # It is not their company.
    of_company = _("The company's details, and what it requires of its people.")
    address = ADDRESSES[tabs.ACCOUNT]
    return tuple(replace(one, text=of_company) if one.url == address else one for one in cards)


def _own_cards(mine: Iterable[TabLink]) -> Iterator[Card]:
    for link in mine:
        yield Card(
            title=link.title,
            text=link.description,
            url=link.url,
            verb=_("Open"),
            icon=link.icon,
            new_window=link.new_window,
            external=True,
        )


def _built_in_cards(keys: Iterable[str], people: People | None) -> Iterator[Card]:
    for key in keys:
        if key == tabs.ADMINISTRATORS and people is not None:
            yield _administrators_card(people)
        elif key != tabs.HOME:
            yield Card(
                title=str(TITLES[key]),
                text=str(_TEXTS.get(key, "")),
                url=ADDRESSES[key],
                verb=_("Open"),
                icon=_ICONS[key],
            )


def _administrators_card(people: People) -> Card:
    words = ngettext("%(n)s person", "%(n)s people", people.people) % {"n": people.people}
    protected = _("%(n)s with two factors") % {"n": people.protected}
    address = ADDRESSES[tabs.ADMINISTRATORS]
    return Card(
        title=str(TITLES[tabs.ADMINISTRATORS]),
        text=f"{words}, {protected}",
        url=address,
        verb=_("Look after them"),
        icon=_ICONS[tabs.ADMINISTRATORS],
    )


_TEXTS = {
    tabs.ACCOUNT: gettext_lazy("Your company's details, and what it requires of its people."),
    tabs.ACTIVITY: gettext_lazy("What happened here: who did what, when and from where."),
    tabs.SUPPORT: gettext_lazy("Whom to ask, and guides with pictures."),
    tabs.CUSTOMERS: gettext_lazy("The companies that use this portal."),
    tabs.BRANDS: gettext_lazy("What the portals look like, and who is behind them."),
    tabs.TABS: gettext_lazy("Links to your own applications."),
}
