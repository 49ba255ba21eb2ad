"""The tabs of the portal: the built-in ones, and the links that the provider adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.customers import tab_audience
from doorward.customers.models import CustomerKind, Tab
from doorward.kernel.text import names
from doorward.permissions import actions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from doorward.customers.models import Customer

HOME = "home"
ACCOUNT = "account"
ADMINISTRATORS = actions.ADMINISTRATORS
ACTIVITY = actions.ACTIVITY
SUPPORT = "support"
BUILT_IN = (HOME, ACCOUNT, ADMINISTRATORS, ACTIVITY, SUPPORT)

CUSTOMERS = actions.CUSTOMERS
BRANDS = actions.BRANDS
TABS = actions.TABS
STAFF = (CUSTOMERS, BRANDS, TABS)
# Rights of the provider's people that have no page of their own.
MANAGE = actions.MANAGE
OF_STAFF = (*STAFF, MANAGE)

DEFAULT = frozenset({HOME, SUPPORT})


def built_in(customer: Customer) -> tuple[str, ...]:
    """Return the keys of the tabs that come with Doorward and that this customer's people can have."""
    return BUILT_IN + OF_STAFF if customer.kind == CustomerKind.PROVIDER else BUILT_IN


def assignable(customer: Customer) -> frozenset[str]:
    """Return the keys of all tabs that this customer's people can have."""
    own = (
        tab.key
        for tab in Tab.objects.all()
        if tab_audience.is_for(tab, customer.brand_id, customer.id)
    )
    return frozenset(built_in(customer)) | frozenset(own)


def all_keys() -> frozenset[str]:
    """Return the keys of all tabs that anybody can have."""
    return frozenset(BUILT_IN + OF_STAFF) | frozenset(Tab.objects.values_list("key", flat=True))


def in_order(tabs: Iterable[Tab]) -> list[Tab]:
    """Put the provider's own tabs into the provider's order, those of one place by title."""
    return sorted(tabs, key=lambda tab: (tab.position, names.sort_key(tab.title), tab.key))
