"""Brands and tabs as every page needs them, kept in the process for seconds: they hardly change."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError

from doorward.customers.brand_look import BrandLook, Picture, TabLink
from doorward.customers.contact import said_in
from doorward.customers.models import Brand, Tab, TabAudience
from doorward.customers.tab_audience import is_for
from doorward.customers.tabs import in_order
from doorward.kernel.errors import NotFound
from doorward.kernel.host_spelling import is_loopback, is_nearby
from doorward.kernel.text import names
from doorward.kernel.why_not_saved import fault_in

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID


# What another machine changed holds here within a second.
KEPT_SECONDS = 0.9


@dataclass(slots=True)
class _Kept:
    until: float = 0.0
    brands: tuple[BrandLook, ...] = ()
    # The public address's and those of the brands.
    hosts: frozenset[str] = frozenset()
    tabs: tuple[TabLink, ...] = ()
    # Those that are not for everyone.
    limited: tuple[Tab, ...] = ()


_kept = _Kept()


def brand_for_host(host: str) -> BrandLook:
    """Return the brand of a host name, in the spelling of `kernel/host_spelling.py`; the default one for others."""
    brands = _current().brands
    for brand in brands:
        if host in brand.hosts:
            return brand
    return next(brand for brand in brands if brand.is_default)


def usable_hosts(brand: Brand) -> tuple[str, ...]:
    """Return the host names of a brand that are confirmed or need not be, in their order.

    The host of the public address is the operator's word; where there is none, or it is loopback, the portal is
    tried out on one machine.
    """
    public = urlsplit(settings.DOORWARD.public_url).hostname
    if not public or is_loopback(public):
        return tuple(brand.hosts)
    return tuple(host for host in brand.hosts if host in brand.confirmed_hosts or host == public)


def pictures_of(brand: Brand) -> tuple[Picture, ...]:
    """Return the pictures that a brand has."""
    return tuple(Picture(kind, *size) for kind, size in sorted(brand.pictures.items()))


def is_known_host(host: str) -> bool:
    """Return whether the portal is used under this name: a brand's, the public address's, or loopback.

    Where no public address is set, nobody has said under which name it is used: an address, or a name of the own
    network, is taken. A name with a dot may be anybody's, who can have it lead here (DNS rebinding).
    """
    if host in _current().hosts or is_loopback(host):
        return True
    return not settings.DOORWARD.public_url and is_nearby(host)


def all_hosts() -> set[str]:
    """Return the host names of all brands."""
    return {host for brand in _current().brands for host in brand.hosts}


def all_brands() -> tuple[BrandLook, ...]:
    """Return all brands."""
    return _current().brands


def brand_of(brand_id: UUID) -> BrandLook:
    """Return a brand by its id."""
    found = _with_id(brand_id)
    if found is None:
        # Added since this process last looked.
        forget()
        found = _with_id(brand_id)
    if found is None:
        raise NotFound
    return found


def answers(brand_id: UUID, host: str) -> bool:
    """Return whether the customers of a brand sign in under this host name.

    They do under the brand's own names. Under a name that no brand has, whoever shows the default brand there
    is at home, and so is a brand without names; its links lead to the public address, so that is its home too.
    """
    brand = brand_of(brand_id)
    if host in brand.hosts:
        return True
    if host in all_hosts():
        return not brand.hosts and host == urlsplit(settings.DOORWARD.origin).hostname
    return brand.is_default or not brand.hosts


def _with_id(brand_id: UUID) -> BrandLook | None:
    return next((brand for brand in _current().brands if brand.id == brand_id), None)


def tab_links() -> tuple[TabLink, ...]:
    """Return the provider's own tabs, in the provider's order."""
    return _current().tabs


def not_for(brand_id: UUID, customer_id: UUID) -> frozenset[str]:
    """Return the keys of the provider's own tabs that are not for this customer's people, whatever their rights."""
    limited = _current().limited
    return frozenset(tab.key for tab in limited if not is_for(tab, brand_id, customer_id))


def forget() -> None:
    """Read brands and tabs again at the next request: this process has changed one."""
    _kept.until = 0.0


def _hosts(brands: Iterable[BrandLook]) -> frozenset[str]:
    public = urlsplit(settings.DOORWARD.origin).hostname or ""
    return frozenset({public, *(host for brand in brands for host in brand.hosts)})


def _current() -> _Kept:
    moment = time.monotonic()
    if moment >= _kept.until:
        try:
            _read_again()
        except DatabaseError as error:
            # Who says that the database is away or too busy says it in the brand's look, and that soon.
            if not _kept.brands or fault_in(error) is None:
                raise
            moment = time.monotonic()
        _kept.until = moment + KEPT_SECONDS
    return _kept


def _read_again() -> None:
    brands = sorted(Brand.objects.all(), key=lambda brand: names.sort_key(brand.name))
    _kept.brands = tuple(_look(brand) for brand in brands)
    _kept.hosts = _hosts(_kept.brands)
    rows = in_order(Tab.objects.all())
    _kept.tabs = tuple(map(_tab_link, rows))
    _kept.limited = tuple(tab for tab in rows if tab.audience != TabAudience.EVERYONE)


def _tab_link(tab: Tab) -> TabLink:
    own = sorted(tab.in_languages.items())
    said = tuple(
        (code, one.get("title") or tab.title, one.get("description") or tab.description)
        for code, one in own
    )
    words = (*said, ("", tab.title, tab.description))
    return TabLink(tab.key, tab.url, tab.icon, tab.new_window, words)


def _look(brand: Brand) -> BrandLook:
    return BrandLook(
        id=brand.id,
        name=brand.name,
        hosts=usable_hosts(brand),
        accent=brand.accent,
        pictures=pictures_of(brand),
        contacts=said_in(brand),
        issuer=brand.issuer,
        email_from=brand.email_from,
        is_default=brand.is_default,
        minimum=brand.minimum,
        version=brand.version,
    )
