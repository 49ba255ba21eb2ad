"""Customers by what they have most of, page by page: each begins where the one before ended, and none is counted up to.

Of several brands, each has its own order in an index; of each so many are read as a page has, and merged. Customers by
name are few enough to be read and sorted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q

from doorward.customers.models import Customer, CustomerKind
from doorward.directory.models import Adoption

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from doorward.directory.adoption import Within
    from doorward.permissions.staff_scope import Scope

# Of which a database is asked in one statement.
BRANDS_AT_ONCE: Final = 200


class Place(NamedTuple):
    """A customer's place in the order: how many of its people are like that, and itself."""

    number: int
    customer_id: UUID


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: after a place, or (`back`) ends just before it."""

    place: Place
    back: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of customers, most of what is asked for first, and where the ones before and after it are."""

    rows: tuple[Adoption, ...]
    previous: Cursor | None
    next: Cursor | None


def page(show: str, of: Within, *, at: Cursor | None, size: int) -> Page:
    """Return those of these customers that have people like that (`SHOWN`); nothing left there: the first page."""
    back = at is not None and at.back
    look = _named_places if of.is_by_name else _places
    found = look(show, of, at=at, most=size + 1)
    if at is not None and not found:
        return page(show, of, at=None, size=size)
    is_more, places = len(found) > size, found[:size]
    if back:
        places.reverse()
    has_previous, has_next = (is_more, True) if back else (at is not None, is_more)
    return Page(
        rows=_rows(places, of.scope),
        previous=Cursor(places[0], back=True) if has_previous else None,
        next=Cursor(places[-1]) if has_next else None,
    )


def _rows(places: list[Place], scope: Scope) -> tuple[Adoption, ...]:
    """Return the rows in their order; a customer that was moved out of the scope is not there, counted or not."""
    # Found by their ids alone: asked for a brand as well, a database may begin with all customers of that.
    rows = Adoption.objects.select_related("customer").in_bulk([one.customer_id for one in places])
    found = [rows[one.customer_id] for one in places if one.customer_id in rows]
    return tuple(one for one in found if _covers(scope, one.customer))


def _covers(scope: Scope, customer: Customer) -> bool:
    is_provider = customer.kind == CustomerKind.PROVIDER
    return scope.covers(customer.id, brand_id=customer.brand_id, is_provider=is_provider)


def _named_places(show: str, of: Within, *, at: Cursor | None, most: int) -> list[Place]:
    """Return the next places of customers by name, which are all in memory, in the direction of reading."""
    each = [Place(getattr(one, show), one.customer_id) for one in of.named if getattr(one, show)]
    back = at is not None and at.back
    each.sort(key=_order, reverse=back)
    if at is not None:
        here = _order(at.place)
        each = [one for one in each if (_order(one) < here if back else _order(one) > here)]
    return each[:most]


def _order(one: Place) -> tuple[int, int]:
    return -one.number, one.customer_id.int


def _places(show: str, of: Within, *, at: Cursor | None, most: int) -> list[Place]:
    """Return the next places in the direction of reading. Those with the same number are asked for first."""
    order = (show, "-customer_id") if at and at.back else (f"-{show}", "customer_id")
    found: list[Place] = []
    for part in _parts(show, at):
        rows = Adoption.objects.filter(part).order_by(*order).values_list(show, "customer_id")
        if len(found) < most:
            found += _first(rows, of.scope, most=most - len(found), back=bool(at and at.back))
    return found


def _parts(show: str, at: Cursor | None) -> tuple[Q, ...]:
    """Return the conditions of what comes next, each a range of the index."""
    some = Q(**{f"{show}__gt": 0})
    if at is None:
        return (some,)
    same = some & Q(**{show: at.place.number})
    if at.back:
        more = Q(**{f"{show}__gt": at.place.number})
        return (same & Q(customer_id__lt=at.place.customer_id), more)
    fewer = Q(**{f"{show}__lt": at.place.number})
    return (same & Q(customer_id__gt=at.place.customer_id), fewer & some)


def _first(rows: QuerySet[Adoption, Any], scope: Scope, *, most: int, back: bool) -> list[Place]:
    """Return the first of these rows, of all or of some brands."""
    if scope.is_all:
        return [Place(*row) for row in rows[:most]]
    found = sorted(_of_brands(rows, sorted(scope.ids), most=most), key=_order, reverse=back)
    return found[:most]


def _of_brands(
    rows: QuerySet[Adoption, Any], brand_ids: list[UUID], *, most: int
) -> Iterable[Place]:
    """Return the first of each brand."""
    for start in range(0, len(brand_ids), BRANDS_AT_ONCE):
        some = brand_ids[start : start + BRANDS_AT_ONCE]
        each = [rows.filter(brand_id=one)[:most].query.sql_with_params() for one in some]
        # Django makes no union of parts that have their own end, which SQLite takes in brackets.
        sql = " UNION ALL ".join(f"SELECT * FROM ({part}) AS first" for part, _params in each)  # noqa: S608 - ours
        with connection.cursor() as cursor:
            cursor.execute(sql, [one for _part, params in each for one in params])
            for number, customer_id in cursor.fetchall():
                yield Place(number, UUID(str(customer_id)))
