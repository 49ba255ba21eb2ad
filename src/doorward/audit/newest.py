"""The newest of many events, found where an index has them in their order.

A condition that few of 600,000 events meet is not walked for: what is wanted is put together from parts, each of which
stands in an index from the newest on (one type, one person). As many of each as a page shows are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from doorward.audit.models import Event
from doorward.audit.record import history_of_person
from doorward.kernel.db.hot_queries import HotQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from uuid import UUID

    from django.db.models import Field

    First = Callable[[QuerySet[Event]], QuerySet[Event, Any]]

Walk = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of events: those that have each of these values in a column; without one, all of them together.

    Of many values, rows with these ids may be given instead: as many as lines are wanted are then chosen for each page.
    """

    events: QuerySet[Event]
    column: str = ""
    values: Sequence[Any] | QuerySet[Any] = ()

    def walks(self, first: First, number: int, order: str) -> Iterator[Walk]:
        """Return the statement that reads the first of each part, as SQL; `number` and `order`: which `first` takes.

        Django writes one, and the others have another value in it: with a scope it is long, and two dozen of them took
        0.1 s of CPU.
        """
        mark = uuid4()
        events = self.events.filter(**{self.column: mark}) if self.column else self.events
        try:
            sql, params = first(events).query.sql_with_params()
        except EmptyResultSet:
            return
        if not self.column:
            yield sql, params
            return
        field = cast("Field[Any, Any]", Event._meta.get_field(self.column))  # noqa: SLF001 - Django's documented Meta API
        marked = field.get_db_prep_value(mark, connection)
        for one in self._chosen(first, number, order):
            value = field.get_db_prep_value(one, connection)
            yield sql, tuple(value if param == marked else param for param in params)

    def _chosen(self, first: First, number: int, order: str) -> Sequence[Any]:
        """Return the values; of rows, only those whose own first line comes first: no other has any of the first."""
        if not isinstance(self.values, QuerySet):
            return self.values
        of_one = first(self.events.filter(**{self.column: OuterRef("id")})).values("id")[:1]
        line = F("line")
        foremost = (
            line.desc(nulls_last=True) if order.startswith("-") else line.asc(nulls_last=True)
        )
        rows = self.values.annotate(line=Subquery(of_one)).order_by(foremost)
        return [id_ for id_, found in rows.values_list("id", "line")[:number] if found]


class Newest:
    """Events, to be read from the newest on.

    `parts`: the same events, as an index has them; without: as a whole. `by_time`: of the whole, by the time that they
    say, where days are asked for; else in the order in which they were written, which no clock that is set back alters.
    """

    def __init__(
        self,
        events: QuerySet[Event],
        parts: Sequence[Parts] = (),
        *,
        by_time: bool = False,
    ) -> None:
        """Remember them; nothing is read yet."""
        self._events, self._parts = events, parts
        self._by_time, self._keys = by_time, ("at", "id") if by_time else ("id",)

    def named(self, public_id: UUID) -> Event | None:
        """Return the event of that id, if it is one of these."""
        return self._events.order_by().filter(public_id=public_id).only("id", "at").first()

    def older(self, number: int, *, than: Event | None) -> list[Event]:
        """Return so many, the newest first: the first ones, or those that are older than one."""
        before = Q() if than is None else Q(id__lt=than.id)
        if than is not None and self._by_time:
            before = Q(at__lte=than.at) & (Q(at__lt=than.at) | before)
        return self._first(number, before, tuple(f"-{key}" for key in self._keys))

    def newer(self, number: int, *, than: Event) -> list[Event]:
        """Return so many that are newer than one, the oldest first."""
        after = Q(id__gt=than.id)
        if self._by_time:
            after = Q(at__gte=than.at) & (Q(at__gt=than.at) | after)
        return self._first(number, after, self._keys)

    def _first(self, number: int, where: Q, order: tuple[str, ...]) -> list[Event]:
        def first(events: QuerySet[Event]) -> QuerySet[Event, Any]:
            return events.filter(where).order_by(*order)[:number]

        if not self._parts:
            return list(first(self._events))
        walks: list[Walk] = []
        for part in self._parts:
            walks += part.walks(lambda events: first(events).values("id"), number, order[0])
        ids = _of_walks(walks, number, order[0])
        return list(Event.objects.filter(id__in=ids).order_by(*order))


class OfPerson:
    """What a person did and what was done to them, within their customer; everybody looks at the first page of it."""

    def __init__(self, *, customer_id: UUID, person_id: UUID) -> None:
        """Remember whose."""
        self._whose = customer_id, person_id

    def named(self, public_id: UUID) -> Event | None:
        """Return the event of that id, if it is one of these."""
        return self._as_parts.named(public_id)

    def older(self, number: int, *, than: Event | None) -> list[Event]:
        """Return so many, the newest first: the first ones, or those that are older than one."""
        if than is not None:
            return self._as_parts.older(number, than=than)
        customer_id, person_id = self._whose
        rows = _first_page(number).rows(customer_id=customer_id, person_id=person_id)
        return [Event.from_db(DEFAULT_DB_ALIAS, row.keys(), row.values()) for row in rows]

    def newer(self, number: int, *, than: Event) -> list[Event]:
        """Return so many that are newer than one, the oldest first."""
        return self._as_parts.newer(number, than=than)

    @cached_property
    def _as_parts(self) -> Newest:
        customer_id, person_id = self._whose
        events = history_of_person(customer_id=customer_id, person_id=person_id)
        mine = Event.objects.filter(customer_id=customer_id)
        return Newest(events, parts_of_people(mine, [person_id]))


_OF_PERSON = ("subject_id", "actor_id", "on_behalf_of_id")
_COLUMNS = tuple(field.attname for field in Event._meta.concrete_fields)  # noqa: SLF001 - Django's documented Meta API


@cache
def _first_page(number: int) -> HotQuery:
    def make(customer_id: UUID, person_id: UUID) -> QuerySet[Event, Any]:
        mine = Event.objects.filter(customer_id=customer_id)
        walks = [mine.filter(**{name: person_id}).order_by("-id") for name in _OF_PERSON]
        page: QuerySet[Event, Any] = _merged(walks, number, ("-id",)).values(*_COLUMNS)[:number]
        return page

    return HotQuery(make)


def _merged(walks: Sequence[QuerySet[Event]], number: int, order: Sequence[str]) -> QuerySet[Event]:
    # SQLite takes no limit in the parts of a union, only in what these are made of.
    parts = [
        Event.objects.filter(id__in=walk.values("id")[:number]).order_by().values_list("id")
        for walk in walks
    ]
    return Event.objects.filter(id__in=parts[0].union(*parts[1:])).order_by(*order)


def _of_walks(walks: Sequence[Walk], number: int, order: str) -> list[int]:
    """Return the ids of the first of what the walks have.

    Asked for within the statement that reads these events, PostgreSQL goes through all there are to find old ones.
    """
    if not walks:
        return []
    # A walk has an end of its own, which Django writes into no union for SQLite.
    rows = " UNION ALL ".join(f"SELECT id FROM ({one}) AS walk" for one, _params in walks)  # noqa: S608 - ours
    direction = "DESC" if order.startswith("-") else "ASC"
    params = [param for _sql, params in walks for param in params]
    sql = f"SELECT DISTINCT id FROM ({rows}) AS walks ORDER BY id {direction} LIMIT {number:d}"  # noqa: S608 - ours
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [id_ for (id_,) in cursor.fetchall()]


def parts_of_people(events: QuerySet[Event], people: Sequence[UUID] | QuerySet[Any]) -> list[Parts]:
    """Return the parts of events that concern these people (ids, or their rows), were done by them or for them."""
    return [Parts(events, name, people) for name in _OF_PERSON]


def parts_of_types(events: QuerySet[Event], types: Sequence[str]) -> list[Parts]:
    """Return the parts of events that are of these types."""
    return [Parts(events, "type", types)]
