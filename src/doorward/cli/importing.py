"""`doorward import`: people and customers of a file, or of another system."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Unpack

import click

from doorward.cli.base import Group, json_option, with_data
from doorward.cli.importing_lines import (
    How,
    customer_of,
    customer_option,
    dry_option,
    file_argument,
    go,
    invite_option,
    read_bytes,
    report_option,
    resume_option,
)
from doorward.cli.importing_runs import invite, list_
from doorward.cli.importing_systems import SYSTEMS
from doorward.cli.output import printable

if TYPE_CHECKING:
    from pathlib import Path


@click.group("import", cls=Group)
def import_() -> None:
    """Import people and customers from a file or another system.

    The same import once more changes nothing. One that was interrupted goes on where it was with --resume.
    """


@import_.command()
@file_argument
@customer_option
@invite_option
@resume_option
@dry_option
@report_option
@json_option
@with_data
def people(*, file: Path, name: str | None, invite: bool, **how: Unpack[How]) -> None:
    """Import people from a CSV or XLSX file whose first line has the names of the columns."""
    _import_table(file, "people", name, invite=invite, **how)


@import_.command()
@file_argument
@resume_option
@dry_option
@report_option
@json_option
@with_data
def customers(*, file: Path, **how: Unpack[How]) -> None:
    """Import customers from a CSV or XLSX file: their names, and for each the name of its brand."""
    _import_table(file, "customers", None, invite=False, **how)


def _import_table(
    file: Path, kind: str, name: str | None, *, invite: bool, **how: Unpack[How]
) -> None:
    from doorward.importing import columns, reading_files, runs  # noqa: PLC0415

    table = reading_files.read(read_bytes(file), columns.KNOWN[kind], needed=columns.NEEDED[kind])
    if table.left_out:
        click.echo(printable(f"Left out: {', '.join(table.left_out)}."), err=True)
    about = runs.About(
        kind=kind,
        customer_id=customer_of(name).id if name else None,
        invite=invite,
        file_name=file.name,
    )
    go(about, partial(runs.receive, table, about), digest=table.digest, **how)


for one in (*SYSTEMS, list_, invite):
    import_.add_command(one)
