"""The newest of many events, found where an index has them in their order.

A condition that few of 600,000 events meet is not walked for: what is wanted is put together from parts, each of which
stands in an index from the newest on (one type, one person). As many of each as a page shows are looked at.
"""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q

from doorward.audit.models import Event
from doorward.audit.record import history_of_person
from doorward.kernel.db.hot_queries import HotQuery

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from django.db.models import QuerySet


class Newest:
    """Events, to be read from the newest on.

    `parts`: the same events, as an index has them; without: as a whole. `by_time`: by the time that they say, where
    days are asked for; else in the order in which they were written, which no clock that is set back changes.
    """

    def __init__(
        self,
        events: QuerySet[Event],
        parts: Sequence[QuerySet[Event]] = (),
        *,
        by_time: bool = False,
    ) -> None:
        """Remember them; nothing is read yet."""
        self._events, self._parts = events, parts or (events,)
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
        walks = [part.filter(where).order_by(*order) for part in self._parts]
        if len(walks) == 1:
            return list(walks[0][:number])
        return list(_merged(walks, number, order)[:number])


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
        return Newest(events, _parts_of_person(customer_id, person_id))


_COLUMNS = tuple(field.attname for field in Event._meta.concrete_fields)  # noqa: SLF001 - Django's documented Meta API


@cache
def _first_page(number: int) -> HotQuery:
    def make(customer_id: UUID, person_id: UUID) -> QuerySet[Event, Any]:
        walks = [part.order_by("-id") for part in _parts_of_person(customer_id, person_id)]
        page: QuerySet[Event, Any] = _merged(walks, number, ("-id",)).values(*_COLUMNS)[:number]
        return page

    return HotQuery(make)


def _parts_of_person(customer_id: UUID, person_id: UUID) -> list[QuerySet[Event]]:
    return parts_of_people(Event.objects.filter(customer_id=customer_id), [person_id])


def _merged(walks: Sequence[QuerySet[Event]], number: int, order: Sequence[str]) -> QuerySet[Event]:
    # SQLite takes no limit in the parts of a union, only in what these are made of.
    parts = [
        Event.objects.filter(id__in=walk.values("id")[:number]).order_by().values_list("id")
        for walk in walks
    ]
    return Event.objects.filter(id__in=parts[0].union(*parts[1:])).order_by(*order)


def parts_of_people(events: QuerySet[Event], people: Iterable[UUID]) -> list[QuerySet[Event]]:
    """Return the parts of events that concern these people, were done by them or for them."""
    names = ("subject_id", "actor_id", "on_behalf_of_id")
    return [events.filter(**{name: one}) for one in people for name in names]


def parts_of_types(events: QuerySet[Event], types: Iterable[str]) -> list[QuerySet[Event]]:
    """Return the parts of events that are of these types."""
    return [events.filter(type=one) for one in types]
