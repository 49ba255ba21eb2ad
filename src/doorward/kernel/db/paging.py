"""Long tables, read page by page: no cursor stays open between two, which no pooler would keep (decision 0051)."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet

ROWS: Final = 1000
T = TypeVar("T")


def in_pages(rows: QuerySet[Any], *, at_once: int = ROWS) -> Iterator[Any]:
    """Return instances by their primary key, from the lowest on, holding no more than one page of them."""
    ordered = rows.order_by("pk")
    page = list(ordered[:at_once])
    while page:
        yield from page
        page = list(ordered.filter(pk__gt=page[-1].pk)[:at_once])


def values_in_pages(
    rows: QuerySet[Any], column: str, *, at_once: int = ROWS
) -> Iterator[tuple[Any, Any]]:
    """Return primary key and column of each row, in the same way."""
    ordered = rows.order_by("pk").values_list("pk", column)
    page = list(ordered[:at_once])
    while page:
        yield from page
        page = list(ordered.filter(pk__gt=page[-1][0])[:at_once])


def in_lists(rows: Iterable[T], *, at_once: int = ROWS) -> Iterator[list[T]]:
    """Return what comes one by one in lists of so many."""
    rest = iter(rows)
    while some := list(islice(rest, at_once)):
        yield some
