"""`doorward evidence` and `doorward export`: a pack for an auditor, or all that a customer owns, as a file."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from django.conf import settings
from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.cli.base import Group, with_data
from doorward.cli.failure import Failure
from doorward.cli.lookup import customer_named
from doorward.cli.output import printable
from doorward.cli.own_files import refuse_own

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from doorward.customers.models import Customer

_file = click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
_overwrite = click.option("--overwrite", is_flag=True, help="Replace FILE where there is one.")


@click.command()
@click.argument("customer")
@click.option("--from", "first", required=True, metavar="DAY", help="The first day: 2026-07-01.")
@click.option("--to", "last", required=True, metavar="DAY", help="The last day, which is in it.")
@click.option("--zone", help="By whose clock the days are; without: the primary administrator's.")
@click.option("--language", help="Of the report; without: the primary administrator's.")
@_file
@_overwrite
@with_data
def evidence(  # noqa: PLR0913 - the options of a command
    *,
    customer: str,
    first: str,
    last: str,
    zone: str | None,
    language: str | None,
    file: Path | None,
    overwrite: bool,
) -> None:
    """Write an evidence pack of CUSTOMER to FILE: a report, tables, and the sealed history.

    Without FILE it is evidence-FROM-TO.zip, here. It has no secret in it, and names people.
    """
    from django.utils import timezone, translation  # noqa: PLC0415 - after set-up, as all below

    from doorward.operations.evidence import making, period  # noqa: PLC0415

    now, whose = timezone.now(), customer_named(customer)
    usual_zone, usual_language = _usual(whose)
    wanted = period.read(first, last, zone=_zone(zone or usual_zone), now=now)
    name = file or Path(f"evidence-{wanted.first.isoformat()}-{wanted.last.isoformat()}.zip")
    with (
        _made(name, overwrite=overwrite) as made,
        translation.override(_language(language or usual_language)),
    ):
        checksum = making.make(whose, wanted, made, actor=CONSOLE, now=now)
    _say(name, checksum)


@click.group(cls=Group)
def export() -> None:
    """Take data along."""


@export.command("customer")
@click.argument("customer")
@_file
@_overwrite
@with_data
def export_customer(*, customer: str, file: Path | None, overwrite: bool) -> None:
    """Write everything that CUSTOMER owns to FILE: its tables as JSON lines and CSV, and its sealed history.

    Without FILE it is export-ID.zip, here. It has no secret in it: nobody signs in with it, and it is no backup.
    """
    from doorward.operations import customer_export  # noqa: PLC0415 - after set-up, as all below

    whose = customer_named(customer)
    name = file or Path(f"export-{whose.id}.zip")
    with _made(name, overwrite=overwrite) as made:
        checksum = customer_export.make(whose, made, actor=CONSOLE, now=timezone.now())
    _say(name, checksum)


def _say(file: Path, checksum: str) -> None:
    click.echo(f"{printable(str(file))}: the SHA-256 checksum of its manifest is {checksum}.")


@contextmanager
def _made(file: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """Return a file beside this one to be filled, which has its name at the end if nothing went wrong."""
    from doorward.kernel.atomic_files import made_aside  # noqa: PLC0415

    refuse_own(file, settings.DOORWARD)
    if file.exists() and not overwrite:
        raise _is_there(file)
    try:
        with made_aside(file.resolve(), replace=overwrite) as aside, aside.open("w+b") as opened:
            yield opened
    except FileExistsError:
        raise _is_there(file) from None
    except OSError as error:
        raise Failure(f"{file} cannot be written: {error.strerror}.") from error


def _is_there(file: Path) -> Failure:
    return Failure(f"{file} already exists: name another file, or add --overwrite.")


def _usual(customer: Customer) -> tuple[str, str]:
    """Return time zone and language of the customer's primary administrator; where there is none, UTC and ''."""
    from doorward.accounts.models import Administrator  # noqa: PLC0415

    people = Administrator.objects.of(customer.id).filter(is_primary=True)
    return people.values_list("time_zone", "language").first() or ("UTC", "")


def _zone(name: str) -> str:
    from zoneinfo import available_timezones  # noqa: PLC0415

    if name not in available_timezones():
        raise Failure(f"There is no time zone named {name}.")
    return name


def _language(code: str) -> str:

    known = [known for known, _name in settings.LANGUAGES]
    if code and code not in known:
        raise Failure(f"{code} is not a language of the portal: {', '.join(known)}.")
    return code or str(settings.LANGUAGE_CODE)
