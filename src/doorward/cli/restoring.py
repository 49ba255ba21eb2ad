"""`doorward restore`: back from a backup."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from doorward.cli.base import print_table, with_data
from doorward.cli.failure import Failure

if TYPE_CHECKING:
    from doorward.operations.customer_restore import Found


@click.group()
def restore() -> None:
    """Bring back what a backup has."""


@restore.command()
@click.argument("customer")
@click.argument("backup")
@click.option("--yes", is_flag=True, help="Bring it back. Without it, only say what would come.")
@with_data
def customer(*, customer: str, backup: str, yes: bool) -> None:
    """Bring CUSTOMER back, which was deleted for good, from BACKUP: the file that `doorward backup` made.

    On PostgreSQL, put the backup into a database of its own by pg_restore first, and give its address,
    postgresql://…. Nobody else's data is touched. It comes back closed; "doorward customers restore" opens it.
    """
    from django.utils import timezone  # noqa: PLC0415 - after set-up, as all below

    from doorward.audit.actor import CONSOLE  # noqa: PLC0415
    from doorward.kernel.db import beside  # noqa: PLC0415
    from doorward.operations import customer_restore  # noqa: PLC0415

    if "://" not in backup and not Path(backup).is_file():
        raise Failure(f"There is no file {backup}.")
    with beside.opened(beside.describe(backup)) as alias:
        if not yes:
            _say(customer_restore.look(customer, alias=alias))
            raise Failure("Nothing was changed. Say --yes to bring it back.")
        found = customer_restore.bring_back(
            customer, alias=alias, actor=CONSOLE, now=timezone.now()
        )
    _say(found)
    click.echo(f"{found.customer.name} is back, and closed.")


def _say(found: Found) -> None:
    """Print what there is of each table; the checksum is over the rows that come back."""
    rows = [
        (model, str(one.rows), str(one.out), f"{one.checksum:064x}"[:16])
        for model, one in found.tables.items()
        if one.rows or one.out
    ]
    events = str(found.events - found.events_out)
    print_table(
        ("TABLE", "ROWS", "LEFT OUT", "CHECKSUM"),
        [*rows, ("audit.Event", events, str(found.events_out), "by its seal")],
    )
    if found.backup_of:
        click.echo(f"As of {found.backup_of:%Y-%m-%d %H:%M} UTC. What came later is gone.")
    if found.scoped:
        click.echo(f"{found.scoped} of the provider's people had it in their scope: give it back.")
