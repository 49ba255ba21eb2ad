"""Looking for what was changed, deleted, inserted or moved in sealed history, and in which batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from doorward.audit import chain, erasure_marks, reading
from doorward.audit.events import ADMINISTRATOR_ERASED, HISTORY_FORGOTTEN
from doorward.audit.leaf_forms import UnknownForm
from doorward.audit.leaves import form_of, is_erased, leaf_of, owner_of
from doorward.audit.sealing import newest
from doorward.kernel.text.amounts import amount

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.models import Batch, ErasedEvent, Event

# How long before it is sealed an event may be dated: a slow transaction, a clock that is a little off.
SLACK: Final = timedelta(hours=1)
# The least of DOORWARD_HISTORY_DAYS: what is younger is never forgotten.
SHORTEST_KEEP: Final = timedelta(days=30)


class Fault(StrEnum):
    """What is wrong with a batch."""

    DELETED = "deleted"
    INSERTED = "inserted"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    BACKDATED = "backdated"
    ERASED = "erased"
    HEAD = "head"
    MISSING = "missing"
    UNKNOWN = "unknown"
    ANCHOR = "anchor"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and in which batch; the text is a sentence that names it."""

    batch: int
    fault: Fault
    text: str


@dataclass(slots=True)
class Report:
    """What was looked at, and what was found.

    `forgotten`: batches of which only the head is kept. `erased`: events whose customer was deleted for good.
    """

    batches: int = 0
    events: int = 0
    waiting: int = 0
    forgotten: int = 0
    erased: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, batch: int, fault: Fault, text: str) -> None:
        """Note a finding."""
        self.findings.append(Finding(batch, fault, text))


def verify(anchors: Sequence[chain.Anchor] = ()) -> Report:
    """Look at all of history; `anchors` are heads that were kept elsewhere."""
    last = newest()
    number = last.number if last else 0
    look = _Look(wanted={anchor.number: [] for anchor in anchors})
    for anchor in anchors:
        look.wanted[anchor.number].append(anchor)
    for batch, events, erased in reading.batches_with_events(number):
        look.at_batch(batch, events, erased)
    for event in reading.not_sealed(number):
        look.report.waiting += 1
        look.note_marks(event)
    for stray in reading.strays():
        look.report.add(
            stray, Fault.UNKNOWN, f"Events say they are of batch {stray}, which was never sealed."
        )
    look.judge_absent()
    look.judge_erased()
    look.judge_anchors()
    look.report.findings.sort(key=lambda finding: finding.batch)
    return look.report


@dataclass(slots=True)
class _Look:
    """What is known so far, from the first batch on."""

    wanted: dict[int, list[chain.Anchor]]
    report: Report = field(default_factory=Report)
    number: int = 0
    head: bytes = chain.START
    # When all that had been written was sealed: what is dated earlier was inserted later.
    all_sealed_at: datetime | None = None
    absent: list[tuple[int, datetime]] = field(default_factory=list)
    # Forgetting and erasing are events with a proof: up to which batch and when; who.
    forgettings: list[tuple[int, datetime]] = field(default_factory=list)
    erasings: set[UUID] = field(default_factory=set)
    # Who was erased as an event says that somebody else wrote.
    made_up: set[UUID] = field(default_factory=set)
    erased_parts: dict[UUID | None, int] = field(default_factory=dict)

    def at_batch(self, batch: Batch, events: list[Event] | None, erased: list[ErasedEvent]) -> None:
        """Look at a batch: its place in the chain, its events, and the hashes in the place of erased ones."""
        self.report.batches += 1
        self._look_at_head(batch)
        self._look_at_anchors(batch)
        try:
            self._look_inside(batch, events, erased)
        except UnknownForm as error:
            text = f"Of batch {_of(batch)} an event is of form {error}, which this release does not know."
            self.report.add(batch.number, Fault.UNREADABLE, text)
        except reading.UNREADABLE:
            text = f"Of batch {_of(batch)} an event was changed: it cannot even be read."
            self.report.add(batch.number, Fault.UNREADABLE, text)

    def note_marks(self, event: Event) -> None:
        """Note events that say that something was forgotten or erased."""
        details = event.details if isinstance(event.details, dict) else {}
        upto = details.get("batch")
        if event.type == HISTORY_FORGOTTEN and isinstance(upto, int):
            if erasure_marks.holds(event, HISTORY_FORGOTTEN, upto):
                self.forgettings.append((upto, event.at))
        elif event.type == ADMINISTRATOR_ERASED and event.subject_id:
            honest = erasure_marks.holds(event, ADMINISTRATOR_ERASED, event.subject_id)
            (self.erasings if honest else self.made_up).add(event.subject_id)

    def judge_absent(self) -> None:
        """Find batches whose events are gone though nothing says that they were forgotten."""
        for number, sealed_at in self.absent:
            if any(
                number <= upto and sealed_at + SHORTEST_KEEP <= at for upto, at in self.forgettings
            ):
                self.report.forgotten += 1
            else:
                text = f"All events of batch {number} ({_when(sealed_at)}) were deleted."
                self.report.add(number, Fault.DELETED, text)

    def judge_erased(self) -> None:
        """Find parts that look erased though nothing says that the person was."""
        for person, number in self.erased_parts.items():
            if person in self.erasings:
                continue
            text = f"Names in batch {number} were taken away, and nobody was erased."
            if person in self.made_up:
                text = (
                    f"Names in batch {number} were taken away, of {person}, and the event that says "
                    "that they were erased is not Doorward's."
                )
            self.report.add(number, Fault.ERASED, text)

    def judge_anchors(self) -> None:
        """Find anchors of batches that are not there."""
        for number in self.wanted:
            text = (
                f"Batch {number} is missing: an anchor names it, and history ends at {self.number}."
            )
            self.report.add(number, Fault.ANCHOR, text)

    def _look_inside(
        self, batch: Batch, events: list[Event] | None, erased: list[ErasedEvent]
    ) -> None:
        if events is None:
            raise ValueError
        self.report.events += len(events)
        self.report.erased += len(erased)
        self._look_at_events(batch, events, erased)
        self._look_at_erased(batch, erased)
        self._look_at_dates(batch, events)
        for event in events:
            self.note_marks(event)
            self._note_erased(event, batch.number)

    def _look_at_head(self, batch: Batch) -> None:
        first, follows = self.number + 1, batch.number == self.number + 1
        if not follows:
            which = (
                f"Batch {first} is" if batch.number - first == 1 else f"Batches from {first} on are"
            )
            self.report.add(first, Fault.MISSING, f"{which} missing before batch {batch.number}.")
        elif chain.head_hash(batch.sealed(), previous=self.head) != bytes(batch.head):
            text = f"The head of batch {_of(batch)} does not fit it and the one before."
            self.report.add(batch.number, Fault.HEAD, text)
        self.number, self.head = batch.number, bytes(batch.head)

    def _look_at_events(self, batch: Batch, events: list[Event], erased: list[ErasedEvent]) -> None:
        there, of_batch = len(events) + len(erased), f"Of batch {_of(batch)}"
        if not there:
            self.absent.append((batch.number, batch.sealed_at))
        elif there < batch.size:
            size = amount(batch.size, "event", "events")
            text = f"{of_batch} only {there} of {size} are there: some were deleted."
            self.report.add(batch.number, Fault.DELETED, text)
        elif there > batch.size:
            found = amount(there, "event", "events")
            text = f"{of_batch} there are {found} instead of {batch.size}: some were inserted."
            self.report.add(batch.number, Fault.INSERTED, text)
        elif chain.tree_head(_leaves(events, erased)) != bytes(batch.root):
            text = f"{of_batch} an event was changed or moved."
            self.report.add(batch.number, Fault.CHANGED, text)

    def _look_at_erased(self, batch: Batch, erased: list[ErasedEvent]) -> None:
        made_up = [one for one in erased if not erasure_marks.holds_erased(one)]
        if made_up:
            were = amount(len(made_up), "event was", "events were")
            text = f"Of batch {_of(batch)} {were} taken away; what stands in its place is not Doorward's."
            self.report.add(batch.number, Fault.ERASED, text)

    def _look_at_dates(self, batch: Batch, events: list[Event]) -> None:
        since = self.all_sealed_at
        # Where the clock was set back, a batch is sealed before the one before it: then dates tell nothing.
        if since is not None and since <= batch.sealed_at:
            early = [event for event in events if event.at < since - SLACK]
            if early:
                text = f"An event in batch {_of(batch)} is dated {_when(early[0].at)}: it was inserted later."
                self.report.add(batch.number, Fault.BACKDATED, text)
        if batch.complete:
            self.all_sealed_at = batch.sealed_at

    def _note_erased(self, event: Event, number: int) -> None:
        for part in form_of(event).parts:
            if is_erased(event, part):
                self.erased_parts.setdefault(owner_of(event, part), number)

    def _look_at_anchors(self, batch: Batch) -> None:
        for anchor in self.wanted.pop(batch.number, []):
            if anchor.head != bytes(batch.head):
                text = f"The head of batch {_of(batch)} is not the one of the anchor."
                self.report.add(batch.number, Fault.ANCHOR, text)


def _leaves(events: list[Event], erased: list[ErasedEvent]) -> list[bytes]:
    """Return the leaves of a batch in the order of the events' ids, whether each is still there or not."""
    kept = [(event.id, leaf_of(event)) for event in events]
    return [leaf for _id, leaf in sorted(kept + [(one.id, bytes(one.leaf)) for one in erased])]


def _of(batch: Batch) -> str:
    return f"{batch.number} ({_when(batch.sealed_at)})"


def _when(moment: datetime) -> str:
    return chain.timestamp(moment)[:19] + "Z"
