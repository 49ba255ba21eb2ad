"""History to export: JSON lines or a table (CSV), with all that is needed to verify it alone.

`docs/history.md` describes the form, `docs/verify_history.py` reads it.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Final

from doorward.audit import chain, reading
from doorward.audit.sealing import newest
from doorward.kernel.text.tables import RUNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from doorward.audit.models import Batch, Event

    Record = dict[str, object]

# The columns of the table. A batch has the first three and the last five, an event all but the last five.
COLUMNS: Final = (
    *("record", "batch", "id", "public_id", "at", "kind", "outcome"),
    *("actor_type", "actor_id", "actor_name", "actor_email", "actor_salt", "actor_hash"),
    *("subject_id", "subject_name", "subject_email", "subject_salt", "subject_hash"),
    *("customer_id", "customer_name", "session_id", "address", "browser", "request_id"),
    *("details", "typed"),
    *("size", "root", "sealed_at", "complete", "head"),
)


def records() -> Iterator[Record]:
    """Return the events of each batch and then its head; at the end the events that are not sealed yet."""
    last = newest()
    number = last.number if last else 0
    for batch, events in reading.batches_with_events(number):
        if events is None:
            raise ValueError(f"batch {batch.number}")
        yield from (_of_event(event, batch=batch.number) for event in events)
        yield _of_batch(batch)
    yield from (_of_event(event, batch=None) for event in reading.not_sealed(number))


def as_lines(found: Iterable[Record]) -> Iterator[str]:
    """Return each record as one line of JSON."""
    return (json.dumps(record, ensure_ascii=False) + "\n" for record in found)


def as_table(found: Iterable[Record]) -> Iterator[str]:
    """Return the records as lines of one table (RFC 4180) that no spreadsheet takes for formulas."""
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for record in found:
        yield writer.writerow([_cell(record.get(column)) for column in COLUMNS])


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _cell(value: object) -> str:
    """Return a value as a cell. An apostrophe is put before text that would run, and before one that has it already."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith((*RUNS, "'")) else text


def _of_event(event: Event, *, batch: int | None) -> Record:
    return {
        "record": "event",
        "batch": batch,
        "id": event.id,
        "public_id": str(event.public_id),
        "at": chain.timestamp(event.at),
        "kind": event.kind,
        "outcome": event.outcome,
        "actor_type": event.actor_type,
        "actor_id": _text(event.actor_id),
        "actor_name": event.actor_name,
        "actor_email": event.actor_email,
        "actor_salt": _hex(event.actor_salt),
        "actor_hash": _hex(event.actor_hash),
        "subject_id": _text(event.subject_id),
        "subject_name": event.subject_name,
        "subject_email": event.subject_email,
        "subject_salt": _hex(event.subject_salt),
        "subject_hash": _hex(event.subject_hash),
        "customer_id": _text(event.customer_id),
        "customer_name": event.customer_name,
        "session_id": _text(event.session_id),
        "address": event.address,
        "browser": event.browser,
        "request_id": event.request_id,
        "details": event.details,
        "typed": event.typed,
    }


def _of_batch(batch: Batch) -> Record:
    return {
        "record": "batch",
        "batch": batch.number,
        "size": batch.size,
        "root": _hex(batch.root),
        "sealed_at": chain.timestamp(batch.sealed_at),
        "complete": batch.complete,
        "head": _hex(batch.head),
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _hex(value: bytes | memoryview | None) -> str | None:
    return None if value is None else bytes(value).hex()
