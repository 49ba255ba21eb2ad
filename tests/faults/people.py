"""People as a journey finds them, made in the database of the server by the real services."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING

from django.utils import timezone

from doorward.accounts.models import Administrator, Status
from doorward.audit.events import Outcome
from doorward.audit.models import Event
from doorward.credentials.recovery_codes import codes as recovery_codes
from doorward.sessions.events import SIGN_IN_ABANDONED
from tests.browser.authenticator import Authenticator
from tests.faults import journeys
from tests.faults.ledger import Known, Somebody
from tests.kit import codes as kit_codes
from tests.kit import people as kit_people

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from doorward.customers.models import Customer

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Plan:
    """One journey of somebody, with the colleague who does it where it takes one."""

    journey: Callable[..., None]
    who: Somebody
    colleague: Somebody | None

    @property
    def people(self) -> list[Somebody]:
        return [self.who, *([self.colleague] if self.colleague else [])]

    def walk(self, visitor: journeys.Visitor) -> None:
        self.journey(visitor, *self.people)


def plan(journey: Callable[..., None], customer: Customer) -> Plan:
    """Make somebody for whom this journey is the next thing to do."""
    if journey is journeys.accept:
        return Plan(journey, _invited(customer), None)
    who = _active(customer, required=journey is journeys.forced_set_up)
    if journey in journeys.WITH_APP:
        _give_app(who)
    helped = journey in journeys.WITH_COLLEAGUE
    return Plan(journey, who, _active(customer, tabs=kit_people.ALL_TABS) if helped else None)


def events_of(person_id: UUID) -> Counter[str]:
    """Count what history says was done to somebody; that they left half-way, the worker says later."""
    mine = Event.objects.filter(subject_id=person_id, outcome=Outcome.OK)
    mine = mine.exclude(type=SIGN_IN_ABANDONED)
    return Counter(mine.values_list("type", flat=True))


def _active(
    customer: Customer, *, required: bool = False, tabs: frozenset[str] = frozenset({"home"})
) -> Somebody:
    email = f"ines{next(_numbers)}@harbourbakery.example"
    made = kit_people.make_administrator(customer, email=email, tabs=tabs, require_2fa=required)
    return _somebody(made, Known(email=email, required=required))


def _invited(customer: Customer) -> Somebody:
    email = f"lena{next(_numbers)}@harbourbakery.example"
    made = kit_people.invite(customer, email=email)
    return _somebody(made, Known(email=email, status=Status.INVITED))


def _somebody(made: Administrator, known: Known) -> Somebody:
    return Somebody(id=made.id, known=known, before=events_of(made.id))


def _give_app(who: Somebody) -> None:
    """Give somebody an app and saved recovery codes."""
    person, now = kit_people.again_by_id(who.id), timezone.now()
    secret = kit_codes.enable_app(person)
    recovery_codes.make(person, now=now)
    codes = tuple(recovery_codes.unsaved(person.id))
    recovery_codes.confirm_saved(
        administrator_id=person.id, actor=kit_people.actor(person), now=now
    )
    who.app = Authenticator(secret)
    who.known = replace(who.known, secret=secret, saved=True, codes=codes)
    who.before = events_of(who.id)
