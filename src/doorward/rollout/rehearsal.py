"""Rehearsing: what a version of a policy, a minimum or ticks would do to each person if they took effect now.

The facts are the gate's (`gate/many.py`), and so is each decision (`rules.py`). Nothing is written.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from doorward.accounts.models import Status
from doorward.credentials.passkeys.possible import are_possible
from doorward.credentials.trusted_browsers import policy_change
from doorward.customers.cached import brand_of
from doorward.customers.models import Customer
from doorward.gate import many
from doorward.policy import versions
from doorward.policy.effective import Policies
from doorward.policy.fields import Kinds
from doorward.rollout import stopped_sessions
from doorward.rollout.rules import Foretold, Reach, foretell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.gate.many import Alike
    from doorward.policy.series import Series
    from doorward.policy.versions import Owner, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is rehearsed: a version of whose policy or minimum it is; or ticks, for these people of that customer."""

    owner: Owner
    wanted: Wanted | None = None
    people: frozenset[UUID] = frozenset()

    def customers(self) -> QuerySet[Customer]:
        """Return whose people it concerns."""
        if self.owner.brand_id is not None:
            return Customer.objects.filter(brand_id=self.owner.brand_id)
        return Customer.objects.filter(id=self.owner.of_customer)


@dataclass(frozen=True, slots=True)
class Told:
    """What happens to one person. `newly`: it is required of them, and was not; `freed`: the other way round.

    `helps`: they are active, and have the Administrators tab.
    """

    foretold: Foretold
    customer_id: UUID
    newly: bool = False
    freed: bool = False
    helps: bool = False


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would happen: to everybody by their id, and which open sessions (by id, of whom) would be stopped."""

    at: datetime
    people: Mapping[UUID, Told]
    sessions: Mapping[UUID, UUID] = field(default_factory=dict)

    def count(self) -> Counter[str]:
        """Return how many people there are of each outcome, and how many are `newly` required or `freed`."""
        return sum(self.by_customer().values(), Counter())

    def by_customer(self) -> dict[UUID, Counter[str]]:
        """Return the same of each customer."""
        found: dict[UUID, Counter[str]] = {}
        for told, people in Counter(self.people.values()).items():
            of = found.setdefault(told.customer_id, Counter())
            of[told.foretold.outcome.value] += people
            of += Counter(newly=people * told.newly, freed=people * told.freed)
        return found


@dataclass(frozen=True, slots=True)
class _After:
    """What would be asked: the series that takes the place of one of a customer's, and who would be ticked."""

    column: str = ""
    series: Series = ()
    ticked: frozenset[UUID] = frozenset()
    start: datetime | None = None

    def policies(self, now: Policies) -> Policies:
        return replace(now, **{self.column: self.series}) if self.column else now


def rehearse(plan: Plan, *, now: datetime) -> Rehearsal:
    """Return what would happen. Raises what saving the version refuses of it."""
    after, customers = _after(plan, now=now), plan.customers()
    browsers = any(one.values.kinds is Kinds.PHISHING_RESISTANT for one in after.series)
    besides = [Policies(**{after.column: after.series})] if after.column else []
    opened = stopped_sessions.read(customers, now=now)
    people: dict[UUID, Told] = {}
    sessions: dict[UUID, UUID] = {}
    known: dict[tuple[Alike, bool], Told] = {}
    for person_id, alike in many.read(customers, besides=besides, browsers=browsers):
        key = (alike, person_id in after.ticked)
        found = known.get(key)
        if found is None:
            found = known[key] = _told(alike, after, ticked=key[1], now=now)
        people[person_id] = found
        if person_id in opened:
            then = _then(alike, ticked=key[1])
            policies = alike.policies(), after.policies(alike.policies())
            stopped = opened[person_id].stopped(alike, then, policies, now=now)
            sessions |= dict.fromkeys(stopped, person_id)
    return Rehearsal(now, people, sessions)


def _after(plan: Plan, *, now: datetime) -> _After:
    if plan.wanted is None:
        return _After(ticked=plan.people)
    policy_change.must_be_possible(plan.owner, plan.wanted, now=now)
    series = versions.would_be(plan.owner, plan.wanted, now=now)
    return _After(_column(plan.owner), series, start=plan.wanted.starts_at)


def _column(owner: Owner) -> str:
    """Return which of `Policies` it is."""
    if not owner.is_minimum:
        return "customer"
    return "brand" if owner.brand_id is not None else "minimum"


def _told(alike: Alike, after: _After, *, ticked: bool, now: datetime) -> Told:
    """Return what happens to each of those who are alike."""
    joined = _joined(alike, now=now)
    then, policies = _then(joined, ticked=ticked), after.policies(alike.policies())
    start = max(now, after.start or now)
    was = joined.facts(alike.policies(), now=start).policy.required
    found = foretell(lambda at: then.facts(policies, now=at), _reach(alike), now=now, start=start)
    is_now = then.facts(policies, now=start).policy.required
    return Told(found, alike.customer_id, is_now and not was, was and not is_now, alike.looks_after)


def _then(alike: Alike, *, ticked: bool) -> Alike:
    """Return somebody as they are once they are ticked, which ends an exception."""
    return alike.changed(require_2fa=True, excepted_until=None) if ticked else alike


def _joined(alike: Alike, *, now: datetime) -> Alike:
    """Return somebody invited as they are once they accept the invitation, now."""
    if alike.status is not Status.INVITED:
        return alike
    return alike.changed(status=Status.ACTIVE, joined_at=now)


def _reach(alike: Alike) -> Reach:
    return Reach(
        mail=not alike.mail_problem,
        codes=alike.codes_left,
        passkeys=alike.makes_passkeys and are_possible(brand_of(alike.row["customer_brand_id"])),
        by_link=alike.status is Status.INVITED,
    )


@dataclass(frozen=True, slots=True)
class Helpers:
    """How many have the Administrators tab, and how many of them get in without doing anything for it."""

    people: int
    through: int

    @classmethod
    def among(cls, people: Iterable[Told]) -> Helpers:
        """Count them."""
        there = [one for one in people if one.helps]
        return cls(len(there), sum(one.foretold.through for one in there))
