"""The list of customers: what the address asks for, and the page made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorward.accounts.models import ACTIVE_OR_INVITED, Administrator, Standing
from doorward.customers import cached
from doorward.customers.models import Customer, CustomerKind, CustomerStatus
from doorward.kernel.text import names
from doorward.policy.loading import policies_from
from doorward.web.http.requests import signed_in
from doorward.web.kit.paging import PAGE_SIZE, page_number
from doorward.web.kit.times import number
from doorward.web.provider.customer_filters import TO_DELETE, by_brand, by_status, look, wanted_of

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.web.http.requests import Request
    from doorward.web.provider.customer_filters import Narrowed, Wanted


@dataclass(frozen=True, slots=True)
class Line:
    """One customer in the list. `people`: who can sign in or is invited; `protected`: with a factor."""

    id: UUID
    name: str
    brand: str
    status: CustomerStatus
    since: date
    is_provider: bool
    required: bool
    people: int
    protected: int


@dataclass(frozen=True, slots=True)
class ListPage:
    """The list, its filters and where it goes on."""

    wanted: Wanted
    statuses: tuple[tuple[str, str], ...]
    brands: tuple[tuple[str, str], ...]
    orders: tuple[tuple[str, str], ...]
    # With how many each has, within what else is asked for.
    by_status: tuple[Narrowed, ...]
    by_brand: tuple[Narrowed, ...]
    lines: tuple[Line, ...]
    count: str
    previous: str | None
    next: str | None


def list_page(request: Request) -> ListPage:
    """Make the page that the address asks for, in three queries; beyond the last page, the last one."""
    wanted, scope = wanted_of(request), signed_in(request).scope
    found = look(wanted, scope)
    last = max(1, -(-found.number // PAGE_SIZE))
    page = min(page_number(request), last)
    start = (page - 1) * PAGE_SIZE
    lines = _lines(_page(found.rows, start=start, found=found.number), now=request.now)
    brands = [(str(one), cached.brand_of(one).name) for one in found.brands]
    return ListPage(
        wanted=wanted,
        statuses=(
            ("", _("Status: all")),
            *((one.value, str(one.label)) for one in CustomerStatus),
            (TO_DELETE, _("To be deleted")),
        ),
        brands=(("", _("Brand: all")), *sorted(brands, key=lambda one: names.sort_key(one[1]))),
        orders=(("", _("By name")), ("newest", _("Newest first")), ("oldest", _("Oldest first"))),
        by_status=by_status(wanted, found),
        by_brand=by_brand(wanted, found),
        lines=lines,
        count=_count(page, len(lines), found.number),
        previous=wanted.address(page=page - 1) if page > 1 else None,
        next=wanted.address(page=page + 1) if page < last else None,
    )


def _asks_everyone(customer: Customer, of_brand: str, *, now: datetime) -> bool:
    policies = policies_from(customer.policy, customer.minimum, of_brand)
    return policies.scope(now=now).everyone


def _page(rows: QuerySet[Customer], *, start: int, found: int) -> list[Customer]:
    """Return one page. Beyond the middle it is read from the end: a database counts up to where a page begins."""
    end = min(start + PAGE_SIZE, found)
    if start <= found - end:
        return list(rows[start:end])
    return list(rows.reverse()[found - end : found - start])[::-1]


def _lines(customers: list[Customer], *, now: datetime) -> tuple[Line, ...]:
    # Brands are at hand in each process, and need no join.
    brands = {one: cached.brand_of(one) for one in {customer.brand_id for customer in customers}}
    counts = _counts([customer.id for customer in customers])
    return tuple(
        Line(
            id=customer.id,
            name=customer.name,
            brand=brands[customer.brand_id].name,
            status=CustomerStatus(customer.status),
            since=customer.since,
            is_provider=customer.kind == CustomerKind.PROVIDER,
            required=_asks_everyone(customer, brands[customer.brand_id].minimum, now=now),
            people=counts.get(customer.id, (0, 0))[0],
            protected=counts.get(customer.id, (0, 0))[1],
        )
        for customer in customers
    )


def _counts(customer_ids: list[UUID]) -> dict[UUID, tuple[int, int]]:
    people = Administrator.objects.everywhere().filter(customer_id__in=customer_ids)
    protected = Q(standing__gte=Standing.APP)
    counted = (
        people.filter(status__in=ACTIVE_OR_INVITED)
        .values("customer_id")
        .annotate(people=Count("*"), with_factor=Count("id", filter=protected))
    )
    return {row["customer_id"]: (row["people"], row["with_factor"]) for row in counted.order_by()}


def _count(page: int, shown: int, found: int) -> str:
    if found <= PAGE_SIZE:
        text = ngettext("%(found)s customer", "%(found)s customers", found)
        return text % {"found": number(found)}
    first = (page - 1) * PAGE_SIZE + 1
    return _("%(first)s to %(last)s of %(found)s customers") % {
        "first": number(first),
        "last": number(first + shown - 1),
        "found": number(found),
    }
