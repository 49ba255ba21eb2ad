"""What the list of customers is narrowed to, and how many there are of each: read from the address, counted at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from doorward.customers import cached, deletion, staff_scope
from doorward.customers.models import Customer, CustomerStatus
from doorward.directory.people import FEW
from doorward.directory.search_and_sort import named
from doorward.kernel.text import names
from doorward.web.kit.paging import page_address
from doorward.web.kit.times import number

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from doorward.permissions.staff_scope import Scope
    from doorward.web.http.requests import Request

PATH: Final = "/customers/"
# More brands than these are chosen from the box alone.
SHOWN_BRANDS: Final = 12
_LONGEST_SEARCH: Final = 200
# No status: customers that are closed and wait to be deleted.
TO_DELETE: Final = "to-delete"
_ORDERS: Final = {
    "": ("name_sort", "id"),
    "newest": ("-since", "-id"),
    "oldest": ("since", "id"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which customers are wanted, and in which order; empty: all, by name."""

    q: str = ""
    status: str = ""
    brand: str = ""
    sort: str = ""

    def address(self, *, page: int = 1) -> str:
        """Return the address of a page of them."""
        fields = {"q": self.q, "status": self.status, "brand": self.brand, "sort": self.sort}
        return page_address(PATH, page, **fields)


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A link that narrows the list, with how many are left; `current`: it is what is shown."""

    text: str
    number: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class Found:
    """The rows that are wanted, in their order, and how many: of each brand and status, whatever is chosen of these."""

    rows: QuerySet[Customer]
    number: int
    each: Counter[tuple[UUID, str]]
    brands: tuple[UUID, ...]
    # Of each brand, how many are to be deleted.
    to_delete: Counter[UUID]


def wanted_of(request: Request) -> Wanted:
    """Read what is wanted; a value that is none narrows nothing."""
    asked = request.GET
    status, sort = asked.get("status", ""), asked.get("sort", "")
    return Wanted(
        q=" ".join(asked.get("q", "").replace("\0", "").split())[:_LONGEST_SEARCH],
        status=status if status in {*CustomerStatus, TO_DELETE} else "",
        brand=_id(asked.get("brand", "")),
        sort=sort if sort in _ORDERS else "",
    )


def look(wanted: Wanted, scope: Scope) -> Found:
    """Count what is there, in two queries, and say which rows are wanted."""
    order, called = _ORDERS[wanted.sort], named(wanted.q) if wanted.q else Q()
    each, few = _counted(wanted, staff_scope.customers(scope).filter(called).order_by())
    # They are few at any time, and have an index of their own.
    doomed = deletion.to_be_deleted(scope=scope).filter(called).order_by()
    to_delete = dict(doomed.values_list("id", "brand_id"))
    found = sum(many for (brand, status), many in each.items() if _is_wanted(wanted, brand, status))
    if wanted.status == TO_DELETE:
        few = [id_ for id_, brand in to_delete.items() if wanted.brand in {"", str(brand)}]
        found = len(few)
    # Only of what is found: of a brand outside of the scope not even the name is told.
    brands = tuple({brand for brand, _status in each})
    if few is not None:
        chosen = Customer.objects.filter(id__in=few).order_by(*order)
    else:
        shown = [one for one in brands if wanted.brand in {"", str(one)}]
        where = called & _narrowed(wanted)
        chosen = staff_scope.listed(scope, order, brand_ids=shown, where=where)
    return Found(chosen, found, each, brands, Counter(to_delete.values()))


def _counted(
    wanted: Wanted, rows: QuerySet[Customer]
) -> tuple[Counter[tuple[UUID, str]], list[UUID] | None]:
    """Return how many there are of each brand and status; of few that were searched for also which of them are wanted.

    These are read once, and put in order by themselves.
    """
    if wanted.q:
        read = list(rows.values_list("id", "brand_id", "status")[: FEW + 1])
        if len(read) <= FEW:
            few = [id_ for id_, brand_id, status in read if _is_wanted(wanted, brand_id, status)]
            return Counter((brand_id, status) for _id, brand_id, status in read), few
    counted = rows.values_list("brand_id", "status").annotate(Count("id"))
    return Counter({(brand_id, status): many for brand_id, status, many in counted}), None


def by_status(wanted: Wanted, found: Found) -> tuple[Narrowed, ...]:
    """Return a link for each status, with how many have it."""
    counts: Counter[str] = Counter()
    for (brand, status), many in found.each.items():
        if not wanted.brand or str(brand) == wanted.brand:
            counts[status] += many
    each = [(one.value, str(one.label), counts[one.value]) for one in CustomerStatus]
    doomed = sum(
        many for brand, many in found.to_delete.items() if wanted.brand in {"", str(brand)}
    )
    if doomed or wanted.status == TO_DELETE:
        each.append((TO_DELETE, _("To be deleted"), doomed))
    links = (("", _("All"), counts.total()), *each)
    return tuple(
        Narrowed(text, number(many), replace(wanted, status=key).address(), key == wanted.status)
        for key, text, many in links
    )


def by_brand(wanted: Wanted, found: Found) -> tuple[Narrowed, ...]:
    """Return a link for each brand, with how many customers it has; none where there is one, or too many."""
    if not 1 < len(found.brands) <= SHOWN_BRANDS:
        return ()
    counts: Counter[str] = Counter()
    for (brand, status), many in found.each.items():
        if not wanted.status or status == wanted.status:
            counts[str(brand)] += many
    if wanted.status == TO_DELETE:
        counts.update({str(brand): many for brand, many in found.to_delete.items()})
    each = sorted(
        ((str(one), cached.brand_of(one).name) for one in found.brands),
        key=lambda one: names.sort_key(one[1]),
    )
    links = (
        ("", _("All brands"), counts.total()),
        *((key, text, counts[key]) for key, text in each),
    )
    return tuple(
        Narrowed(text, number(many), replace(wanted, brand=key).address(), key == wanted.brand)
        for key, text, many in links
    )


def _is_wanted(wanted: Wanted, brand: UUID, status: str) -> bool:
    return wanted.status in {"", status} and wanted.brand in {"", str(brand)}


def _narrowed(wanted: Wanted) -> Q:
    of_brand = Q(brand_id=UUID(wanted.brand)) if wanted.brand else Q()
    return of_brand & (Q(status=wanted.status) if wanted.status else Q())


def _id(text: str) -> str:
    """Return an id in the one spelling; '' where it is none."""
    try:
        return str(UUID(text))
    except ValueError:
        return ""
