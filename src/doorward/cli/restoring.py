"""`doorward restore`: back from a backup, everything or one customer."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
from django.conf import settings
from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.cli.backup import identity_option, progress
from doorward.cli.base import Group, print_table, set_up_django, with_data
from doorward.cli.failure import Failure
from doorward.kernel.text.amounts import amount

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from doorward.operations.customer_restore import Found

_WHOLE = "everything"
# https://www.sqlite.org/fileformat.html, section 1.3
_SQLITE = b"SQLite format 3\0"


class _Restore(Group):
    """`restore FILE` and `restore customer …`: what is no name of a command is a file."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, *ctx.help_option_names} - {_WHOLE}:
            args = [_WHOLE, *args]
        return super().parse_args(ctx, args)


class _Unnamed(click.Context):
    """Of the command that nobody names: it is `restore FILE`."""

    @property
    def command_path(self) -> str:
        return self.parent.command_path if self.parent else ""


class _Whole(click.Command):
    context_class = _Unnamed


@click.group(
    cls=_Restore, subcommand_metavar="FILE [--identity IDENTITY] [--as-it-was] | customer NAME FILE"
)
def restore() -> None:
    """Put a backup back into an empty place, or bring one customer back.

    `doorward restore FILE` writes what `doorward backup` made into the place that the settings name, where nothing is
    yet: it looks at the whole file first, and in the end at the database, the keys and the history. Broken off, it can
    be done again. Sessions, trusted browsers, links and requests for help that are open in it end: some were ended
    since; with --as-it-was they stay, for a copy that is only looked at. Where it is encrypted, --identity names the
    file with the age identity that opens it. A file called "customer" is named by its folder: ./customer.
    """


@restore.command(_WHOLE, cls=_Whole, hidden=True)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@identity_option
@click.option(
    "--as-it-was",
    is_flag=True,
    help="End nothing: for a copy that is only looked at. Without it, sessions, links and requests end.",
)
def everything(*, file: Path, identity: Path | None, as_it_was: bool) -> None:
    """Put FILE back into an empty place."""
    # Before anything is set up, which would leave a new key file where that of the backup belongs.
    if not file.is_file():
        raise Failure(f"There is no file {file}.")
    set_up_django()
    from django.db import DatabaseError  # noqa: PLC0415 - after set-up, as all below

    from doorward.cli import first_start  # noqa: PLC0415
    from doorward.cli.run import data_folder_locked  # noqa: PLC0415
    from doorward.operations.backup import put_back  # noqa: PLC0415

    with data_folder_locked(settings.DOORWARD), _said_in_a_sentence(file):
        try:
            said, ended = _put_back(file, identity, as_it_was=as_it_was)
            _bring_up_to_date()
            with suppress(DatabaseError):  # the next start tells it
                put_back.tell()
            _say_all(said, ended, _missing_keys())
        except DatabaseError as error:
            raise first_start.cannot_be_used(error) from error
        finally:
            # The keys of what comes back are elsewhere: one that was made just now is none of them.
            first_start.forget_made_key()


@contextmanager
def _said_in_a_sentence(file: Path) -> Iterator[None]:
    from doorward.kernel.db.dump import CannotDump  # noqa: PLC0415 - after set-up, as all below
    from doorward.kernel.db.sqlite.copying import NotWhole  # noqa: PLC0415
    from doorward.operations.backup import archive, encryption, restoring  # noqa: PLC0415

    try:
        yield
    except (CannotDump, encryption.WrongKey, restoring.NotEmpty) as error:
        raise Failure(str(error)) from error
    except archive.NoBackup as error:
        raise Failure(f"{file} is no backup that can be used: {error}.") from error
    except NotWhole as error:
        raise Failure(f"What came back is not what {file} has: {error}. {_after_half()}") from error


def _after_half() -> str:
    from django.db import connection  # noqa: PLC0415 - after set-up

    if connection.vendor == "postgresql":
        return "Nobody starts on it: drop this database and make it again (dropdb, createdb), then restore."
    return "Nobody starts on it: restore again, from this file or another."


def _put_back(
    file: Path, identity: Path | None, *, as_it_was: bool
) -> tuple[dict[str, Any], dict[str, int]]:
    from django.db import connection  # noqa: PLC0415 - after set-up, as all below

    from doorward.operations.backup import encryption, manifest, restoring  # noqa: PLC0415

    by = encryption.identities(identity) if identity else []
    restoring.refuse_full()
    with _bytes("Looking at the file", file) as seen:
        said = restoring.look(file, by=by, seen=seen)
    manifest.refuse(said, kind=connection.vendor)
    with _bytes("Putting it back", file) as seen:
        end_at = None if as_it_was else timezone.now()
        ended = restoring.put_back(file, by=by, looked=said, end_at=end_at, seen=seen)
    return said, ended


@contextmanager
def _bytes(what: str, file: Path) -> Iterator[Any]:
    """Show how much of a file was read; return what is told of each piece."""
    size, done = file.stat().st_size, 0

    def read(some: int) -> None:
        nonlocal done
        done += some
        seen(done, size)

    with progress(what) as seen:
        yield read


def _bring_up_to_date() -> None:
    """Do the migrations since, where an older version made it; what a first start makes is there."""
    from doorward.cli.migrating import migrate, one_at_a_time  # noqa: PLC0415 - after set-up
    from doorward.kernel.db import poolers, schema  # noqa: PLC0415

    if not schema.is_current():
        with poolers.directly(), one_at_a_time():
            migrate()


def _missing_keys() -> list[str]:
    """Return a sentence for each key that something sealed needs and that is not here."""
    from doorward.kernel.crypto import columns  # noqa: PLC0415 - after set-up
    from doorward.operations.sealed_columns import COLUMNS  # noqa: PLC0415

    found = (columns.missing([column]) for column in COLUMNS)
    return list(dict.fromkeys(said for said in found if said))


def _say_what_is_back(said: dict[str, Any], ended: dict[str, int]) -> None:
    from doorward.operations.backup import ended_on_restore  # noqa: PLC0415 - after set-up

    rows = amount(sum(said["rows"].values()), "row", "rows")
    tables = amount(len(said["rows"]), "table", "tables")
    click.echo(
        f"Back: {rows} in {tables}, as of {said['made_at']}, by Doorward {said['doorward']}."
    )
    if ended:
        click.echo(f"Ended: {', '.join(f'{what} ({number:,})' for what, number in ended.items())}.")
    if staying := ended_on_restore.staying(said["rows"]):
        click.echo(
            f"As they were then, also what was removed, changed or used since: {', '.join(staying)}."
        )


def _say_all(said: dict[str, Any], ended: dict[str, int], missing: list[str]) -> None:
    """Print what is there and what is missing; `Failure` where the portal cannot start as it is."""
    _say_what_is_back(said, ended)
    is_whole = _say_what_history_is(with_keys=not missing)
    click.echo("Not in a backup: settings, keys, anchors, mail in files.")
    for sentence in missing:
        click.echo(sentence)
    if not is_whole:
        raise Failure("It is back as it was in the backup, and its history was tampered with.")
    if missing:
        raise Failure("It is back, and does not start without its keys: put the key file there.")


def _say_what_history_is(*, with_keys: bool) -> bool:
    """Print what verifying it finds; return whether it is whole, as far as can be told without the keys."""
    from doorward.audit.reading import UNREADABLE  # noqa: PLC0415 - after set-up, as all below
    from doorward.audit.verifying import verify  # noqa: PLC0415
    from doorward.cli.history import print_report  # noqa: PLC0415
    from doorward.kernel.crypto.keyring import SafeBroken  # noqa: PLC0415

    try:
        print_report(report := verify())
    except UNREADABLE as error:
        raise Failure("The history was changed: one of its rows cannot even be read.") from error
    except SafeBroken as error:
        if with_keys:
            raise Failure(f"The history cannot be verified. {error}") from error
        click.echo(
            "The history was not verified: what was erased from it is proved by the keys. When they are there, run "
            "`doorward history verify`."
        )
        return True
    return not report.findings


@restore.command()
@click.argument("customer")
@click.argument("backup")
@identity_option
@click.option("--yes", is_flag=True, help="Bring it back. Without it, only say what would come.")
@with_data
def customer(*, customer: str, backup: str, identity: Path | None, yes: bool) -> None:
    """Bring CUSTOMER back, which was deleted for good, from BACKUP: the file that `doorward backup` made.

    On PostgreSQL, put the backup into a database of its own first, and give its address, postgresql://…. Nobody else's
    data is touched. It comes back closed; "doorward customers restore" opens it.
    """
    from doorward.kernel.db import other_database  # noqa: PLC0415 - after set-up, as all below
    from doorward.operations import customer_restore  # noqa: PLC0415

    if "://" not in backup and not Path(backup).is_file():
        raise Failure(f"There is no file {backup}.")
    with (
        _database_of(backup, identity) as source,
        other_database.opened(other_database.describe(source)) as alias,
    ):
        if not yes:
            _say(customer_restore.look(customer, alias=alias))
            raise Failure("Nothing was changed. Say --yes to bring it back.")
        found = customer_restore.bring_back(
            customer, alias=alias, actor=CONSOLE, now=timezone.now()
        )
    _say(found)
    click.echo(f"{found.customer.name} is back, and closed.")


@contextmanager
def _database_of(backup: str, identity: Path | None) -> Iterator[str]:
    """Return what is read beside the database: an address or an SQLite file as it is, else the database in a backup."""
    if "://" in backup or _is_sqlite(Path(backup)):
        yield backup
        return

    from doorward.kernel.atomic_files import scratch  # noqa: PLC0415 - after set-up, as all below
    from doorward.operations.backup import encryption, restoring  # noqa: PLC0415

    file, ours = Path(backup), settings.DOORWARD.sqlite_file
    if ours is None:
        raise Failure("On PostgreSQL, put the backup into a database of its own, and name that.")
    with scratch(ours.with_name("customer")) as aside:
        with _said_in_a_sentence(file):
            by = encryption.identities(identity) if identity else []
            restoring.unpack(file, aside, by=by)
        yield str(aside)


def _is_sqlite(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(_SQLITE)) == _SQLITE


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
