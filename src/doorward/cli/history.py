"""`doorward history`: is it whole, taking it along, anchoring it elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from django.conf import settings

from doorward.audit.actor import CONSOLE
from doorward.cli.base import Group, json_option, print_json, with_data
from doorward.cli.failure import Failure
from doorward.kernel.text.amounts import amount

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from doorward.audit.chain import Anchor
    from doorward.audit.verifying import Report

# In the one sentence; all of them are in the lines before it.
_NAMED = 5


@click.group(cls=Group)
def history() -> None:
    """Verify, export and anchor the history."""


@history.command()
@click.option(
    "--against",
    multiple=True,
    metavar="ANCHOR|FILE",
    help="A head that was kept elsewhere, or a file (or mail) that contains such heads.",
)
@json_option
@with_data
def verify(*, against: tuple[str, ...], as_json: bool) -> None:
    """Find events that were changed, deleted, inserted or moved since they were sealed.

    Without an anchor, events that were cut off at the end are not missed. The file that
    DOORWARD_ANCHOR_FILE names is always looked at.
    """
    from doorward.audit.reading import UNREADABLE  # noqa: PLC0415 - after set-up, as all below
    from doorward.audit.verifying import verify as look  # noqa: PLC0415

    anchors = _anchors(against)
    try:
        report = look(anchors)
    except UNREADABLE as error:
        raise Failure("The history was changed: one of its rows cannot even be read.") from error
    if as_json:
        print_json(_record(report))
    else:
        print_report(report, anchors)
    if report.findings:
        raise Failure(_sentence(report))


@history.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "csv"]),
    default="jsonl",
    show_default=True,
    help="One JSON object a line, or a table.",
)
@with_data
def export(*, form: str) -> None:
    """Print the whole history, with what is needed to verify it separately (operations/verify_history.py)."""
    from django.db import transaction  # noqa: PLC0415 - after set-up, as all below

    from doorward.audit import exporting  # noqa: PLC0415
    from doorward.audit.events import HISTORY_EXPORTED  # noqa: PLC0415
    from doorward.audit.reading import UNREADABLE  # noqa: PLC0415
    from doorward.audit.record import record  # noqa: PLC0415

    with transaction.atomic():
        record(HISTORY_EXPORTED, actor=CONSOLE)
    records = exporting.records()
    try:
        _write(exporting.as_table(records) if form == "csv" else exporting.as_lines(records))
    except UNREADABLE as error:
        raise Failure("The history was changed: `doorward history verify` says where.") from error


@history.command()
@with_data
def anchor() -> None:
    """Print the newest head. Keep it where nobody who can write to the database can change it."""
    from doorward.audit.sealing import newest  # noqa: PLC0415 - after set-up, as all below
    from doorward.notifications.anchoring import line_of  # noqa: PLC0415

    batch = newest()
    if batch is None:
        raise Failure("None of the history is sealed yet. The background worker seals it.")
    click.echo(line_of(batch))


def _anchors(against: Iterable[str]) -> list[Anchor]:
    from doorward.audit.chain import anchors_in  # noqa: PLC0415 - after set-up, as all below

    file: Path = settings.DOORWARD.anchor_file
    found = anchors_in(_text(file)) if file.name and file.exists() else []
    for given in against:
        named = anchors_in(given) or anchors_in(_text(Path(given)))
        if not named:
            raise Failure(f"There is no anchor in {given}.")
        found += named
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise Failure(f"{file} is neither an anchor nor a file that can be read.") from error


def print_report(report: Report, anchors: Sequence[Anchor] = ()) -> None:
    """Print what was found, and how much was looked at."""
    for finding in report.findings:
        click.echo(finding.text)
    looked = f"{amount(report.events, 'event', 'events')} in {amount(report.batches, 'batch', 'batches')}"
    if report.forgotten:
        looked += f", {report.forgotten} of them forgotten"
    if report.erased:
        looked += f", {amount(report.erased, 'event', 'events')} of customers who were deleted"
    waiting = amount(report.waiting, "event is", "events are")
    click.echo(f"Looked at {looked}; {waiting} not sealed yet.")
    if not report.findings:
        held = f" and {amount(len(anchors), 'anchor holds', 'anchors hold')}" if anchors else ""
        click.echo(f"The history is whole{held}.")


def _record(report: Report) -> dict[str, object]:
    return {
        "whole": not report.findings,
        "events": report.events,
        "batches": report.batches,
        "forgotten": report.forgotten,
        "erased": report.erased,
        "not_sealed": report.waiting,
        "findings": [
            {"batch": finding.batch, "fault": finding.fault.value, "text": finding.text}
            for finding in report.findings
        ],
    }


def _sentence(report: Report) -> str:
    numbers = list(dict.fromkeys(str(finding.batch) for finding in report.findings))
    named, more = ", ".join(numbers[:_NAMED]), len(numbers) - _NAMED
    batches = f"batch {named}" if len(numbers) == 1 else f"batches {named}"
    others = f" and {more} more" if more > 0 else ""
    return f"The history was tampered with in {batches}{others}."


def _write(lines: Iterable[str]) -> None:
    output = sys.stdout.buffer
    for line in lines:
        # Half characters, which somebody else put there, are exported as they are.
        output.write(line.encode("utf-8", errors="surrogatepass"))
