"""Imports that are kept until they are done: a file is handed over, its columns are named, it is done or stopped."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar

from django.db import transaction

from doorward.audit import removals
from doorward.audit.record import record
from doorward.customers.rights import authorise
from doorward.importing import (
    column_memory,
    columns,
    inviting,
    part_by_part,
    reading_files,
    sealed_lines,
)
from doorward.importing.errors import ImportForgotten
from doorward.importing.events import (
    IMPORT_DISCARDED,
    IMPORT_GOES_ON,
    IMPORT_REPORTED,
    IMPORT_STOPPED,
    INVITING_DISCARDED,
)
from doorward.importing.models import WAITING, ImportPart, ImportRun, ImportState
from doorward.importing.people import needed
from doorward.kernel.errors import ChoiceInvalid, NotFound
from doorward.kernel.text.cleaning import storable
from doorward.permissions.actions import Action
from doorward.rollout.errors import RunOver

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.importing.sealed_lines import Line

# So many lines are done within the request; more are left to the worker.
IN_REQUEST: Final = 500
# So many files of one person wait at a time; an older one is forgotten for a new one.
MOST_WAITING: Final = 5
_WRITTEN_AT_ONCE: Final = 20
_HEADING: Final = 80


T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is imported: people or customers of a file, or people of another system; into which customer.

    `invite`: who comes without a password is invited by mail.
    """

    kind: str
    customer_id: UUID | None = None
    invite: bool = False
    file_name: str = ""

    @property
    def into(self) -> UUID | None:
        """The one customer; None: those that the lines name, or that they are."""
        return None if self.kind == "customers" else self.customer_id


def receive(table: reading_files.Table, about: About, *, actor: Actor, now: datetime) -> ImportRun:
    """Keep the lines of a file, sealed, until they are imported; return the import. Raises `NothingInFile`."""
    authorise(actor, needed(about.into), about.into)
    reading_files.must_have_lines(table)
    headings = [storable(one)[:_HEADING] for one in table.headings]
    known = columns.KNOWN[about.kind]
    fields = list(table.fields)
    if not any(fields):
        fields = columns.suggest(
            headings, known, column_memory.remembered(about.kind, about.into, actor=actor)
        )
    with transaction.atomic():
        run = _begin(about, table.digest, actor=actor, now=now)
        run.headings, run.fields = headings, fields
        _keep(run, table.lines(), sealed_lines.part_of_table)
    return run


def receive_lines(
    lines: Iterable[Line], about: About, *, digest: str, actor: Actor, now: datetime
) -> ImportRun:
    """Keep what another system has in the same way."""
    authorise(actor, needed(about.into), about.into)
    with transaction.atomic():
        run = _begin(about, digest, actor=actor, now=now)
        _keep(run, iter(lines), sealed_lines.part_of_lines)
    return run


def rehearse(run: ImportRun, fields: Sequence[str], *, actor: Actor, now: datetime) -> ImportRun:
    """Begin the dry run, with the columns as somebody says that they are, and remember what they said.

    Raises what `columns.chosen` does, `NotAuthorised` where there are passwords or devices among them and whoever
    says so may not bring these, and as `stop`.
    """
    authorise(actor, needed(run.customer_id), run.customer_id)
    with transaction.atomic():
        run = _held(run, (ImportState.MAPPING, ImportState.REHEARSED), actor=actor)
        if run.headings:
            if len(fields) != len(run.headings):
                raise ChoiceInvalid
            run.fields = columns.chosen(fields, columns.KNOWN[run.kind], columns.NEEDED[run.kind])
            _must_bring(run, actor=actor)
            column_memory.remember(run, actor=actor)
        _start(run, dry=True, actor=actor, now=now)
    return run


def begin(run: ImportRun, *, dry: bool = False, actor: Actor, now: datetime) -> ImportRun:
    """Begin at once, with the columns as they are understood; `dry`: the dry run. Raises as `stop`."""
    authorise(actor, needed(run.customer_id), run.customer_id)
    return _began(run, ImportState.MAPPING, dry=dry, actor=actor, now=now)


def apply(run: ImportRun, *, actor: Actor, now: datetime) -> ImportRun:
    """Begin to do what the dry run said. Raises as `stop`."""
    authorise(actor, needed(run.customer_id), run.customer_id)
    return _began(run, ImportState.REHEARSED, dry=False, actor=actor, now=now)


def invite(run: ImportRun, *, actor: Actor, now: datetime) -> ImportRun:
    """Begin to invite who was imported and waits for it; return that import of its own, or the one that goes on.

    Raises `NotFound`, and `RunOver` where nobody waits.
    """
    authorise(actor, needed(run.customer_id), run.customer_id)
    with transaction.atomic():
        run = _held(run, (ImportState.DONE,), actor=actor)
        open_ = (ImportState.RUNNING, ImportState.STOPPED)
        begun = ImportRun.objects.filter(kind=inviting.KIND, digest=run.id.hex, state__in=open_)
        if there := begun.order_by("-begun_at").first():
            return there
        if not inviting.waiting(run).exists():
            raise RunOver
        about = About(kind=inviting.KIND, customer_id=run.customer_id, file_name=run.file_name)
        lines = inviting.lines(run)
        made = receive_lines(lines, about, digest=run.id.hex, actor=actor, now=now)
        _start(made, dry=False, actor=actor, now=now)
    return made


def stop(run: ImportRun, *, actor: Actor, now: datetime) -> None:
    """Stop it: what was done stays. Raises `RunOver`, `NotFound`, `NotAuthorised`."""
    authorise(actor, needed(run.customer_id), run.customer_id)
    with transaction.atomic():
        run = _held(run, (ImportState.RUNNING,), actor=actor)
        run.state, run.stopped_by, run.changed_at = ImportState.STOPPED, "", now
        run.save(update_fields=["state", "stopped_by", "changed_at"])
        if not run.dry:
            part_by_part.tell(IMPORT_STOPPED, run, actor=actor)


def resume(run: ImportRun, *, actor: Actor, now: datetime) -> ImportRun:
    """Go on where it was, from now on by the right of who says so. Raises as `stop`, and `ImportForgotten`."""
    authorise(actor, needed(run.customer_id), run.customer_id)
    with transaction.atomic():
        states = (
            (ImportState.STOPPED, ImportState.RUNNING) if actor.is_ours else (ImportState.STOPPED,)
        )
        run = _held(run, states, actor=actor)
        _must_bring(run, actor=actor)
        _ask(run, actor=actor, now=now)
        run.state = ImportState.RUNNING
        run.save()
        if not run.dry:
            part_by_part.tell(IMPORT_GOES_ON, run, actor=actor)
    return run


def discard(run: ImportRun, *, actor: Actor) -> None:
    """Forget what has not begun to be done, or was stopped. Raises as `stop`."""
    authorise(actor, needed(run.customer_id), run.customer_id)
    with transaction.atomic():
        run = _held(run, WAITING, actor=actor)
        part_by_part.tell(IMPORT_DISCARDED, run, actor=actor, more=removals.ids([run.id]))
        run.delete()


def was_discarded(run_id: UUID, *, actor: Actor) -> bool:
    """Return whether who acts has discarded this import before."""
    return removals.was_removed(run_id, (IMPORT_DISCARDED, INVITING_DISCARDED), actor=actor)


def work(run: ImportRun, *, actor: Actor, now: datetime) -> None:
    """Do a short one at once, for who is there; a long one is left to the worker."""
    authorise(actor, needed(run.customer_id), run.customer_id)
    if run.lines <= IN_REQUEST:
        while part_by_part.do_part(run, actor=actor, now=now):
            pass


def record_report(run: ImportRun, *, filters: list[str], actor: Actor) -> None:
    """Record that what came of each line is downloaded. Raises `NotAuthorised`."""
    authorise(actor, needed(run.customer_id), run.customer_id)
    with transaction.atomic():
        whose = (run.customer.id, run.customer.name) if run.customer else None
        event = inviting.as_what_it_is(IMPORT_REPORTED, run)
        record(event, actor=actor, customer=whose, details={"filters": filters})


def _begin(about: About, digest: str, *, actor: Actor, now: datetime) -> ImportRun:
    authorise(actor, needed(about.into), about.into)
    run = ImportRun(
        kind=about.kind,
        customer_id=about.into,
        digest=digest,
        invite=about.invite,
        file_name=storable(about.file_name)[:120],
        begun_at=now,
        asked_at=now,
        changed_at=now,
    )
    _ask(run, actor=actor, now=now)
    if actor.person is not None:
        begun = (ImportState.MAPPING, ImportState.REHEARSED)
        waiting = ImportRun.objects.filter(asked_by_id=actor.person.id, state__in=begun)
        older = waiting.order_by("-begun_at").values_list("id", flat=True)[MOST_WAITING - 1 :]
        ImportRun.objects.filter(id__in=list(older)).delete()
    run.save(force_insert=True)
    return run


def _keep(
    run: ImportRun, lines: Iterator[T], seal: Callable[[UUID, int, list[T]], ImportPart]
) -> None:
    number = 0
    while some := list(islice(lines, part_by_part.PART * _WRITTEN_AT_ONCE)):
        made = []
        for start in range(0, len(some), part_by_part.PART):
            made.append(seal(run.id, number, some[start : start + part_by_part.PART]))
            number += 1
        ImportPart.objects.bulk_create(made)
        run.lines += len(some)
    run.save()


def _began(
    run: ImportRun, state: ImportState, *, dry: bool, actor: Actor, now: datetime
) -> ImportRun:
    with transaction.atomic():
        run = _held(run, (state,), actor=actor)
        _must_bring(run, actor=actor)
        _start(run, dry=dry, actor=actor, now=now)
    return run


def _start(run: ImportRun, *, dry: bool, actor: Actor, now: datetime) -> None:
    _ask(run, actor=actor, now=now)
    run.dry, run.state, run.stopped_by, run.next_part = dry, ImportState.RUNNING, "", 0
    run.made = run.changed = run.same = run.refused = 0
    run.save()


def _ask(run: ImportRun, *, actor: Actor, now: datetime) -> None:
    run.asked_by_id = actor.person.id if actor.person else None
    run.session_id = actor.session_id
    run.asked_at = run.changed_at = now


def _held(run: ImportRun, states: Collection[str], *, actor: Actor) -> ImportRun:
    """Return it, locked, to whoever may do this still."""
    held = ImportRun.objects.select_for_update(no_key=True).filter(id=run.id).first()
    if held is None:
        raise NotFound
    authorise(actor, needed(held.customer_id), held.customer_id)
    if held.state == ImportState.FORGOTTEN:
        raise ImportForgotten
    if held.state not in states:
        raise RunOver
    return held


def _must_bring(run: ImportRun, *, actor: Actor) -> None:
    """Let on who may bring what would let people sign in, where it is among the columns."""
    if columns.SECRET & set(run.fields):
        authorise(actor, Action.TAKE_OVER_CREDENTIALS)
