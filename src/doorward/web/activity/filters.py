"""What of the history is wanted: read from the address, turned into a query."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.db.models.lookups import IsNull
from django.utils import timezone

from doorward.accounts import staff_history
from doorward.accounts.models import Administrator
from doorward.audit import newest
from doorward.audit.events import Group, Outcome
from doorward.audit.newest import Newest, Parts
from doorward.audit.record import history_of_customer
from doorward.customers.models import Customer, CustomerKind
from doorward.directory.counts import NOBODY
from doorward.directory.search_and_sort import LONGEST_SEARCH, Wanted, matching, named
from doorward.directory.state import ANY_STATUS, Rule
from doorward.notifications.history_words import types_of
from doorward.policy.fields import Kinds

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.models import Event
    from doorward.sessions.context import Person
    from doorward.web.http.requests import Request

# Of few people each one's lines are looked up; of more it is asked whose are the newest, of yet more all are read until
# there are enough. And so many lines are read for names that nobody has any more.
FEW_PEOPLE = 50
MOST_PEOPLE = 1000
LATELY = 10_000


@dataclass(frozen=True, slots=True)
class Filters:
    """Which events are wanted; empty: all. The days are whole ones of the reader's time zone."""

    q: str = ""
    group: Group | None = None
    outcome: Outcome | None = None
    since: date | None = None
    until: date | None = None

    @property
    def query(self) -> str:
        """The filters as they stand in an address, without the question mark."""
        named = {
            "q": self.q,
            "group": self.group or "",
            "outcome": self.outcome or "",
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
        }
        return urlencode({name: value for name, value in named.items() if value})

    @property
    def words(self) -> list[str]:
        """The filters as history keeps them of an export; not whom was looked for, who may be erased one day."""
        return [part for part in self.query.split("&") if part and not part.startswith("q=")] + (
            ["q=…"] if self.q else []
        )


def filters_of(request: Request) -> Filters:
    """Read the filters; a value that is none narrows nothing."""
    asked = request.GET
    return Filters(
        q=" ".join(asked.get("q", "").replace("\0", "").split())[:LONGEST_SEARCH],
        group=next((one for one in Group if one == asked.get("group")), None),
        outcome=next((one for one in Outcome if one == asked.get("outcome")), None),
        since=_day(asked.get("from", "")),
        until=_day(asked.get("to", "")),
    )


def events_for(person: Person, wanted: Filters) -> QuerySet[Event]:
    """Return the events of a person's company that are wanted, newest first."""
    customer_id = person.customer_id
    events = staff_history.within(
        history_of_customer(customer_id), person.history_scope, me=person.id
    )
    if wanted.group is not None:
        events = events.filter(type__in=types_of(wanted.group))
    if wanted.outcome is not None:
        events = events.filter(outcome=wanted.outcome.value)
    if wanted.since is not None:
        events = events.filter(at__gte=_midnight(wanted.since))
    if wanted.until is not None:
        events = events.filter(at__lt=_midnight(wanted.until + timedelta(days=1)))
    return events.filter(_of_person(customer_id, wanted.q)) if wanted.q else events


def newest_for(person: Person, wanted: Filters) -> Newest:
    """Return the same events as `events_for`, to be read from the newest on."""
    events = events_for(person, wanted)
    if wanted.q:
        parts = _parts_of_person(person, wanted)
        return Newest(events if parts else _one_by_one(person, wanted), parts)
    if wanted.group is not None:
        rest = events_for(person, replace(wanted, group=None))
        return Newest(events, newest.parts_of_types(rest, types_of(wanted.group)))
    # What was refused or failed is little, and has an index of its own.
    most = wanted.outcome in {None, Outcome.OK}
    return Newest(events, by_time=most and wanted.until is not None)


def _parts_of_person(person: Person, wanted: Filters) -> list[Parts]:
    """Return the parts for some people; none for very many, whose first lines are found soon.

    Whose name is found only as history has it (they have another one by now) is looked for in the newest lines.
    """
    customer_id = person.customer_id
    people = [_own_people(customer_id, wanted.q)]
    if not person.is_staff:  # theirs are the same
        people.append(_staff(wanted.q))
    found = [one for rows in people for one in rows.order_by()[: MOST_PEOPLE + 1]]
    if len(found) > MOST_PEOPLE:
        return []
    few = len(found) <= FEW_PEOPLE
    whose = found if few else Administrator.objects.everywhere().filter(id__in=found)
    rest = events_for(person, replace(wanted, q=""))
    lately = history_of_customer(customer_id).values("id")[LATELY : LATELY + 1]
    recent = rest.filter(id__gte=Coalesce(Subquery(lately), 0))
    return [
        *newest.parts_of_people(rest, whose),
        Parts(recent.filter(_as_history_has_it(wanted.q))),
    ]


def _one_by_one(person: Person, wanted: Filters) -> QuerySet[Event]:
    """Return the events of very many people: each line is asked whose it is, until there are enough.

    To look for all of these names first, once for each column, took longer than that.
    """
    people = (_own_people(person.customer_id, wanted.q), _staff(wanted.q))
    names = ("subject_id", "actor_id", "on_behalf_of_id"), ("actor_id",)
    of_person = _as_history_has_it(wanted.q)
    for rows, columns in zip(people, names, strict=True):
        for name in columns:
            one = Subquery(rows.filter(id=OuterRef(name)).values("id")[:1])
            of_person |= Q(IsNull(one, False))  # noqa: FBT003 - Django's signature
    return events_for(person, replace(wanted, q="")).filter(of_person)


def _own_people(customer_id: UUID, text: str) -> QuerySet[Administrator, UUID]:
    """Find people of the customer, however their name is typed."""
    rule = Rule(scope=NOBODY, kinds=Kinds.ANY)
    own = matching(customer_id, Wanted(q=text, status=ANY_STATUS), rule)
    return own.values_list("id", flat=True)


def _staff(text: str) -> QuerySet[Administrator, UUID]:
    """Find those of the provider who may have acted here, by name alone: what is not shown is not searched."""
    provider = Customer.objects.filter(kind=CustomerKind.PROVIDER).values("id")[:1]
    staff = Administrator.objects.everywhere().filter(named(text), customer_id=Subquery(provider))
    return staff.values_list("id", flat=True)


def _of_person(customer_id: UUID, text: str) -> Q:
    own = _own_people(customer_id, text)
    people = Q(subject_id__in=own) | Q(actor_id__in=own) | Q(actor_id__in=_staff(text))
    people |= Q(on_behalf_of_id__in=own)
    return people | _as_history_has_it(text)


def _as_history_has_it(text: str) -> Q:
    names = ("actor_name", "subject_name", "on_behalf_of_name")
    return Q(*((f"{name}__icontains", text) for name in names), _connector=Q.OR)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # Beyond these the arithmetic of time zones ends, and no history is there.
    return day if 1970 <= day.year < 9999 else None  # noqa: PLR2004
