"""`doorward rescue`: one of the provider's people who is locked out, and whom nobody is left to help."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.cli.base import with_data
from doorward.cli.failure import Failure
from doorward.cli.output import show_once
from doorward.kernel.errors import NotFound

if TYPE_CHECKING:
    from doorward.accounts.models import Administrator


@click.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_data
def rescue(*, email: str, yes: bool) -> None:
    """Let one of the provider's people back in who has lost password or devices.

    Prints a link that works once, for an hour: with it they set a new password and then a new device. Their devices are
    suspended and their sessions end at once. Everybody with the Administrators tab of the provider is mailed. What is
    required of them stays required. Only for when no colleague is left who can help on the page of that person.
    """
    from doorward.recovery import rescue as service  # noqa: PLC0415 - after set-up, as all below

    person = _person(email)
    service.refuse(person)
    if not yes:
        _ask(person)
    link = service.rescue(person, actor=CONSOLE, now=timezone.now())
    show_once(
        link,
        otherwise="Their devices are suspended and their sessions have ended all the same. Run it again: it "
        "makes a new link, and the one that was lost no longer works.",
    )
    click.echo("It works once, for an hour. Give it to nobody else.", err=True)


def _person(email: str) -> Administrator:
    from doorward.accounts import services  # noqa: PLC0415 - after set-up

    try:
        return services.find_by_email(email)
    except NotFound as error:
        raise Failure(f"Nobody has the e-mail {email}.") from error


def _ask(person: Administrator) -> None:
    if not sys.stdin.isatty():
        raise Failure("Nothing was changed: say --yes where nobody can be asked.")
    click.echo(f"{person.full_name}, {person.email}, of {person.customer.name}.", err=True)
    said = "Suspend their devices, end their sessions, and print a link that lets them back in?"
    if not click.confirm(said, err=True):
        raise Failure("Nothing was changed.")
