"""What every `doorward import` has in common: its options, doing it, and telling what came of each line."""

from __future__ import annotations

import hashlib
import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, Unpack

import click
from django.conf import settings
from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.cli.failure import Failure
from doorward.cli.output import printable
from doorward.cli.own_files import refuse_own
from doorward.kernel.errors import NotFound
from doorward.kernel.text.amounts import amount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from doorward.customers.models import Customer
    from doorward.importing.models import ImportRun
    from doorward.importing.rules import LineOutcome, PersonLine
    from doorward.importing.runs import About

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
resume_option = click.option(
    "--resume", is_flag=True, help="Go on with this import, which was interrupted, where it was."
)
invite_option = click.option(
    "--invite", is_flag=True, help="Invite people who come without a password by mail."
)


class How(TypedDict):
    """What is asked of every import."""

    dry: bool
    report: Path | None
    as_json: bool
    resume: NotRequired[bool]


def import_people(
    lines: Iterable[PersonLine | LineOutcome],
    name: str | None,
    *,
    kind: str,
    invite: bool,
    digest: str = "",
) -> Callable[..., None]:
    """Return what imports these people and tells what came of them. `digest`: of the file; by it one is resumed."""
    from doorward.importing import runs  # noqa: PLC0415

    customer_id = customer_of(name).id if name else None
    about = runs.About(kind=kind, customer_id=customer_id, invite=invite)
    receive = partial(runs.receive_lines, lines, about, digest=digest)
    return partial(go, about, receive, digest=digest)


def go(about: About, receive: Callable[..., ImportRun], *, digest: str, **how: Unpack[How]) -> None:
    """Do an import that is kept until it is done, and tell what came of it."""
    from doorward.importing import queries, runs  # noqa: PLC0415

    refuse_report(how["report"])
    dry, resume = how["dry"], how.get("resume", False)
    if resume and dry:
        raise Failure("A dry run changes nothing, so there is nothing to go on with.")
    now = timezone.now()
    if resume:
        run = queries.resumable(about, digest)
        if run is None:
            raise Failure("No import of this file was interrupted within the last day.")
        runs.resume(run, actor=CONSOLE, now=now)
    else:
        run = receive(actor=CONSOLE, now=now)
        runs.begin(run, dry=dry, actor=CONSOLE, now=now)
    try:
        finish(run, report=how["report"], as_json=how["as_json"])
    finally:
        if dry:
            runs.discard(run, actor=CONSOLE)


def refuse_report(report: Path | None) -> None:
    """Raise `Failure` where the report would take the place of a file of ours, or of what is imported."""
    if report is None:
        return
    refuse_own(report, settings.DOORWARD)
    given = click.get_current_context().params
    named = [given.get("file"), given.get("source"), *(given.get("files") or ())]
    if report.resolve() in [Path(one).resolve() for one in named if one]:
        raise Failure(f"{report} is what is to be imported: name another file for the report.")


def finish(run: ImportRun, *, report: Path | None, as_json: bool, go_on: str = "--resume") -> None:
    """Do what is left of an import, and tell what came of it. `go_on`: with what one that is stopped goes on."""
    _work(run, go_on)
    run.refresh_from_db()
    _tell(run, report=report, as_json=as_json)


def _work(run: ImportRun, go_on: str) -> None:
    """Do it part by part, and say how far it is where somebody looks at it."""
    from doorward.importing import part_by_part, runs  # noqa: PLC0415

    watched, done = sys.stderr.isatty(), 0
    try:
        while lines := part_by_part.do_part(run, actor=CONSOLE, now=timezone.now()):
            done += lines
            if watched:
                click.echo(
                    f"\r{done + run.looked_at:,} of {amount(run.lines, 'line', 'lines')}",
                    err=True,
                    nl=False,
                )
    except KeyboardInterrupt as error:
        runs.stop(run, actor=CONSOLE, now=timezone.now())
        raise Failure(f"Stopped. What was done stays; go on with {go_on}.") from error
    finally:
        if watched:
            click.echo(err=True)


def customer_of(name: str) -> Customer:
    """Return the customer of that name, or say that there is none."""
    from doorward.customers import services  # noqa: PLC0415

    try:
        return services.find(name)
    except NotFound as error:
        raise Failure(f"There is no customer {name}.") from error


def digest_of(file: bytes) -> str:
    """Return by what an import of this is found again."""
    return hashlib.sha256(file).hexdigest()


def read_bytes(file: Path) -> bytes:
    """Return what a file has, and one byte more than anything reads where it is too large."""
    from doorward.importing.reading_files import MOST_BYTES  # noqa: PLC0415

    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}.") from error


def _tell(run: ImportRun, *, report: Path | None, as_json: bool) -> None:
    """Say what came of each line: on stdout, and in the report."""
    from doorward.importing import results  # noqa: PLC0415
    from doorward.importing.rules import Fate  # noqa: PLC0415

    kept = []
    for outcome in results.outcomes(run):
        line = _record(outcome)
        if as_json or report:
            kept.append(line)
        elif outcome.fate is Fate.REFUSED or line["notes"] or run.dry:
            click.echo(printable(_text(line)))
    if report:
        _write(report, kept)
    numbers = {fate.value: getattr(run, fate) for fate in Fate}
    if as_json:
        click.echo(json.dumps({**numbers, "dry_run": run.dry, "lines": kept}, ensure_ascii=False))
    else:
        said = ", ".join(f"{number} {fate}" for fate, number in numbers.items())
        click.echo(f"{'Dry run: ' if run.dry else ''}{said}.")
    if run.refused:
        of = amount(run.lines, "line", "lines")
        raise Failure(f"{amount(run.refused, f'of {of} was', f'of {of} were')} refused.")


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
    from doorward.kernel.atomic_files import write_whole  # noqa: PLC0415
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
