"""`doorward keys`: the keys that protect secrets at rest, changed while the portal runs."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from django.conf import settings
from django.utils import timezone

from doorward.audit.actor import CONSOLE
from doorward.cli.backup import recipient_option
from doorward.cli.base import Group, json_option, print_json, print_table, set_up_django, with_data
from doorward.cli.failure import Failure
from doorward.cli.output import printable
from doorward.kernel.text.amounts import amount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doorward.audit.record import Detail
    from doorward.kernel.crypto.columns import Found
    from doorward.kernel.crypto.keyring import Key, KeyFile

# Whatever was sealed with the key before is written by then.
_SETTLED_SECONDS = 60
# docs/operating.md: the key is changed once a year.
_OLD = timedelta(days=366)


@click.group(cls=Group)
def keys() -> None:
    """Change the keys that protect secrets at rest: `new`, `rotate`, then `drop` the old one.

    The portal can go on running. Older backups of the database still need the old key.
    """


@keys.command()
@with_data
def new() -> None:
    """Make a key, and seal new secrets with it from now on."""
    _refuse_command(
        "Add a new key to what it prints (docs/operating.md says how), start every node again, "
        "then `doorward keys rotate`"
    )
    with _recorded("KEY_MADE") as details:
        key = _file().add(now=timezone.now())
        details["key_id"] = key.id
    click.echo(
        f"The key {key.id} seals from now on; `doorward keys rotate` re-seals what is there."
    )


@keys.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def make(file: Path) -> None:
    """Make a key file before there is a portal, with one key and mode 0600.

    For an installation that is given its keys from elsewhere, by systemd or a cluster; any other makes its own at
    its first start.
    """
    from doorward.kernel.crypto.keyring import KeyFile, SafeBroken  # noqa: PLC0415

    try:
        made = KeyFile(file, now=datetime.now(UTC))
    except SafeBroken as error:
        raise Failure(str(error)) from error
    if not made.was_made:
        raise Failure(f"There is a key file {made.path} already.")
    where = printable(str(made.path))
    click.echo(f"{where} has the key {made.ring.newest.id}. Back it up, apart from the data.")


@keys.command()
@with_data
def rotate() -> None:
    """Seal everything again with the newest key.

    It can be stopped at any point, and goes on from there when it is started again.
    """
    try:
        found, done = _reseal()
    except KeyboardInterrupt:
        raise Failure("Stopped. Run `doorward keys rotate` again to continue from there.") from None
    _refuse_broken(found)
    newest = _file().ring.newest.id
    with _recorded("KEYS_ROTATED") as details:
        details |= {"key_id": newest, "sealed": done}
    resealed = amount(done, "secret was", "secrets were")
    click.echo(f"{resealed} re-sealed; the key {newest} seals everything.")


@keys.command()
@json_option
@with_data
def check(*, as_json: bool) -> None:
    """Open everything that is sealed, and list the keys and what needs them."""
    found = _look()
    _refuse_broken(found)
    ring = _file().ring.keys
    _warn_of_age(ring[0])
    if as_json:
        print_json([_record(key, found) for key in ring])
        return
    print_table(("KEY", "MADE", "NEEDED BY"), [_row(key, found) for key in ring])


@keys.command()
@click.argument("key_id", metavar="KEY")
@with_data
def drop(key_id: str) -> None:
    """Remove a key that nothing needs any more from the key file."""
    newest, *older = _file().ring.keys
    if key_id == newest.id:
        raise Failure(f"The key {key_id} is the newest one: it seals.")
    if key_id not in {key.id for key in older}:
        raise Failure(f"There is no key {key_id} in {_file().where}.")
    _refuse_young(newest)
    needs = _needs(_look(), key_id)
    if needs:
        said = ", ".join(needs)
        raise Failure(f"The key {key_id} is needed by {said}: `doorward keys rotate` first.")
    _refuse_command(f"Nothing needs the key {key_id} any more: take it out of what it prints")
    with _recorded("KEY_DROPPED") as details:
        _file().drop(key_id)
        details["key_id"] = key_id
    click.echo(f"The key {key_id} is no longer in the key file. Older backups still need it.")


@keys.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@recipient_option
def backup(*, file: Path, recipients: tuple[str, ...]) -> None:
    """Write the key file to FILE, encrypted. Keep it apart from the backups of the database.

    It is never written in clear: at least one --recipient is wanted. Make it again after `doorward keys new`.
    """
    set_up_django()
    _refuse_command("Its secret manager keeps them")
    from doorward.audit.events import KEYS_COPIED  # noqa: PLC0415 - after set-up, as all below
    from doorward.operations.backup import copies_taken, encryption, key_file  # noqa: PLC0415

    try:
        ids = key_file.write(file.resolve(), _file(), to=encryption.recipients(recipients))
    except (encryption.WrongKey, key_file.NotWritten) as error:
        raise Failure(str(error)) from error
    if not copies_taken.remember(KEYS_COPIED, details={"key_ids": ids}):
        click.echo("History has nothing of it: the database cannot be written to.", err=True)
    click.echo(f"{printable(str(file))}: the keys {', '.join(ids)}, encrypted.")


@keys.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--identity",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file with the age identity that opens it.",
)
def restore(*, file: Path, identity: Path) -> None:
    """Put the key file back from FILE, where there is none."""
    set_up_django()
    _refuse_command("Its secret manager keeps them")
    from doorward.cli.first_start import forget_made_key  # noqa: PLC0415 - after set-up, as all below
    from doorward.operations.backup import archive, encryption, key_file  # noqa: PLC0415

    try:
        ids = key_file.put_back(file, _file(), by=encryption.identities(identity))
    except archive.NoBackup as error:
        raise Failure(f"{file} holds no keys that can be used: {error}.") from error
    except (encryption.WrongKey, key_file.NotWritten) as error:
        raise Failure(str(error)) from error
    finally:
        forget_made_key()
    click.echo(f"{_file().path}: the keys {', '.join(ids)}.")


def _refuse_command(do: str) -> None:

    if settings.DOORWARD.keys_command:
        raise Failure(f"The keys come from DOORWARD_KEYS_COMMAND. {do}.")


@contextmanager
def _recorded(name: str) -> Iterator[dict[str, Detail]]:
    """Record in the provider's history what is done inside; what fails there is no event.

    The database is asked before: where it cannot be written to, no key changes.
    """
    from django.db import transaction  # noqa: PLC0415 - after set-up, as all below

    from doorward.audit import events  # noqa: PLC0415
    from doorward.audit.record import record  # noqa: PLC0415
    from doorward.customers.models import Customer, CustomerKind  # noqa: PLC0415

    details: dict[str, Detail] = {}
    with transaction.atomic():
        providers = Customer.objects.filter(kind=CustomerKind.PROVIDER)
        provider = providers.values_list("id", "name").first()
        yield details
        record(getattr(events, name), actor=CONSOLE, customer=provider, details=details)


def _file() -> KeyFile:

    # Where a command prints them, what would write has been refused before.
    file: Any = settings.KEYS
    found: KeyFile = file
    return found


def _reseal() -> tuple[Found, int]:
    """Re-seal everything; return what does not open, and how many rows were written."""
    from doorward.kernel.crypto import columns, rotating  # noqa: PLC0415
    from doorward.operations.sealed_columns import COLUMNS  # noqa: PLC0415 - after set-up

    found, done = columns.Found(), 0
    with _progress("Sealing", sum(rotating.outdated(column).count() for column in COLUMNS)) as step:
        for column in COLUMNS:
            for rows in _with_pauses(rotating.reseal(column, columns.Found())):
                done += rows
                step(rows)
        # What somebody held or wrote meanwhile, and what does not open.
        for column in COLUMNS:
            done += sum(rotating.reseal(column, found, at_once=1))
    return found, done - found.broken


def _look() -> Found:
    from doorward.kernel.crypto import columns  # noqa: PLC0415
    from doorward.operations.sealed_columns import COLUMNS  # noqa: PLC0415 - after set-up

    with _progress("Opening", sum(column.rows.count() for column in COLUMNS)) as step:
        return columns.look(COLUMNS, seen=lambda: step(1))


def _refuse_broken(found: Found) -> None:
    if found.broken:
        others = f" ({found.broken} do not open in all.)" if found.broken > 1 else ""
        raise Failure(found.first + others)


def _warn_of_age(newest: Key) -> None:

    if newest.made is not None and timezone.now() - newest.made > _OLD:
        click.echo("The newest key is more than a year old: `doorward keys new`.", err=True)


def _refuse_young(newest: Key) -> None:

    if newest.made is None:
        return
    left = _SETTLED_SECONDS - (timezone.now() - newest.made).total_seconds()
    if left > 0:
        raise Failure(
            f"The newest key was just made, and the portal may still be writing with the older "
            f"one: try again in {amount(int(left) + 1, 'second', 'seconds')}."
        )


def _record(key: Key, found: Found) -> dict[str, Any]:
    return {
        "key": key.id,
        "newest": key == _file().ring.newest,
        "made": key.made.isoformat(timespec="seconds").replace("+00:00", "Z") if key.made else None,
        "needed_by": {
            name.replace(" ", "_").replace("-", "_"): number
            for name, number in found.needs.get(key.id, {}).items()
        },
    }


def _row(key: Key, found: Found) -> tuple[str, ...]:
    newest = ["new secrets"] if key == _file().ring.newest else []
    needed = ", ".join([*newest, *_needs(found, key.id)])
    return key.id, f"{key.made:%Y-%m-%d}" if key.made else "–", needed or "nothing"


def _needs(found: Found, key_id: str) -> list[str]:
    return [f"{name} ({number:,})" for name, number in found.needs.get(key_id, {}).items()]


def _with_pauses(batches: Iterator[int]) -> Iterator[int]:
    """Rest after each batch for as long as it took: on SQLite a portal that runs waits for its turn."""
    began = time.monotonic()
    for rows in batches:
        yield rows
        time.sleep(time.monotonic() - began)
        began = time.monotonic()


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on stderr, where that is a terminal; return what moves it on."""
    from rich.console import Console  # noqa: PLC0415 - only here
    from rich.progress import Progress  # noqa: PLC0415

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda number: progress.update(task, advance=number)
