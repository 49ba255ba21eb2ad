"""Making a rehearsal, and applying what was rehearsed: that, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from django.db import transaction

from doorward.accounts.locking import must_still_may
from doorward.accounts.models import Administrator, Status
from doorward.credentials.trusted_browsers import policy_change
from doorward.customers import locking, protection
from doorward.customers.rights import authorise
from doorward.kernel.errors import MustWait, NotFound
from doorward.permissions.actions import Action
from doorward.rollout import kept_rehearsals, tick_runs
from doorward.rollout.errors import NobodyLeft, RehearsalOutdated, TooManyToRehearse
from doorward.rollout.rehearsal import Plan, rehearse

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.policy.models import PolicyVersion
    from doorward.policy.versions import Owner, Wanted
    from doorward.rollout.kept_rehearsals import Difference, Kept
    from doorward.rollout.models import TickRun
    from doorward.rollout.rehearsal import Rehearsal

# A request must end within a few seconds; at the console there is time.
MOST: Final = 100_000


def make(plan: Plan, *, actor: Actor, now: datetime) -> UUID:
    """Rehearse for whoever asks, and keep it for them; return its id.

    Who was removed is left out. Raises what saving the version refuses of it, `NotFound` for people of others,
    `NobodyLeft`, `TooManyToRehearse`, and `MustWait` for whoever makes one after the other.
    """
    authorise(actor, _looking(plan.owner), **_target(plan))
    if actor.person is None:
        raise NotFound
    if wait := kept_rehearsals.seconds_to_wait(actor.person, now=now):
        raise MustWait(seconds=wait)
    plan = _of_those_left(plan)
    people = Administrator.objects.everywhere().filter(customer__in=plan.customers())
    if people.exclude(status=Status.REMOVED)[MOST:].exists():
        raise TooManyToRehearse(maximum=MOST)
    found = rehearse(plan, now=now)
    with transaction.atomic():
        # It took its time.
        must_still_may(actor, _looking(plan.owner), **_target(plan))
        return kept_rehearsals.keep(plan, found, actor.person)


def make_again(kept: Kept, *, actor: Actor, now: datetime) -> UUID:
    """Rehearse once more what is out of date, without the people who are gone; return its id. Raises as `make`."""
    authorise(actor, _looking(kept.plan.owner), **_target(kept.plan))
    plan = kept.plan
    if plan.wanted is None:
        # Of some there is not even a row any more.
        there = Administrator.objects.of(plan.owner.of_customer).values_list("id", flat=True)
        plan = replace(plan, people=plan.people & frozenset(there))
    return make(plan, actor=actor, now=now)


def find(rehearsal_id: UUID, *, actor: Actor, now: datetime) -> Kept:
    """Return a rehearsal that whoever asks made themselves, or raise `NotFound`."""
    kept = kept_rehearsals.read(rehearsal_id, actor.person, now=now) if actor.person else None
    if kept is None:
        raise NotFound
    return kept


def apply(kept: Kept, *, actor: Actor, now: datetime) -> TickRun | PolicyVersion | None:
    """Do what was rehearsed, once, where it would still do the same to everybody; return its run, or the new version.

    Raises `RehearsalOutdated` where it would not, `NotFound` where it was done already, and what saving refuses.
    """
    authorise(actor, action_of(kept.plan), **_target(kept.plan))
    with protection.refusals_recorded(actor=actor), transaction.atomic():
        _hold(kept.plan)
        if not kept_rehearsals.take(kept):
            raise NotFound
        if changed_since(kept, now=now):
            raise RehearsalOutdated
        return _do(kept.plan, actor=actor, now=now)


def apply_shown(
    owner: Owner, wanted: Wanted, shown: Rehearsal, *, actor: Actor, now: datetime
) -> PolicyVersion | None:
    """Save a version at the console, where it would still do to everybody what was shown; return it, if it is new.

    Raises `RehearsalOutdated` where it would not, and what saving refuses.
    """
    authorise(actor, owner.action, owner.customer_id, brand_id=owner.brand_id)
    plan = Plan(owner=owner, wanted=wanted)
    with protection.refusals_recorded(actor=actor), transaction.atomic():
        _hold(plan)
        found = rehearse(plan, now=now)
        if kept_rehearsals.differ(shown, found):
            raise RehearsalOutdated
        return policy_change.save(owner, wanted, actor=actor, now=now)


def changed_since(kept: Kept, *, now: datetime) -> list[Difference]:
    """Return who would fare differently now; of a brand, whether anybody would is seen by the numbers."""
    found = rehearse(kept.plan, now=now)
    if kept.plan.owner.brand_id is None:
        return kept_rehearsals.differences(kept, found.people, at=found.at)
    same = {one: dict(counts) for one, counts in found.by_customer().items()} == kept.by_customer
    return [] if same else [kept_rehearsals.Difference(kept.id, None, None)]


def action_of(plan: Plan) -> Action:
    """Return what applying it is."""
    return Action.REQUIRE_TWO_FACTORS if plan.wanted is None else plan.owner.action


def _target(plan: Plan) -> dict[str, UUID | None]:
    """Return what it is done to, as `authorise` is told."""
    return {"customer_id": plan.owner.customer_id, "brand_id": plan.owner.brand_id}


def _looking(owner: Owner) -> Action:
    if not owner.is_minimum:
        return Action.REHEARSE
    return Action.REHEARSE_BRAND if owner.customer_id is None else Action.REHEARSE_MINIMUM


def removed_among(people: Collection[UUID], *, customer_id: UUID) -> int:
    """Return how many of these people were removed: a rehearsal leaves them out."""
    rows = Administrator.objects.of(customer_id).filter(status=Status.REMOVED)
    return rows.filter(id__in=people).count()


def _of_those_left(plan: Plan) -> Plan:
    """Let only people of the customer be ticked; leave out who was removed."""
    if plan.wanted is not None:
        return plan
    there = dict(
        Administrator.objects.of(plan.owner.of_customer).values_list("id", "status").iterator()
    )
    if not (plan.people and plan.people <= there.keys()):
        raise NotFound
    left = frozenset(one for one in plan.people if there[one] != Status.REMOVED)
    if not left:
        raise NobodyLeft
    return replace(plan, people=left)


def _hold(plan: Plan) -> None:
    """Let no other change of these people's customer in before this one."""
    if plan.owner.brand_id is None:
        locking.hold(plan.owner.of_customer)


def _do(plan: Plan, *, actor: Actor, now: datetime) -> TickRun | PolicyVersion | None:
    if plan.wanted is not None:
        return policy_change.save(plan.owner, plan.wanted, actor=actor, now=now)
    return tick_runs.require(plan.people, customer_id=plan.owner.of_customer, actor=actor, now=now)
