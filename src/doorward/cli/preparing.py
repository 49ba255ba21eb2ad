"""`doorward migrate`: the database, brought up to date without serving it."""

from __future__ import annotations

import click

from doorward.cli.base import set_up_django


@click.command()
def migrate() -> None:
    """Bring the database up to date, and end.

    `doorward run` does so by itself. This is for a job of its own before the nodes of a new version start; nodes that
    start meanwhile wait for it. Done a second time, it changes nothing.
    """
    set_up_django()
    from doorward.cli.first_start import bring_up_to_date  # noqa: PLC0415 - after set-up

    bring_up_to_date()
    click.echo("The database is up to date.")
