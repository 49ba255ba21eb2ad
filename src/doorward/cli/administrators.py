"""`doorward administrators`: people, for the operator at the console. Events like any other."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click
from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.cli.base import Group, json_option, print_json, print_table, with_data
from doorward.cli.end_sessions import end_sessions
from doorward.cli.failure import Failure
from doorward.cli.lookup import administrator_with, customer_named
from doorward.kernel.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorward.accounts.models import Status

F = TypeVar("F", bound="Callable[..., Any]")
# More than any password that is taken, and no more than that into memory.
_LONGEST_INPUT = 64 * 1024


_REACHES = ("all", "brands", "customers")


def _reach_option(name: str, *, help: str) -> Callable[[F], F]:  # noqa: A002 - as click calls it
    return click.option(name, type=click.Choice(_REACHES), help=help)


@click.group(cls=Group)
def administrators() -> None:
    """Add, list, show, suspend, restore and erase administrators."""


@administrators.command()
@click.argument("email")
@click.option("--customer", required=True, metavar="NAME", help="The customer they belong to.")
@click.option("--first-name", metavar="NAME", help="Made from the e-mail if left out.")
@click.option("--last-name", metavar="NAME", help="Made from the e-mail if left out.")
@click.option(
    "--tab", "tabs", multiple=True, metavar="KEY", help="A tab they may use [home, support]."
)
@click.option(
    "--language",
    default="",
    metavar="CODE",
    help="Language of their mails and pages at first [en].",
)
@click.option("--primary", is_flag=True, help="The primary administrator: all built-in tabs.")
@click.option("--require-2fa", is_flag=True, help="Require two-factor sign-in of them.")
@_reach_option("--scope", help="Which customers one of the provider's people sees [all].")
@click.option("--scope-brand", "brands", multiple=True, metavar="NAME", help="With --scope brands.")
@click.option(
    "--scope-customer", "seen", multiple=True, metavar="NAME", help="With --scope customers."
)
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from standard input, and make them active at once.",
)
@with_data
def add(  # noqa: PLR0913 - a command's options are this many
    *,
    email: str,
    customer: str,
    first_name: str | None,
    last_name: str | None,
    tabs: tuple[str, ...],
    language: str,
    primary: bool,
    require_2fa: bool,
    scope: str | None,
    brands: tuple[str, ...],
    seen: tuple[str, ...],
    password_stdin: bool,
) -> None:
    """Add an administrator.

    Without --password-stdin an invitation is mailed, and its address is printed.
    """
    from doorward.accounts.services import Details, NewAdministrator  # noqa: PLC0415
    from doorward.cli import add_administrator  # noqa: PLC0415

    company = customer_named(customer)
    first, last = add_administrator.names_of(email)
    new = NewAdministrator(
        email=email,
        details=Details(
            first_name=first if first_name is None else first_name,
            last_name=last if last_name is None else last_name,
        ),
        tabs=add_administrator.tabs_for(company, tabs, primary=primary),
        require_2fa=require_2fa,
        is_primary=primary,
        language=add_administrator.language_of(language),
        scope=add_administrator.scope_of(scope, brands, seen),
    )
    if password_stdin:
        add_administrator.add_active(new, company, password=_password())
    else:
        add_administrator.invite(new, company)


@administrators.command("scope")
@click.argument("email")
@click.argument("reach", type=click.Choice(_REACHES))
@click.option("--brand", "brands", multiple=True, metavar="NAME", help="With brands.")
@click.option("--customer", "seen", multiple=True, metavar="NAME", help="With customers.")
@with_data
def scope_(*, email: str, reach: str, brands: tuple[str, ...], seen: tuple[str, ...]) -> None:
    """Say which customers one of the provider's people sees: all, those of some brands, or some by name."""
    from doorward.accounts import services as accounts_services  # noqa: PLC0415 - after set-up
    from doorward.cli import add_administrator, people  # noqa: PLC0415

    person = administrator_with(email)
    changed = accounts_services.change(
        person.id,
        accounts_services.Change(scope=add_administrator.scope_of(reach, brands, seen)),
        customer_id=person.customer_id,
        actor=CONSOLE,
        now=timezone.now(),
    )
    people.print_record(people.record_of(people.one(changed.person)))


@administrators.command("resend-invitation")
@click.argument("email")
@with_data
def resend_invitation(email: str) -> None:
    """Mail a new invitation to somebody who has not accepted one, and print its address."""
    from doorward.cli import add_administrator  # noqa: PLC0415 - after set-up

    add_administrator.resend(administrator_with(email))


@administrators.command("list")
@click.option("--customer", metavar="NAME", help="Only the people of this customer.")
@json_option
@with_data
def list_(*, customer: str | None, as_json: bool) -> None:
    """List administrators by customer and name."""
    from doorward.cli import people  # noqa: PLC0415 - after set-up

    company = customer_named(customer) if customer is not None else None
    records = [people.record_of(person) for person in people.listed(company)]
    if as_json:
        print_json(records)
    else:
        print_table(people.COLUMNS, [people.row_of(record) for record in records])


@administrators.command()
@click.argument("email")
@json_option
@with_data
def show(*, email: str, as_json: bool) -> None:
    """Show one administrator."""
    from doorward.cli import people  # noqa: PLC0415 - after set-up

    record = people.record_of(people.one(administrator_with(email)))
    if as_json:
        print_json(record)
    else:
        people.print_record(record)


@administrators.command()
@click.argument("email")
@with_data
def suspend(email: str) -> None:
    """Suspend an administrator: all their sessions end."""
    from doorward.accounts.models import Status  # noqa: PLC0415 - after set-up

    _set_status(email, Status.SUSPENDED)


@administrators.command()
@click.argument("email")
@with_data
def restore(email: str) -> None:
    """Restore a suspended administrator."""
    from doorward.accounts.models import Status  # noqa: PLC0415 - after set-up

    _set_status(email, Status.ACTIVE)


administrators.add_command(end_sessions)


@administrators.command("reset-2fa")
@click.argument("email")
@with_data
def reset_2fa(email: str) -> None:
    """Remove all factors and recovery codes of somebody who has lost them; their sessions end."""
    from doorward.credentials import removal  # noqa: PLC0415 - after set-up

    person = administrator_with(email)
    removal.reset(person, actor=CONSOLE, now=timezone.now())
    click.echo(f"Two-factor sign-in of {person.email} was reset.")


@administrators.command()
@click.argument("email")
@with_data
def erase(email: str) -> None:
    """Erase the personal data of somebody who was removed; the history stays whole without their name."""
    from doorward.accounts.errors import WrongStatus  # noqa: PLC0415
    from doorward.notifications.erasing import erase_by_email  # noqa: PLC0415 - after set-up

    try:
        erase_by_email(email, actor=CONSOLE)
    except NotFound as error:
        raise Failure(f"Nobody who was removed has the e-mail {email}.") from error
    except WrongStatus as error:
        raise Failure(f"{email} was not removed, so nothing is erased.") from error
    click.echo(f"The personal data of {email} was erased.")


def _password() -> str:
    """Read the password from standard input, without the line break at its end."""
    typed = sys.stdin.buffer.read(_LONGEST_INPUT)
    try:
        text = typed.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Failure("The password on standard input is not UTF-8.") from error
    return text.removesuffix("\n").removesuffix("\r")


def _set_status(email: str, status: Status) -> None:
    from doorward.accounts import services as accounts_services  # noqa: PLC0415 - after set-up
    from doorward.accounts.errors import CustomerNotActive, WrongStatus  # noqa: PLC0415

    person = administrator_with(email)
    try:
        changed = accounts_services.change(
            person.id,
            accounts_services.Change(status=status, confirmed=True),
            customer_id=person.customer_id,
            actor=CONSOLE,
            now=timezone.now(),
        )
    except CustomerNotActive:
        raise
    except WrongStatus as error:
        raise Failure(f"{person.email} is {person.status}, and cannot be {status}.") from error
    now = changed.person.status
    if now != status:
        raise Failure(f"{person.email} is {now}, not suspended.")
    click.echo(f"{person.email} is {now}.")
