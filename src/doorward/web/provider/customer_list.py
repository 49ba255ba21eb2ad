"""The list of customers: what the address asks for, and the page made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorward.accounts.models import Administrator, Standing, Status
from doorward.customers import cached
from doorward.customers.models import Customer, CustomerKind, CustomerStatus
from doorward.directory.people import FEW
from doorward.directory.search import named
from doorward.policy.effective import policies_from
from doorward.web.kit.times import number

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.web.http.requests import Request

PATH = "/customers/"
PAGE_SIZE = 25
_ORDER = ("name_sort", "id")
_LONGEST_SEARCH = 200
_LONGEST_NUMBER = 9


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

    q: str
    status: str
    statuses: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    count: str
    previous: str | None
    next: str | None


def list_page(request: Request) -> ListPage:
    """Make the page that the address asks for, in three queries; beyond the last page, the last one."""
    q = " ".join(request.GET.get("q", "").replace("\0", "").split())[:_LONGEST_SEARCH]
    asked = request.GET.get("status", "")
    status = asked if asked in CustomerStatus else ""
    rows, found = _searched(_matching(q, status), q)
    last = max(1, -(-found // PAGE_SIZE))
    page = min(_page_number(request.GET.get("page", "")), last)
    lines = _lines(_page(rows, start=(page - 1) * PAGE_SIZE, found=found), now=request.now)
    return ListPage(
        q=q,
        status=status,
        statuses=(("", _("Status: all")), *((one.value, str(one.label)) for one in CustomerStatus)),
        lines=lines,
        count=_count(page, len(lines), found),
        previous=_address(q, status, page - 1) if page > 1 else None,
        next=_address(q, status, page + 1) if page < last else None,
    )


def _matching(q: str, status: str) -> QuerySet[Customer]:
    rows = Customer.objects.order_by(*_ORDER)
    if q:
        rows = rows.filter(named(q))
    return rows.filter(status=status) if status else rows


def _searched(rows: QuerySet[Customer], q: str) -> tuple[QuerySet[Customer], int]:
    """Count them. Few that were searched for are looked for once, and then put in order by themselves."""
    if q:
        ids = list(rows.order_by().values_list("id", flat=True)[: FEW + 1])
        if len(ids) <= FEW:
            return Customer.objects.filter(id__in=ids).order_by(*_ORDER), len(ids)
    return rows, rows.order_by().count()


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
        people.exclude(status=Status.REMOVED)
        .values("customer_id")
        .annotate(people=Count("*"), with_factor=Count("id", filter=protected))
    )
    return {row["customer_id"]: (row["people"], row["with_factor"]) for row in counted.order_by()}


def _page_number(text: str) -> int:
    plain = text if text.isascii() and text.isdigit() else "1"
    return max(1, int(plain[:_LONGEST_NUMBER]))


def _address(q: str, status: str, page: int) -> str:
    fields = {"q": q, "status": status, "page": str(page) if page > 1 else ""}
    query = urlencode({name: value for name, value in fields.items() if value})
    return f"{PATH}?{query}" if query else PATH


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
