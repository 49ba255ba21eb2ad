"""`doorward backup`: a copy of the database, made while the portal runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from doorward.cli.base import with_data_as_it_is
from doorward.cli.failure import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward.environment import Environment

_MEGABYTE = 1_000_000


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--overwrite", is_flag=True, help="Replace FILE where there is one.")
@with_data_as_it_is
def backup(*, file: Path, overwrite: bool) -> None:
    """Write the database to FILE, as it is now, while the portal runs.

    The keys are not in it: without the key file nobody can use it, and whoever has both has everything. Keep them
    apart. Mail in files and the settings are not in it either.
    """
    from django.conf import settings  # noqa: PLC0415 - after set-up, as all below
    from django.db import connection  # noqa: PLC0415

    from doorward.kernel.db.dump import CannotDump, dump_to  # noqa: PLC0415
    from doorward.kernel.db.sqlite.copying import NotWhole, copy_to  # noqa: PLC0415
    from doorward.kernel.files import made_aside  # noqa: PLC0415

    path = file.resolve()
    _refuse(path, settings.DOORWARD, overwrite=overwrite)
    try:
        with made_aside(path, replace=overwrite) as aside:
            (copy_to if connection.vendor == "sqlite" else dump_to)(aside)
    except FileExistsError:
        raise _is_there(path) from None
    except OSError as error:
        raise Failure(f"The backup {path} cannot be written: {error.strerror}.") from error
    except CannotDump as error:
        raise Failure(str(error)) from error
    except NotWhole as error:
        raise Failure(f"The database is damaged, and there is no backup: {error}.") from error
    size = path.stat().st_size / _MEGABYTE
    click.echo(
        f"{path}: {size:.1f} MB. The keys are not in it: keep a copy of "
        f"{settings.DOORWARD.keys.absolute()} somewhere else."
    )


def _refuse(path: Path, environment: Environment, *, overwrite: bool) -> None:
    """Raise `Failure` where the backup would take the place of something: of ours, whatever was said."""
    for ours in _ours(environment):
        if path == ours.resolve() or (path.exists() and ours.exists() and path.samefile(ours)):
            raise Failure(f"{path} is Doorward's own: name another file.")
    if path.exists() and not overwrite:
        raise _is_there(path)


def _ours(environment: Environment) -> Iterator[Path]:
    yield environment.keys
    yield environment.anchor_file
    if environment.sqlite_file:
        for end in ("", "-wal", "-shm", "-journal", ".lock"):
            yield Path(f"{environment.sqlite_file}{end}")
    for name in ("running.lock", "migrating.lock"):
        yield environment.data_dir / name


def _is_there(path: Path) -> Failure:
    return Failure(f"{path} already exists: name another file, or add --overwrite.")
