"""Ticks for many: two factors required of a few at once, and of more by the worker, part by part.

Each person has a row that says what came of it, written in the transaction of their tick: what is killed in the
middle goes on where it was, and does nothing twice. At each part who asked must be let through still (`who_asked.py`),
and of a customer one runs at a time.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Count, Q

from doorward.accounts import require_two_factors
from doorward.accounts.errors import NothingSelected
from doorward.accounts.locking import must_still_may
from doorward.accounts.looking_after import keeps_help
from doorward.accounts.models import Administrator, Status
from doorward.audit.actor import WORKER
from doorward.audit.record import record
from doorward.customers import locking
from doorward.customers.models import Customer
from doorward.customers.rights import authorise
from doorward.gate.requirement import Need
from doorward.kernel.errors import NotFound, Refusal
from doorward.kernel.why_not_saved import log_failure
from doorward.permissions.actions import Action
from doorward.rollout.errors import AlreadyRunning, NobodyLeft, RemovedMeanwhile, RunOver
from doorward.rollout.events import (
    REQUIRING_BEGUN,
    REQUIRING_DONE,
    REQUIRING_GOES_ON,
    REQUIRING_STOPPED,
)
from doorward.rollout.models import RunState, Tick, TickOutcome, TickRun
from doorward.rollout.who_asked import asker, why_not

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.audit.events import EventType
    from doorward.audit.record import Detail

_log = logging.getLogger("doorward.rollout")

# So many are done within the request; more are left to the worker.
IN_REQUEST: Final = 500
# So many in one transaction, and so many parts in one round, so that mails are not kept waiting.
PART: Final = 100
PARTS_A_ROUND: Final = 3
KEPT: Final = timedelta(days=30)
# So long the list tells of one that is done and left somebody out.
TOLD: Final = timedelta(days=7)
_WRITTEN_AT_ONCE: Final = 5000


@dataclass(frozen=True, slots=True)
class Numbers:
    """How far it is: how many people there are of each outcome."""

    waiting: int = 0
    ticked: int = 0
    already: int = 0
    failed: int = 0

    @property
    def people(self) -> int:
        """All of them."""
        return self.waiting + self.looked_at

    @property
    def looked_at(self) -> int:
        """Those whose turn it was."""
        return self.ticked + self.already + self.failed


def require(people: Collection[UUID], *, customer_id: UUID, actor: Actor, now: datetime) -> TickRun:
    """Require two factors of these people: a few at once, of many the worker goes on with it; return the run.

    Who was removed is listed as failed. Raises `NothingSelected`, `NobodyLeft`, `NotFound` where somebody is not of
    this customer, `AlreadyRunning` of many, and what `keeps_help` raises: nothing is done then.
    """
    authorise(actor, Action.REQUIRE_TWO_FACTORS, customer_id)
    if not people:
        raise NothingSelected
    with transaction.atomic():
        locking.hold(customer_id)
        must_still_may(actor, Action.REQUIRE_TWO_FACTORS, customer_id)
        if len(people) > IN_REQUEST:
            _must_be_the_only_one(customer_id)
        run = _write_down(people, customer_id=customer_id, actor=actor, now=now)
        if len(people) <= IN_REQUEST:
            _do(run, _waiting(run, IN_REQUEST), actor=actor, whole=True, now=now)
        else:
            _must_leave_help(run, now=now)
            _record(REQUIRING_BEGUN, run, actor=actor)
    return run


def stop(run_id: UUID, *, customer_id: UUID, actor: Actor, now: datetime) -> None:
    """Stop it: from now on nobody more is ticked. Raises `RunOver`, `NotFound`, `StaleRequest`."""
    authorise(actor, Action.REQUIRE_TWO_FACTORS, customer_id)
    with transaction.atomic():
        run = _held(run_id, customer_id, RunState.RUNNING, actor=actor)
        _set(run, RunState.STOPPED, now=now)
        _record(REQUIRING_STOPPED, run, actor=actor)


def resume(run_id: UUID, *, customer_id: UUID, actor: Actor, now: datetime) -> None:
    """Let it go on, from now on by the right of who says so. Raises as `stop`, and `AlreadyRunning`."""
    authorise(actor, Action.REQUIRE_TWO_FACTORS, customer_id)
    if actor.person is None:
        raise NotFound
    with transaction.atomic():
        run = _held(run_id, customer_id, RunState.STOPPED, actor=actor)
        _must_be_the_only_one(customer_id)
        run.asked_by_id, run.session_id = actor.person.id, actor.session_id
        run.asked_at = now
        run.save(update_fields=["asked_by_id", "session_id", "asked_at"])
        _set(run, RunState.RUNNING, now=now)
        _record(REQUIRING_GOES_ON, run, actor=actor)


def find(run_id: UUID, *, customer_id: UUID) -> TickRun:
    """Return a run of this customer, or raise `NotFound`."""
    rows = TickRun.objects.select_related("asked_by", "customer")
    run = rows.filter(id=run_id, customer_id=customer_id).first()
    if run is None:
        raise NotFound
    return run


def to_be_told(customer_id: UUID, *, now: datetime) -> TickRun | None:
    """Return the newest run that is not over, or has just left somebody out; None: there is none."""
    left_out = Q(failed__gt=0, changed_at__gt=now - TOLD)
    rows = TickRun.objects.filter(~Q(state=RunState.DONE) | left_out, customer_id=customer_id)
    return rows.order_by("-begun_at").first()


def numbers(run: TickRun) -> Numbers:
    """Return how far it is, in one query."""
    rows = run.ticks.values_list("outcome").annotate(Count("id")).order_by()
    return Numbers(**dict(rows))


def newly_ticked(people: Collection[UUID], *, customer_id: UUID) -> int:
    """Return how many of these people two factors would be newly required of: neither ticked yet nor removed."""
    rows = Administrator.objects.of(customer_id).filter(require_2fa=False)
    rows = rows.exclude(status=Status.REMOVED)
    if len(people) > IN_REQUEST:
        return len(frozenset(rows.values_list("id", flat=True)).intersection(people))
    return rows.filter(id__in=people).count()


def work_due(*, now: datetime) -> int:
    """Go on with what runs, a few parts of each; return of how many people. For the worker, each round."""
    done = 0
    running = TickRun.objects.filter(state=RunState.RUNNING).order_by("begun_at")
    for run_id, customer_id in list(running.values_list("id", "customer_id")):
        try:
            for _ in range(PARTS_A_ROUND):
                people = _part(run_id, customer_id, now=now)
                done += people
                if not people:
                    break
        except Exception as error:  # noqa: BLE001 - one customer's must not keep the others from being done
            log_failure(_log, f"ticks for many failed: {run_id}", error)
    return done


def forget(*, now: datetime) -> int:
    """Delete what ended, or was stopped, long ago; return how many there were."""
    over = TickRun.objects.exclude(state=RunState.RUNNING).filter(changed_at__lte=now - KEPT)
    return over.delete()[1].get(TickRun._meta.label, 0)  # noqa: SLF001 - Django's own name for it


def _write_down(
    people: Collection[UUID], *, customer_id: UUID, actor: Actor, now: datetime
) -> TickRun:
    if actor.person is None:
        raise NotFound
    run = TickRun.objects.create(
        customer_id=customer_id,
        asked_by_id=actor.person.id,
        session_id=actor.session_id,
        begun_at=now,
        asked_at=now,
        changed_at=now,
    )
    known = Administrator.objects.of(customer_id)
    if len(people) <= IN_REQUEST:
        known = known.filter(id__in=people)
    there = dict(known.values_list("id", "status"))
    of_these = [there.get(one) for one in people]
    if None in of_these:
        raise NotFound
    if all(one == Status.REMOVED for one in of_these):
        raise NobodyLeft
    rows = (Tick(run=run, administrator_id=one) for one in sorted(people))
    Tick.objects.bulk_create(rows, batch_size=_WRITTEN_AT_ONCE)
    return run


def _must_be_the_only_one(customer_id: UUID) -> None:
    """Refuse a second one, under the customer's lock."""
    if TickRun.objects.filter(customer_id=customer_id, state=RunState.RUNNING).exists():
        raise AlreadyRunning


def _must_leave_help(run: TickRun, *, now: datetime) -> None:
    """Refuse before the first is ticked what would leave nobody who can help once all are."""
    asked = run.ticks.values("administrator_id")
    with transaction.atomic():
        with keeps_help(Customer.objects.filter(id=run.customer_id), now=now):
            helpers = Administrator.objects.of(run.customer_id).filter(looks_after=True)
            helpers.filter(id__in=asked).update(require_2fa=True)
        transaction.set_rollback(True)


def _held(run_id: UUID, customer_id: UUID, state: RunState, *, actor: Actor) -> TickRun:
    locking.hold(customer_id)
    must_still_may(actor, Action.REQUIRE_TWO_FACTORS, customer_id)
    run = find(run_id, customer_id=customer_id)
    if run.state != state:
        raise RunOver
    return run


def _part(run_id: UUID, customer_id: UUID, *, now: datetime) -> int:
    """Do the next part of it, in one transaction; return how many people it had."""
    with transaction.atomic():
        # Whoever stops it, and another worker, waits or has been before.
        locking.hold(customer_id)
        rows = TickRun.objects.select_related("asked_by__customer", "customer")
        run = rows.filter(id=run_id, state=RunState.RUNNING).first()
        if run is None:
            return 0
        actor = asker(run)
        if why := why_not(run, actor, Need.of(Action.REQUIRE_TWO_FACTORS), now=now):
            _set(run, RunState.STOPPED, now=now, stopped_by=why.code)
            _record(REQUIRING_STOPPED, run, actor=WORKER, reason=why.code)
            return 0
        ids = _waiting(run, PART)
        _do(run, ids, actor=actor, whole=False, now=now)
        if run.state == RunState.DONE:
            _record(REQUIRING_DONE, run, actor=actor)
    return len(ids)


def _waiting(run: TickRun, most: int) -> list[UUID]:
    rows = run.ticks.filter(outcome=TickOutcome.WAITING).order_by("id")
    return list(rows.values_list("administrator_id", flat=True)[:most])


def _do(run: TickRun, ids: list[UUID], *, actor: Actor, whole: bool, now: datetime) -> None:
    """Tick these people, and write down what came of it. `whole`: a refusal is one of all, and nothing is done."""
    rows = Administrator.objects.of(run.customer_id).filter(id__in=ids)
    ticks = dict(rows.exclude(status=Status.REMOVED).values_list("id", "require_2fa"))
    already = [one for one, ticked in ticks.items() if ticked]
    fresh = [one for one in ids if ticks.get(one) is False]
    refused: dict[UUID, str] = {}
    if fresh:
        refused = _tick(run, fresh, actor=actor, whole=whole, now=now)
    refused |= {one: RemovedMeanwhile().code for one in ids if one not in ticks}
    _mark(run, already, TickOutcome.ALREADY)
    _mark(run, [one for one in fresh if one not in refused], TickOutcome.TICKED)
    for reason in sorted(set(refused.values())):
        people = [one for one, why in refused.items() if why == reason]
        _mark(run, people, TickOutcome.FAILED, reason)
    run.failed += len(refused)
    TickRun.objects.filter(id=run.id).update(failed=run.failed, changed_at=now)
    if not run.ticks.filter(outcome=TickOutcome.WAITING).exists():
        _set(run, RunState.DONE, now=now)


def _tick(
    run: TickRun, fresh: list[UUID], *, actor: Actor, whole: bool, now: datetime
) -> dict[UUID, str]:
    """Tick them together; where that is refused, one by one, and return whom it was refused for, with the code."""
    try:
        with transaction.atomic():
            require_two_factors.require_several(
                fresh, customer_id=run.customer_id, actor=actor, now=now
            )
    except Refusal as refusal:
        if whole:
            raise
        if len(fresh) == 1:
            return {fresh[0]: refusal.code}
        alone = (_tick(run, [one], actor=actor, whole=False, now=now) for one in fresh)
        return {person: code for found in alone for person, code in found.items()}
    return {}


def _mark(run: TickRun, ids: Iterable[UUID], outcome: TickOutcome, reason: str = "") -> None:
    rows = run.ticks.filter(administrator_id__in=ids, outcome=TickOutcome.WAITING)
    rows.update(outcome=outcome, reason=reason)


def _set(run: TickRun, state: RunState, *, now: datetime, stopped_by: str = "") -> None:
    run.state, run.stopped_by, run.changed_at = state, stopped_by, now
    run.save(update_fields=["state", "stopped_by", "changed_at"])


def _record(event: EventType, run: TickRun, *, actor: Actor, reason: str = "") -> None:
    found = numbers(run)
    details: dict[str, Detail] = {"people": found.people, "done": found.looked_at}
    if reason:
        details["reason"] = reason
    customer = Customer.objects.values_list("id", "name").get(id=run.customer_id)
    record(event, actor=actor, customer=customer, details=details)
