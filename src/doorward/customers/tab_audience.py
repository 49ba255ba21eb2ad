"""Whose people can have a tab of the provider's own: the rule, what a form says of it, and how history says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_noop

from doorward.audit.field_words import Words
from doorward.customers.errors import NobodyChosen, TabCustomerUnknown, TooManyCustomersNamed
from doorward.customers.models import Brand, Customer, Tab, TabAudience
from doorward.kernel.errors import ChoiceInvalid
from doorward.kernel.text.cleaning import fold_case

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.kernel.field_checks import Checks

# More are better a brand.
MOST_CUSTOMERS: Final = 500
# So many are named in history, which keeps them for ever.
_MOST_NAMED: Final = 20

WORDS: Final = {
    "audience": Words(
        gettext_noop("for whom"),
        {
            TabAudience.EVERYONE.value: gettext_noop("Every customer"),
            TabAudience.BRANDS.value: gettext_noop("The customers of some brands"),
            TabAudience.CUSTOMERS.value: gettext_noop("Some customers"),
        },
    )
}


def is_for(tab: Tab, brand_id: UUID, customer_id: UUID) -> bool:
    """Return whether a tab of the provider's own is for this customer's people; a right to another gives nothing."""
    if tab.audience == TabAudience.BRANDS:
        return str(brand_id) in tab.audience_ids
    if tab.audience == TabAudience.CUSTOMERS:
        return str(customer_id) in tab.audience_ids
    return True


def is_for_all_of(tab: Tab, brand_id: UUID) -> bool:
    """Return whether a tab of the provider's own is for every customer of a brand: its name is no secret there."""
    if tab.audience == TabAudience.BRANDS:
        return str(brand_id) in tab.audience_ids
    return tab.audience == TabAudience.EVERYONE


def brands_of(tab: Tab) -> frozenset[str]:
    """Return the ids of the brands whose customers, some at least, can have a tab of the provider's own."""
    if tab.audience == TabAudience.BRANDS:
        return frozenset(tab.audience_ids)
    rows = Customer.objects.order_by()
    if tab.audience == TabAudience.CUSTOMERS:
        rows = rows.filter(id__in=tab.audience_ids)
    return frozenset(map(str, rows.values_list("brand_id", flat=True).distinct()))


def not_for(customer: Customer) -> frozenset[str]:
    """Return the keys of the provider's own tabs that are not for this customer's people."""
    rows = Tab.objects.exclude(audience=TabAudience.EVERYONE)
    return frozenset(tab.key for tab in rows if not is_for(tab, customer.brand_id, customer.id))


def not_for_any_of(brand: Brand) -> frozenset[str]:
    """Return the keys of the provider's own tabs that are for no customer of a brand."""
    others = set()
    for tab in Tab.objects.exclude(audience=TabAudience.EVERYONE):
        if tab.audience == TabAudience.BRANDS:
            theirs = str(brand.id) in tab.audience_ids
        else:
            theirs = Customer.objects.filter(brand=brand, id__in=tab.audience_ids).exists()
        if not theirs:
            others.add(tab.key)
    return frozenset(others)


def clean(audience: str, *, brands: frozenset[str], customers: str, checks: Checks) -> list[str]:
    """Return the ids of the brands or customers that a tab is for; of everyone, none.

    `brands`: ids; `customers`: names, one in a line, as they were typed.
    """
    if audience not in TabAudience:
        checks.refuse("audience", ChoiceInvalid(field="audience"))
        return []
    if audience == TabAudience.EVERYONE:
        return []
    if audience == TabAudience.BRANDS:
        there = {str(one) for one in Brand.objects.values_list("id", flat=True)}
        found = sorted(brands & there)
    else:
        found = checks.take("customers", _customers, customers) or []
    if not found and "customers" not in checks.refused:
        checks.refuse("audience", NobodyChosen())
    return found


def names_of(audience: str, ids: Collection[str]) -> list[str]:
    """Return the names of the brands or customers that a tab is for, in order; of what is gone, none."""
    rows: QuerySet[Brand] | QuerySet[Customer]
    if audience == TabAudience.CUSTOMERS:
        rows = Customer.objects.filter(id__in=ids)
    else:
        rows = Brand.objects.filter(id__in=ids)
    return sorted(rows.values_list("name", flat=True), key=str.casefold)


def as_told(audience: str, ids: Collection[str]) -> str:
    """Return what history keeps of these: the names that they have now."""
    names = names_of(audience, ids)
    more = ", …" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _customers(text: str) -> list[str]:
    typed = [line.strip() for line in text.splitlines() if line.strip()]
    if len(typed) > MOST_CUSTOMERS:
        raise TooManyCustomersNamed(MOST_CUSTOMERS)
    folded = {fold_case(name): name for name in typed}
    rows = Customer.objects.filter(name_folded__in=folded).values_list("name_folded", "id")
    found = {name: str(id_) for name, id_ in rows}
    for key, name in folded.items():
        if key not in found:
            raise TabCustomerUnknown(name)
    return sorted(found.values())
