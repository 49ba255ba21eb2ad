"""Looking at an import part by part: each part is one transaction, with what came of each of its lines.

What is killed in the middle goes on with the part whose transaction was not done. Of what somebody asked for on a page,
the worker asks at each part whether they are let through still (`rollout/who_asked.py`; decision 0027).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from django.db import transaction

from doorward.audit.actor import WORKER
from doorward.audit.record import record
from doorward.customers.rights import authorise
from doorward.gate.requirement import Need
from doorward.importing import (
    customers,
    devices,
    inviting,
    lines_of_part,
    people,
    rules,
    sealed_lines,
)
from doorward.importing.errors import ImportForgotten
from doorward.importing.events import IMPORT_STOPPED, IMPORTED
from doorward.importing.models import ImportLine, ImportPart, ImportRun, ImportState
from doorward.importing.rules import CustomerLine, LineOutcome, PersonLine
from doorward.kernel.errors import NotFound, Refusal, TooManyMails
from doorward.kernel.why_not_saved import log_failure
from doorward.permissions.actions import Action
from doorward.permissions.errors import NotAuthorised
from doorward.rollout.errors import AskerLostRight
from doorward.rollout.who_asked import asker, why_not

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.audit.events import EventType
    from doorward.audit.record import Detail

_log = logging.getLogger("doorward.importing")

# So many lines in one transaction, and so many parts in one round of the worker, so that mails are not kept waiting.
PART: Final = 100
PARTS_A_ROUND: Final = 10


def work_due(*, now: datetime) -> int:
    """Go on with what runs, a few parts of each; return with how many lines. For the worker, each round."""
    done = 0
    running = ImportRun.objects.filter(state=ImportState.RUNNING, asked_by__isnull=False)
    for run_id in list(running.order_by("begun_at").values_list("id", flat=True)):
        try:
            for _ in range(PARTS_A_ROUND):
                lines = _by_the_worker(run_id, now=now)
                done += lines
                if not lines:
                    break
        except Exception as error:  # noqa: BLE001 - one import must not keep the others from being done
            log_failure(_log, f"an import failed: {run_id}", error)
    return done


def do_part(run: ImportRun, *, actor: Actor, now: datetime) -> int:
    """Do the next part for who is there and asked; return how many lines it had. 0: it is over, or was stopped."""
    authorise(actor, people.needed(run.customer_id), run.customer_id)
    with transaction.atomic():
        running = _running(run.id)
        if running is None:
            return 0
        try:
            with transaction.atomic():
                return _do(running, actor=actor, now=now)
        except TooManyMails as full:
            _stop(running, full, actor=actor, now=now)
    return 0


def _by_the_worker(run_id: UUID, *, now: datetime) -> int:
    with transaction.atomic():
        run = _running(run_id)
        if run is None:
            return 0
        actor = asker(run)
        # Those of the provider do it for a customer; its own people hold the right themselves.
        whose = run.asked_by.customer_id if run.asked_by else None
        behalf = run.customer_id is None or run.customer_id != whose
        need = Need.of(Action.IMPORT_PEOPLE, behalf=behalf)
        why: Refusal | None = why_not(run, actor, need, now=now)
        if why is None:
            try:
                with transaction.atomic():
                    return _do(run, actor=actor, now=now)
            except (NotAuthorised, NotFound):
                why = AskerLostRight()
            except (ImportForgotten, TooManyMails) as refusal:
                why = refusal
        _stop(run, why, actor=WORKER, now=now)
    return 0


def _stop(run: ImportRun, why: Refusal, *, actor: Actor, now: datetime) -> None:
    """Stop it until somebody goes on: who asked for it may not any more, or too many mails were sent."""
    run.state, run.stopped_by, run.changed_at = ImportState.STOPPED, why.code, now
    run.save(update_fields=["state", "stopped_by", "changed_at"])
    tell(IMPORT_STOPPED, run, actor=actor, more={"reason": why.code})


def _running(run_id: UUID) -> ImportRun | None:
    """Return a run that is to be gone on with, under its lock: whoever stops it waits, or has been before."""
    rows = ImportRun.objects.select_for_update(no_key=True, of=("self",))
    rows = rows.select_related("asked_by__customer")
    found: ImportRun | None = rows.filter(id=run_id, state=ImportState.RUNNING).first()
    return found


def _do(run: ImportRun, *, actor: Actor, now: datetime) -> int:
    part = run.parts.filter(number=run.next_part).first()
    outcomes = _outcomes(run, part, actor=actor, now=now) if part else []
    for line in outcomes:
        setattr(run, line.fate, getattr(run, line.fate) + 1)
    run.next_part += 1
    run.changed_at = now
    if run.looked_at >= run.lines or not outcomes:
        _end(run, actor=actor)
    run.save(
        update_fields=["next_part", "changed_at", "state", *(fate.value for fate in rules.Fate)]
    )
    return len(outcomes)


def _end(run: ImportRun, *, actor: Actor) -> None:
    """Say that it is over; where it was no dry run, nothing of the file is kept."""
    run.state = ImportState.REHEARSED if run.dry else ImportState.DONE
    if not run.dry:
        run.parts.all().delete()
        # Of an invitation there is an event already.
        if run.to_do and run.kind != inviting.KIND:
            tell(IMPORTED, run, actor=actor)


def tell(
    event: EventType, run: ImportRun, *, actor: Actor, more: Mapping[str, Detail] | None = None
) -> None:
    """Record something about an import, with its numbers, in the history of whose people they are."""
    details: dict[str, Detail] = {
        "kind": run.kind,
        "made": run.made,
        "changed": run.changed,
        "refused": run.refused,
        **(more or {}),
    }
    whose = (run.customer.id, run.customer.name) if run.customer else None
    record(inviting.as_what_it_is(event, run), actor=actor, customer=whose, details=details)


def _outcomes(
    run: ImportRun, part: ImportPart, *, actor: Actor, now: datetime
) -> list[LineOutcome]:
    """Do a part, and write down what came of each line."""
    lines = list(lines_of_part.once(run, part))
    ready = [line for line in lines if not isinstance(line, LineOutcome)]
    with transaction.atomic():
        done = {one.number: one for one in _done(run, ready, actor=actor, now=now)}
        if run.dry:
            transaction.set_rollback(True)
    # The dry run said it, too.
    run.outcomes.filter(part=part.number).delete()
    told = [
        (line, "")
        if isinstance(line, LineOutcome)
        else (done[line.number], lines_of_part.key_of(line))
        for line in lines
    ]
    ImportLine.objects.bulk_create(_row(run, part.number, outcome, key) for outcome, key in told)
    return [outcome for outcome, _ in told]


def _done(
    run: ImportRun, lines: list[PersonLine | CustomerLine], *, actor: Actor, now: datetime
) -> list[LineOutcome]:
    if not lines:
        return []
    of_customers = [line for line in lines if isinstance(line, CustomerLine)]
    if of_customers:
        return customers.do(of_customers, actor=actor, now=now)
    of_people = [line for line in lines if isinstance(line, PersonLine)]
    into = run.customer_id
    if run.kind == inviting.KIND:
        return inviting.do(of_people, customer_id=into, actor=actor, now=now)
    if run.kind == devices.KIND and into is not None:
        return devices.do(of_people, customer_id=into, actor=actor, now=now)
    return people.do(of_people, customer_id=into, invite=run.invite, actor=actor, now=now)


def _row(run: ImportRun, part: int, outcome: LineOutcome, key: str) -> ImportLine:
    return ImportLine(
        run=run,
        number=outcome.number,
        part=part,
        what=outcome.key,
        key=key,
        fate=outcome.fate.value,
        fields=" ".join(outcome.fields)[:200],
        why={
            "refusal": sealed_lines.packed_refusals([outcome.refusal]),
            "notes": sealed_lines.packed_refusals(outcome.notes),
        },
    )
