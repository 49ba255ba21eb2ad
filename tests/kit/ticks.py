"""Ticks for many, as they are written down while they are being done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from doorward.rollout.models import RunState, Tick, TickOutcome, TickRun

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator


def run_of(
    asker: Administrator,
    *people: Administrator,
    state: RunState = RunState.RUNNING,
    outcome: TickOutcome = TickOutcome.WAITING,
    reason: str = "",
) -> TickRun:
    """Return a run that somebody began for these people, each with this outcome."""
    now = timezone.now()
    run = TickRun.objects.create(
        customer_id=asker.customer_id,
        asked_by=asker,
        state=state,
        failed=len(people) if outcome == TickOutcome.FAILED else 0,
        begun_at=now,
        asked_at=now,
        changed_at=now,
    )
    for person in people:
        Tick.objects.create(run=run, administrator=person, outcome=outcome, reason=reason)
    return run
