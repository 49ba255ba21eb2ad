"""What of the history is wanted: read from the address, turned into a query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db.models import Q
from django.utils import timezone

from doorward.administrators.models import Administrator
from doorward.audit.events import Outcome
from doorward.audit.services import history_of_customer
from doorward.core.policy import Kinds
from doorward.customers.models import CustomerKind
from doorward.mfa.selection import ANY_STATUS, LONGEST_SEARCH, Rule, Wanted, matching, named
from doorward.web.history_words import Group, kinds_of

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.models import Event
    from doorward.web.requests import Request


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


def events_for(customer_id: UUID, wanted: Filters) -> QuerySet[Event]:
    """Give the customer's events that are wanted, newest first."""
    events = history_of_customer(customer_id)
    if wanted.group is not None:
        events = events.filter(kind__in=kinds_of(wanted.group))
    if wanted.outcome is not None:
        events = events.filter(outcome=wanted.outcome.value)
    if wanted.since is not None:
        events = events.filter(at__gte=_midnight(wanted.since))
    if wanted.until is not None:
        events = events.filter(at__lt=_midnight(wanted.until + timedelta(days=1)))
    return events.filter(_of_person(customer_id, wanted.q)) if wanted.q else events


def _of_person(customer_id: UUID, text: str) -> Q:
    """Find people of the customer, and those of the provider who acted here, however their name is typed.

    These by name alone: what is not shown is not searched. Others are found by the name as history has it.
    """
    rule = Rule(held=False, kinds=Kinds.ANY)
    people = matching(customer_id, Wanted(q=text, status=ANY_STATUS), rule).values("id")
    staff = Administrator.objects.everywhere().filter(customer__kind=CustomerKind.PROVIDER)
    return (
        Q(actor_id__in=staff.filter(named(text)).values("id"))
        | Q(subject_id__in=people)
        | Q(actor_id__in=people)
        | Q(actor_name__icontains=text)
        | Q(subject_name__icontains=text)
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # Beyond these the arithmetic of time zones ends, and no history is there.
    return day if 1970 <= day.year < 9999 else None  # noqa: PLR2004
