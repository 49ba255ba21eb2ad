"""History to export: JSON lines or a table (CSV), with all that is needed to verify it alone.

`docs/history.md` describes the form, `operations/verify_history.py` reads it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from doorward.audit import reading
from doorward.audit.leaves import plain
from doorward.audit.sealing import newest
from doorward.kernel.text.tables import exact_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from doorward.audit.models import Batch, ErasedEvent, Event

    Record = dict[str, object]

# Of an event, in this order; each form of a leaf (`audit/leaf_forms.py`) is made of these.
EVENT: Final = (
    *("form", "id", "public_id", "at", "type", "outcome"),
    *("actor_type", "actor_id", "actor_name", "actor_email", "actor_salt", "actor_hash"),
    *("on_behalf_of_id", "on_behalf_of_name", "on_behalf_of_email"),
    *("on_behalf_of_salt", "on_behalf_of_hash", "credential", "credential_id"),
    *("subject_id", "subject_name", "subject_email", "subject_salt", "subject_hash"),
    *("customer_id", "customer_name", "address", "browser", "request_id"),
    *("details", "typed"),
)
_BATCH: Final = ("size", "root", "sealed_at", "complete", "head")
COLUMNS: Final = ("record", "batch", *EVENT, *_BATCH, "leaf")


def records() -> Iterator[Record]:
    """Return the events of each batch, what is left of erased ones, its head; at the end the events not sealed yet."""
    last = newest()
    number = last.number if last else 0
    for batch, events, erased in reading.batches_with_events(number):
        if events is None:
            raise ValueError(f"batch {batch.number}")
        yield from (of_event(event, batch=batch.number) for event in events)
        yield from map(_of_erased, erased)
        yield of_batch(batch)
    yield from (of_event(event, batch=None) for event in reading.not_sealed(number))


def as_lines(found: Iterable[Record]) -> Iterator[str]:
    """Return each record as one line of JSON."""
    return (json.dumps(record, ensure_ascii=False) + "\n" for record in found)


def as_table(found: Iterable[Record], columns: Sequence[str] = COLUMNS) -> Iterator[str]:
    """Return the records as lines of one table (RFC 4180) that no spreadsheet takes for formulas."""
    rows = ((cell(record.get(column)) for column in columns) for record in found)
    return exact_lines(columns, rows)


def cell(value: object) -> str:
    """Return a value as the text of a cell: what is no text is JSON, and nothing is empty."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def of_event(event: Event, *, batch: int | None) -> Record:
    """Return an event as a record of this batch; None: it is not sealed yet."""
    columns = {name: plain(getattr(event, name)) for name in EVENT}
    return {"record": "event", "batch": batch} | columns


def _of_erased(erased: ErasedEvent) -> Record:
    columns: Record = {"id": erased.id, "leaf": plain(erased.leaf)}
    return {"record": "erased", "batch": erased.batch} | columns


def of_batch(batch: Batch) -> Record:
    """Return a batch as a record: what its head is made of, and the head."""
    columns = {name: plain(getattr(batch, name)) for name in _BATCH}
    return {"record": "batch", "batch": batch.number} | columns
