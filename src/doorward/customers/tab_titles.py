"""What the tabs are called, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from doorward.customers import tabs
from doorward.customers.cached import tab_links

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

TITLES = {
    tabs.HOME: _("Home"),
    tabs.ACCOUNT: _("Account"),
    tabs.ADMINISTRATORS: _("Administrators"),
    tabs.ACTIVITY: _("Activity"),
    tabs.SUPPORT: _("Support"),
    tabs.CUSTOMERS: _("Customers"),
    tabs.BRANDS: _("Brands"),
    tabs.TABS: _("Tabs"),
    tabs.MANAGE: _("Manage for customers"),
}


def title_of(key: str) -> str:
    """Return the title of a tab by its key; the key itself where the tab is no more."""
    if key in TITLES:
        return str(TITLES[key])
    return next((link.title for link in tab_links() if link.key == key), key)


def titles_of(keys: Iterable[str], *, without: Collection[str] = ()) -> str:
    """Return the titles of tabs, with commas between; `without`: those that are not for who reads."""
    return ", ".join(title_of(key) for key in sorted(keys) if key not in without)
