"""`doorward import`: people and customers of a file, or of another system."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from doorward.cli.base import json_option, with_data
from doorward.cli.failure import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from doorward.customers.models import Customer
    from doorward.importing.files import Table
    from doorward.importing.rules import LineOutcome, PersonLine

dry_option = click.option(
    "--dry-run", "dry", is_flag=True, help="Say what would come of each line, and change nothing."
)
report_option = click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write a report as CSV."
)
file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
customer_option = click.option(
    "--customer", "name", help="Import everybody into this customer, whatever a line says."
)
invite_option = click.option(
    "--invite", is_flag=True, help="Invite by mail whoever comes without a password."
)


@click.group("import")
def import_() -> None:
    """Import people and customers from a file or another system.

    The same import once more changes nothing, and one that was interrupted goes on where it was.
    """


@import_.command()
@file_argument
@customer_option
@invite_option
@dry_option
@report_option
@json_option
@with_data
def people(  # noqa: PLR0913 - its options
    *, file: Path, name: str | None, invite: bool, dry: bool, report: Path | None, as_json: bool
) -> None:
    """Import people from a CSV or XLSX file whose first line has the names of the columns."""
    from doorward.importing import columns, running  # noqa: PLC0415 - after set-up, as all below

    table = _table(file, columns.PEOPLE, needed=columns.NEEDED["people"])
    _import_people(running.people_of(table.rows()), name, kind="people", invite=invite)(
        dry=dry, report=report, as_json=as_json
    )


@import_.command()
@file_argument
@dry_option
@report_option
@json_option
@with_data
def customers(*, file: Path, dry: bool, report: Path | None, as_json: bool) -> None:
    """Import customers from a CSV or XLSX file: their names, and for each the name of its brand."""
    from django.utils import timezone  # noqa: PLC0415

    from doorward.audit.actor import CONSOLE  # noqa: PLC0415
    from doorward.importing import columns, running  # noqa: PLC0415

    table = _table(file, columns.CUSTOMERS, needed=columns.NEEDED["customers"])
    lines = running.customers_of(table.rows())
    outcomes = running.import_customers(lines, actor=CONSOLE, now=timezone.now(), dry=dry)
    _tell(outcomes, kind="customers", dry=dry, report=report, as_json=as_json)


@import_.command()
@file_argument
@click.option("--customer", "name", required=True, help="Import everybody into this customer.")
@invite_option
@dry_option
@report_option
@json_option
@with_data
def keycloak(  # noqa: PLR0913 - its options
    *, file: Path, name: str, invite: bool, dry: bool, report: Path | None, as_json: bool
) -> None:
    """Import the users of a realm that Keycloak exported as JSON, with their passwords and apps."""
    from doorward.importing import keycloak  # noqa: PLC0415

    lines = keycloak.people(_bytes(file))
    run = _import_people(lines, name, kind="keycloak", invite=invite)
    run(dry=dry, report=report, as_json=as_json)


def _import_people(
    lines: Iterable[PersonLine | LineOutcome], name: str | None, *, kind: str, invite: bool
) -> Callable[..., None]:
    """Return what imports these people and tells what came of them."""
    from django.utils import timezone  # noqa: PLC0415

    from doorward.audit.actor import CONSOLE  # noqa: PLC0415
    from doorward.importing import running  # noqa: PLC0415

    customer_id = _customer(name).id if name else None

    def run(*, dry: bool, report: Path | None, as_json: bool) -> None:
        outcomes = running.import_people(
            lines,
            customer_id=customer_id,
            invite=invite,
            actor=CONSOLE,
            now=timezone.now(),
            dry=dry,
        )
        _tell(outcomes, kind=kind, dry=dry, report=report, as_json=as_json)

    return run


def _customer(name: str) -> Customer:
    from doorward.customers import services  # noqa: PLC0415
    from doorward.kernel.errors import NotFound  # noqa: PLC0415

    try:
        return services.find(name)
    except NotFound as error:
        raise Failure(f"There is no customer {name}.") from error


def _table(file: Path, known: dict[str, tuple[str, ...]], *, needed: str) -> Table:
    from doorward.importing import files  # noqa: PLC0415

    table = files.read(_bytes(file), known, needed=needed)
    if table.left_out:
        click.echo(f"Left out: {', '.join(table.left_out)}.", err=True)
    return table


def _bytes(file: Path) -> bytes:
    from doorward.importing.files import MOST_BYTES  # noqa: PLC0415

    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}.") from error


def _tell(
    outcomes: Iterator[LineOutcome], *, kind: str, dry: bool, report: Path | None, as_json: bool
) -> None:
    """Go through it, and say what comes of each line: on stdout, and in the report."""
    from doorward.audit.actor import CONSOLE  # noqa: PLC0415
    from doorward.importing import running  # noqa: PLC0415
    from doorward.importing.rules import Fate, Totals  # noqa: PLC0415

    totals, kept = Totals(), []
    for outcome in outcomes:
        totals.count(outcome)
        line = _record(outcome)
        if as_json or report:
            kept.append(line)
        elif outcome.fate is Fate.REFUSED or line["notes"] or dry:
            click.echo(_text(line))
    if not dry:
        running.record_done(totals, kind=kind, actor=CONSOLE)
    if report:
        _write(report, kept)
    numbers = {fate.value: getattr(totals, fate) for fate in Fate}
    if as_json:
        click.echo(json.dumps({**numbers, "dry_run": dry, "lines": kept}, ensure_ascii=False))
    else:
        said = ", ".join(f"{number} {fate}" for fate, number in numbers.items())
        click.echo(f"{'Dry run: ' if dry else ''}{said}.")
    if totals.refused:
        raise Failure(f"{totals.refused} of {totals.lines} lines were refused.")


def _record(outcome: LineOutcome) -> dict[str, Any]:
    from doorward.kernel.refusals import sentence  # noqa: PLC0415

    refusal = outcome.refusal
    return {
        "line": outcome.number,
        "what": outcome.key,
        "fate": outcome.fate.value,
        "fields": list(outcome.fields),
        "reason": refusal.code if refusal else "",
        "said": sentence(refusal) if refusal else "",
        "notes": [sentence(one) for one in outcome.notes],
    }


def _text(line: dict[str, Any]) -> str:
    fields = f" ({', '.join(line['fields'])})" if line["fields"] else ""
    said = " ".join(filter(None, (line["said"], *line["notes"])))
    return f"{line['line']}: {line['what']}: {line['fate']}{fields}{': ' if said else ''}{said}"


def _write(report: Path, lines: list[dict[str, Any]]) -> None:
    from doorward.kernel.files import write_whole  # noqa: PLC0415
    from doorward.kernel.text import tables  # noqa: PLC0415

    rows = (
        (
            *(str(line["line"]), line["what"], line["fate"], " ".join(line["fields"])),
            *(line["reason"], " ".join(filter(None, (line["said"], *line["notes"])))),
        )
        for line in lines
    )
    columns = ("line", "what", "fate", "fields", "reason", "said")
    try:
        write_whole(report, "".join(tables.lines(columns, rows, separator=",")).encode())
    except OSError as error:
        raise Failure(f"{report} cannot be written: {error.strerror}.") from error
