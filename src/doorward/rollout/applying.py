"""Making a rehearsal, and applying what was rehearsed: that, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from django.db import transaction

from doorward.accounts.models import Administrator, Status
from doorward.credentials.trusted_browsers import policy_change
from doorward.customers import locking, protection
from doorward.customers.rights import authorise
from doorward.kernel.errors import MustWait, NotFound
from doorward.permissions.actions import Action
from doorward.rollout import keeping, ticking
from doorward.rollout.errors import RehearsalOutdated, TooManyToRehearse
from doorward.rollout.rehearsal import Plan, rehearse

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.policy.versions import Owner
    from doorward.rollout.keeping import Difference, Kept
    from doorward.rollout.models import TickRun

# A request must end within a few seconds; at the console there is time.
MOST: Final = 100_000


def make(plan: Plan, *, actor: Actor, now: datetime) -> UUID:
    """Rehearse for whoever asks, and keep it for them; return its id.

    Raises what saving the version refuses of it, `NotFound` for people of others, `TooManyToRehearse`, and `MustWait`
    for whoever makes one after the other.
    """
    authorise(actor, _looking(plan.owner), plan.owner.whose)
    if actor.person is None:
        raise NotFound
    if wait := keeping.seconds_to_wait(actor.person, now=now):
        raise MustWait(seconds=wait)
    _must_be_theirs(plan)
    people = Administrator.objects.everywhere().filter(customer__in=plan.customers())
    if people.exclude(status=Status.REMOVED)[MOST:].exists():
        raise TooManyToRehearse(maximum=MOST)
    found = rehearse(plan, now=now)
    with transaction.atomic():
        return keeping.keep(plan, found, actor.person)


def make_again(kept: Kept, *, actor: Actor, now: datetime) -> UUID:
    """Rehearse once more what is out of date, without the people who are gone; return its id. Raises as `make`."""
    authorise(actor, _looking(kept.plan.owner), kept.plan.owner.whose)
    plan = kept.plan
    if plan.wanted is None:
        plan = replace(plan, people=plan.people & _theirs(plan.owner.of_customer))
    return make(plan, actor=actor, now=now)


def find(rehearsal_id: UUID, *, actor: Actor, now: datetime) -> Kept:
    """Return a rehearsal that whoever asks made themselves, or raise `NotFound`."""
    kept = keeping.read(rehearsal_id, actor.person, now=now) if actor.person else None
    if kept is None:
        raise NotFound
    return kept


def apply(kept: Kept, *, actor: Actor, now: datetime) -> TickRun | None:
    """Do what was rehearsed, once, where it would still do the same to everybody; return the run of its ticks.

    Raises `RehearsalOutdated` where it would not, `NotFound` where it was done already, and what saving refuses.
    """
    authorise(actor, action_of(kept.plan), kept.plan.owner.whose)
    with protection.refusals_recorded(actor=actor), transaction.atomic():
        _hold(kept.plan)
        if not keeping.take(kept):
            raise NotFound
        if changed_since(kept, now=now):
            raise RehearsalOutdated
        return _do(kept.plan, actor=actor, now=now)


def changed_since(kept: Kept, *, now: datetime) -> list[Difference]:
    """Return who would fare differently now; of a brand, whether anybody would is seen by the numbers."""
    found = rehearse(kept.plan, now=now)
    if kept.plan.owner.brand_id is None:
        return keeping.differences(kept, found.people, at=found.at)
    same = {one: dict(counts) for one, counts in found.by_customer().items()} == kept.by_customer
    return [] if same else [keeping.Difference(kept.id, None, None)]


def action_of(plan: Plan) -> Action:
    """Return what applying it is."""
    return Action.REQUIRE_TWO_FACTORS if plan.wanted is None else plan.owner.action


def _looking(owner: Owner) -> Action:
    if not owner.is_minimum:
        return Action.REHEARSE
    return Action.REHEARSE_BRAND if owner.customer_id is None else Action.REHEARSE_MINIMUM


def _must_be_theirs(plan: Plan) -> None:
    """Let only people of the customer be ticked, who were not removed."""
    if plan.wanted is None and not (plan.people and plan.people <= _theirs(plan.owner.of_customer)):
        raise NotFound


def _theirs(customer_id: UUID) -> frozenset[UUID]:
    rows = Administrator.objects.of(customer_id).exclude(status=Status.REMOVED)
    return frozenset(rows.values_list("id", flat=True))


def _hold(plan: Plan) -> None:
    """Let no other change of these people's customer in before this one."""
    if plan.owner.brand_id is None:
        locking.hold(plan.owner.of_customer)


def _do(plan: Plan, *, actor: Actor, now: datetime) -> TickRun | None:
    if plan.wanted is not None:
        policy_change.save(plan.owner, plan.wanted, actor=actor, now=now)
        return None
    return ticking.require(plan.people, customer_id=plan.owner.of_customer, actor=actor, now=now)
