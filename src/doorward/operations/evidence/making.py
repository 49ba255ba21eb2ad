"""Making an evidence pack: one ZIP with a report, tables, and the sealed history to verify it all by."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.template import engines
from django.utils import timezone

from doorward.audit import customer_extract
from doorward.customers.exports import check_evidence, record_evidence
from doorward.notifications import history_table
from doorward.operations import packing, verify_history
from doorward.operations.evidence import contents, pdf
from doorward.operations.evidence.about import About
from doorward.operations.evidence.people import Numbers
from doorward.operations.evidence.tables import history_rows
from doorward.operations.sealed_part import add_sealed

if TYPE_CHECKING:
    from datetime import datetime
    from typing import BinaryIO

    from doorward.audit.actor import Actor
    from doorward.customers.models import Customer
    from doorward.operations.evidence.period import Period
    from doorward.operations.evidence.tables import Row, Table
    from doorward.operations.packing import Pack


@dataclass(slots=True)
class Section:
    """A table of the report: its first rows, and how many there are in all."""

    table: Table
    rows: list[Row] = field(default_factory=list)
    total: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What the report says."""

    about: About
    numbers: Numbers
    sections: list[Section]
    seals: customer_extract.Seals
    events: int
    has_pdf: bool

    @property
    def kept_since(self) -> datetime | None:
        """From when on there is history, where that is later than the period begins; None: all of it is there."""
        oldest = self.about.now - timedelta(days=settings.DOORWARD.history_days)
        return oldest if oldest > self.about.since else None


def make(customer: Customer, period: Period, file: BinaryIO, *, actor: Actor, now: datetime) -> str:
    """Write the pack of a customer (with `brand` at hand) to a file; return its manifest's checksum.

    It is in the active language. Nothing may be given out before this has returned: by then it stands in the history,
    with its checksum. Raises `NotAuthorised`, `HistoryUnreadable`.
    """
    check_evidence(customer.id, actor=actor)
    made_by = actor.person.name if actor.person else ""
    about = About(customer, period, made_by, now)
    whose = {"customer": customer.name, "customer_id": str(customer.id), "period": str(period)}
    whose["zone"] = period.zone
    with packing.Pack(file, kind="evidence", about=whose, now=now) as pack:
        with timezone.override(about.tz):
            _fill(pack, about)
        checksum = pack.finish()
    record_evidence(customer, period=str(period), checksum=checksum, actor=actor)
    return checksum


def _fill(pack: Pack, about: About) -> None:
    numbers, seals = Numbers(), customer_extract.Seals()
    sections = [_section(pack, table, about) for table in contents.tables(numbers)]
    events = pack.add_table("history.csv", history_table.COLUMNS, history_rows(about))
    wanted = customer_extract.Wanted(about.customer.id, about.since, about.until)
    add_sealed(pack, wanted, seals)
    report = Report(about, numbers, sections, seals, events, pdf.is_possible())
    html = _html(report)
    pack.add("report.html", html)
    if (document := pdf.pdf_of(html)) is not None:
        pack.add("report.pdf", document)
    pack.add("verify_history.py", Path(verify_history.__file__).read_bytes())


def _section(pack: Pack, table: Table, about: About) -> Section:
    section = Section(table)
    rows = packing.counted(table.rows(about), section.rows, most=table.shown)
    cells = (table.cells(row, about) for row in rows)
    section.total = pack.add_table(table.file, table.head(about.period.zone), cells)
    return section


def _html(report: Report) -> str:
    template = engines["jinja2"].get_template("evidence/report.html")
    return str(template.render({"report": report}))
