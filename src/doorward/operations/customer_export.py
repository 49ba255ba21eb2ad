"""Everything that a customer owns, as one ZIP: each table as JSON lines and CSV, and its sealed history."""

from __future__ import annotations

import json
from io import TextIOWrapper
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, Final, TextIO

from doorward.audit import customer_extract
from doorward.audit.exporting import cell
from doorward.audit.leaves import plain
from doorward.customers.exports import record_customer_export
from doorward.customers.rights import authorise
from doorward.kernel.db.paging import in_pages
from doorward.kernel.text.tables import exact_line
from doorward.operations import packing, verify_history
from doorward.operations.customer_tables import EXPORTED
from doorward.operations.sealed_part import add_sealed
from doorward.permissions.actions import Action

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import BinaryIO
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.customers.models import Customer
    from doorward.operations.customer_tables import Table
    from doorward.operations.packing import Pack

    Rows = Iterator[dict[str, Any]]

_IN_MEMORY_BYTES: Final = 1024 * 1024


def make(customer: Customer, file: BinaryIO, *, actor: Actor, now: datetime) -> str:
    """Write all that a customer owns to a file; return the checksum of its manifest.

    Nothing may be given out before this has returned: by then it stands in the history. Raises `NotAuthorised`,
    `HistoryUnreadable`.
    """
    authorise(actor, Action.EXPORT_CUSTOMER, customer.id)
    whose = {"customer": customer.name, "customer_id": str(customer.id)}
    with packing.Pack(file, kind="customer", about=whose, now=now) as pack:
        for table in EXPORTED:
            _add(pack, table, customer.id)
        seals = customer_extract.Seals()
        add_sealed(pack, customer_extract.Wanted(customer.id), seals)
        pack.add("verify_history.py", Path(verify_history.__file__).read_bytes())
        checksum = pack.finish(
            history={
                "events": seals.events,
                "not_sealed": seals.waiting,
                "newest": str(seals.newest or ""),
                "broken_batches": seals.broken,
            }
        )
    record_customer_export(customer.id, checksum=checksum, actor=actor, now=now)
    return checksum


def _add(pack: Pack, table: Table, customer_id: UUID) -> None:
    """Add a table in both forms, which are of the same moment: its rows are read once."""
    columns = table.columns()
    with SpooledTemporaryFile(_IN_MEMORY_BYTES) as spool:
        text = TextIOWrapper(spool, encoding="utf-8", newline="", write_through=True)
        text.write(exact_line(columns))
        rows = _rows(table, columns, customer_id)
        count = pack.add_lines(f"{table.name}.jsonl", _as_lines(rows, text))
        spool.seek(0)
        pack.add_file(f"{table.name}.csv", spool, rows=count)
        text.detach()


def _rows(table: Table, columns: tuple[str, ...], customer_id: UUID) -> Rows:
    for row in in_pages(table.rows(customer_id)):
        yield {name: _value(getattr(row, name)) for name in columns}


def _value(value: object) -> object:
    """Return a value as JSON has it; a day as text."""
    found = plain(value)
    return found if isinstance(found, (str, int, list, dict, type(None))) else str(found)


def _as_lines(rows: Rows, table: TextIO) -> Iterator[str]:
    """Return the rows as lines of JSON; each is written to the table as well."""
    for row in rows:
        table.write(exact_line(map(cell, row.values())))
        yield json.dumps(row, ensure_ascii=False) + "\n"
