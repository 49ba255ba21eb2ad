"""The one door of the provider's people to customers and brands: those in their scope, in SQL.

The rule is `permissions.staff_scope.Scope`; `tests/customers/test_staff_scope.py` holds the two equal. Every list,
search, number and address of the provider's pages goes through here, and every service through `rights.authorise`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db.models import Q

from doorward.customers.models import Brand, Customer, CustomerKind
from doorward.kernel.errors import NotFound
from doorward.permissions.staff_scope import Reach

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from django.db.models import QuerySet

    from doorward.permissions.staff_scope import Scope

# More than these make a scope that nobody looks through; a brand says it in one word.
MOST: Final = 500


def which(scope: Scope, *, of: str = "") -> Q:
    """Return the condition of customers in a scope; `of`: the way to them from another row, like `customer`."""
    at = f"{of}__" if of else ""
    if scope.is_all:
        return Q()
    # A list that is a value of its own: the planner takes an index, and no join.
    field = f"{at}brand_id" if scope.reach is Reach.BRANDS else f"{at}id"
    return Q(**{f"{field}__in": sorted(scope.ids)}) & ~_is_provider(f"{at}id")


def _is_provider(field: str) -> Q:
    """Return the condition of the provider's own row, by its id: every index of customers has that, and none the kind.

    Nearly all are of the other kind: an index of that is the longest way, and a database would take it.
    """
    return Q(**{f"{field}__in": Customer.objects.filter(kind=CustomerKind.PROVIDER).values("id")})


def customers(scope: Scope) -> QuerySet[Customer]:
    """Return the customers in a scope."""
    return Customer.objects.filter(which(scope))


def listed(
    scope: Scope, order: Sequence[str], *, brand_ids: Iterable[UUID], where: Q
) -> QuerySet[Customer]:
    """Return the customers in a scope that meet a condition, in an order, for a page of a list.

    `brand_ids`: of which brands there are any. Each brand is walked in its own index, and they are merged: asked for
    several at once, a database reads all of their customers and sorts them.
    """
    if scope.reach is not Reach.BRANDS:
        return customers(scope).filter(where).order_by(*order)
    each = [
        Customer.objects.filter(where, ~_is_provider("id"), brand_id=one)
        for one in sorted(scope.ids.intersection(brand_ids))
    ]
    if not each:
        return Customer.objects.none()
    return (each[0].union(*each[1:], all=True) if each[1:] else each[0]).order_by(*order)


def brands(scope: Scope) -> QuerySet[Brand]:
    """Return the brands in a scope."""
    rows = Brand.objects.all()
    if scope.is_all:
        return rows
    return rows.filter(id__in=sorted(scope.ids)) if scope.reach is Reach.BRANDS else rows.none()


def customer(customer_id: UUID, scope: Scope) -> Customer:
    """Return a customer with its brand. Raises `NotFound`, also where it is only outside of the scope."""
    found: Customer | None = customers(scope).select_related("brand").filter(id=customer_id).first()
    if found is None:
        raise NotFound
    return found


def brand(brand_id: UUID, scope: Scope) -> Brand:
    """Return a brand. Raises `NotFound`, also where it is only outside of the scope."""
    found: Brand | None = brands(scope).filter(id=brand_id).first()
    if found is None:
        raise NotFound
    return found


def has_customer(customer_id: UUID, scope: Scope) -> bool:
    """Return whether a customer is in a scope; of all, without looking."""
    return scope.is_all or customers(scope).filter(id=customer_id).exists()


def has_brand_alone(brand_id: UUID | None, scope: Scope) -> bool:
    """Return whether a brand is in a scope, and concerns nobody outside of it, as the provider's own people are."""
    if scope.is_all or brand_id is None or not scope.covers_brand(brand_id):
        return scope.is_all
    return not Customer.objects.filter(brand_id=brand_id, kind=CustomerKind.PROVIDER).exists()


def includes(scope: Scope, other: Scope) -> bool:
    """Return whether all that is in the other one is in this one: who has this one may look after who has that one."""
    if scope.is_all or other.is_all:
        return scope.is_all
    if scope.reach is other.reach:
        return other.ids <= scope.ids
    if scope.reach is Reach.CUSTOMERS:
        return False
    beyond = Customer.objects.filter(id__in=sorted(other.ids)).exclude(which(scope))
    return not beyond.exists()


def without_unknown(scope: Scope) -> Scope:
    """Return a scope without ids that lead to no brand, or to no customer, as the provider is none here."""
    if scope.is_all:
        return scope
    rows = brands(scope) if scope.reach is Reach.BRANDS else customers(scope)
    return type(scope)(scope.reach, frozenset(rows.values_list("id", flat=True)))


def names(scope: Scope) -> list[str]:
    """Return the names of what a scope has, in order; of all, nothing."""
    if scope.is_all:
        return []
    rows: QuerySet[Brand] | QuerySet[Customer]
    rows = brands(scope) if scope.reach is Reach.BRANDS else customers(scope)
    return sorted(rows.values_list("name", flat=True), key=str.casefold)


def called(words: Collection[str]) -> dict[str, UUID]:
    """Return customers by these words, folded names or ids, each with the word that it was found by."""
    ids = {one for word in words if (one := _id(word)) is not None}
    meant = Q(name_folded__in=words) | Q(id__in=ids)
    rows = Customer.objects.filter(meant, kind=CustomerKind.CUSTOMER)
    found: dict[str, UUID] = {}
    for id_, folded in rows.values_list("id", "name_folded"):
        found |= {folded: id_, str(id_): id_}
    return found


def _id(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None
