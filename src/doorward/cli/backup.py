"""`doorward backup`: all that the database has, made while the portal runs."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
from django.conf import settings
from django.utils import timezone

from doorward.cli.base import with_data_as_it_is
from doorward.cli.failure import Failure
from doorward.cli.output import printable
from doorward.cli.own_files import refuse_own

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doorward.environment.fields import Environment

_MEGABYTE = 1_000_000

recipient_option = click.option(
    "--recipient",
    "recipients",
    multiple=True,
    metavar="AGE-KEY",
    help="Encrypt it to this age recipient (age1…); may be given several times.",
)
identity_option = click.option(
    "--identity",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file with the age identity that opens it, where it is encrypted.",
)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@recipient_option
@click.option("--overwrite", is_flag=True, help="Replace FILE where there is one.")
@with_data_as_it_is
def backup(*, file: Path, recipients: tuple[str, ...], overwrite: bool) -> None:
    """Write the database to FILE, as it is now, while the portal runs. `doorward restore` puts it back.

    Without --recipient it is not encrypted. The keys are not in it: without the keys nobody can use it, and whoever
    has both has everything. Keep them apart (doorward keys backup). Neither are mail in files and the settings.
    """
    from django.db import DatabaseError  # noqa: PLC0415 - after set-up, as all below

    from doorward.audit.events import BACKUP_TAKEN  # noqa: PLC0415
    from doorward.operations.backup import copies_taken, encryption, last_good, making  # noqa: PLC0415

    path, now = file.resolve(), timezone.now()
    refuse_own(path, settings.DOORWARD)
    if path.exists() and not overwrite:
        raise _is_there(path)
    with _said_in_a_sentence(path), progress("Backing up") as seen:
        to = encryption.recipients(recipients)
        made = making.make(path, recipients=to, replace=overwrite, now=now, seen=seen)
        with suppress(DatabaseError):  # one that can only be read is backed up all the same
            last_good.remember(now=now)
        copies_taken.remember(BACKUP_TAKEN, details={"encrypted": bool(to)})
    encrypted = "encrypted" if to else "not encrypted"
    click.echo(
        f"{printable(str(path))}: {made.size / _MEGABYTE:.1f} MB, {encrypted}. The keys are not in it: "
        f"{_keep_keys(settings.DOORWARD)}"
    )


def _keep_keys(environment: Environment) -> str:
    if environment.keys_command:
        return "what DOORWARD_KEYS_COMMAND asks has to have them when this is put back."
    return f"keep a copy of {environment.keys.absolute()} somewhere else (doorward keys backup)."


@contextmanager
def _said_in_a_sentence(path: Path) -> Iterator[None]:
    from doorward.kernel.db.dump import CannotDump  # noqa: PLC0415 - after set-up, as all below
    from doorward.kernel.db.sqlite.copying import NotWhole  # noqa: PLC0415
    from doorward.operations.backup import encryption, making  # noqa: PLC0415

    try:
        yield
    except FileExistsError:
        raise _is_there(path) from None
    except OSError as error:
        raise Failure(f"The backup {path} cannot be written: {error.strerror}.") from error
    except (CannotDump, making.NoRoom, encryption.WrongKey) as error:
        raise Failure(str(error)) from error
    except NotWhole as error:
        raise Failure(f"The database is damaged, and there is no backup: {error}.") from error


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show on stderr how far it is, where that is a terminal; return what is told of bytes done, and of how many."""
    from rich.console import Console  # noqa: PLC0415 - only here
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(
        *columns,
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as shown:
        task = shown.add_task(what, total=None)
        yield lambda done, of: shown.update(task, completed=done, total=of or None)


def _is_there(path: Path) -> Failure:
    return Failure(f"{path} already exists: name another file, or add --overwrite.")
