"""The list of customers: what the address asks for, and the page made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorward.administrators.models import Administrator, Status
from doorward.customers.models import Customer, CustomerKind, CustomerStatus
from doorward.mfa.models import Factor
from doorward.mfa.selection import named
from doorward.web.times import number

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.web.requests import Request

PATH = "/customers/"
PAGE_SIZE = 25
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
    rows = _matching(q, status)
    found = rows.count()
    last = max(1, -(-found // PAGE_SIZE))
    page = min(_page_number(request.GET.get("page", "")), last)
    lines = _lines(rows, start=(page - 1) * PAGE_SIZE)
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
    rows = Customer.objects.order_by("name_sort", "id")
    if q:
        rows = rows.filter(named(q))
    return rows.filter(status=status) if status else rows


def _lines(rows: QuerySet[Customer], *, start: int) -> tuple[Line, ...]:
    customers = list(rows.select_related("brand")[start : start + PAGE_SIZE])
    counts = _counts([customer.id for customer in customers])
    return tuple(
        Line(
            id=customer.id,
            name=customer.name,
            brand=customer.brand.name,
            status=CustomerStatus(customer.status),
            since=customer.since,
            is_provider=customer.kind == CustomerKind.PROVIDER,
            required=any(
                (customer.require_2fa, customer.floor_require_2fa, customer.brand.require_2fa)
            ),
            people=counts.get(customer.id, (0, 0))[0],
            protected=counts.get(customer.id, (0, 0))[1],
        )
        for customer in customers
    )


def _counts(customer_ids: list[UUID]) -> dict[UUID, tuple[int, int]]:
    people = Administrator.objects.everywhere().filter(customer_id__in=customer_ids)
    usable = Factor.objects.filter(administrator=OuterRef("pk"), locked_at__isnull=True)
    counted = (
        people.exclude(status=Status.REMOVED)
        .annotate(protected=Exists(usable))
        .values("customer_id")
        .annotate(people=Count("id"), with_factor=Count("id", filter=Q(protected=True)))
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
