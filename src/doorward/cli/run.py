"""`doorward run` and `doorward work`."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import click

from doorward.cli.base import set_up_django
from doorward.cli.failure import Failure
from doorward.cli.listening import answers, find_address, port_held, soon
from doorward.cli.supervisor import supervise
from doorward.kernel.hosts import join_netloc
from doorward.operations import demonstration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from doorward.environment import Environment


_FIRST = (
    "Nobody of the provider is there yet. This link makes the first one. It works once, for 24 hours, until the next "
    "start:"
)


@click.command()
@click.option("--bind", metavar="HOST:PORT", help="Where to listen [127.0.0.1:8000].")
@click.option(
    "--workers", type=click.IntRange(1, 64), help="How many processes answer requests [2]."
)
@click.option(
    "--no-worker",
    is_flag=True,
    help="Leave the background work to other machines: `doorward run` or `doorward work` there.",
)
def run(bind: str | None, workers: int | None, *, no_worker: bool) -> None:
    """Serve the portal and do its background work, in one process tree that ends as one.

    Any number of machines can do so on one PostgreSQL, with the same keys.
    """
    if no_worker:
        _refuse_alone(_settings(bind=bind, workers=workers))
    run_everything(bind=bind, workers=workers, parts=("serve",) if no_worker else ("serve", "work"))


@click.command()
def work() -> None:
    """Do the background work alone, for a second machine.

    It shares the database (PostgreSQL) and the key file with a machine on which `doorward run` runs.
    """
    _refuse_alone(_settings(bind=None, workers=None))
    from doorward.cli.data import refuse_unprepared  # noqa: PLC0415 - after set-up

    refuse_unprepared()
    _let_go_of_the_database()
    supervise(["work"], is_ready=lambda: True, on_ready=lambda: click.echo("Working."))


def _refuse_alone(environment: Environment) -> None:
    if environment.sqlite_file:
        raise Failure("A second machine needs PostgreSQL: set DOORWARD_DATABASE_URL.")


def run_everything(
    *,
    bind: str | None,
    workers: int | None,
    fill: Callable[[], None] = lambda: None,
    parts: Sequence[str] = ("serve", "work"),
    greet: Callable[[Environment], None] | None = None,
) -> None:
    """Lock, migrate, serve and work until a signal ends it; `Failure` where it cannot start.

    `fill` is called when the database is up to date, `greet` when the first request can be made.
    """
    environment = _settings(bind=bind, workers=workers)
    if demonstration.is_one(environment.data_dir) and not environment.demo:
        raise Failure(
            f"The data folder {environment.data_dir} is a demonstration's, and everybody knows its passwords: "
            "only `doorward demo` serves it."
        )
    address, port = find_address(environment), environment.port
    # The parts listen on what was found here, once.
    os.environ["DOORWARD_BIND"] = join_netloc(address, port)
    with data_folder_locked(environment), port_held(address, port):
        link = _prepare(fill)
        supervise(
            parts,
            is_ready=lambda: answers(address, port),
            on_ready=lambda: greet(environment) if greet else _greet(environment, link),
        )


def _settings(*, bind: str | None, workers: int | None) -> Environment:
    """Return the settings; the options win, and the parts inherit them by the environment."""
    if bind:
        os.environ["DOORWARD_BIND"] = bind
    if workers:
        os.environ["DOORWARD_WORKERS"] = str(workers)
    set_up_django()
    from django.conf import settings  # noqa: PLC0415 - after set-up

    environment: Environment = settings.DOORWARD
    return environment


def _prepare(fill: Callable[[], None]) -> str:
    """Bring the data up to date, and let go of the database: the parts have their own.

    Return the address of the link that makes the first of the provider's people (secret); empty: somebody is there.
    """
    from django.utils import timezone  # noqa: PLC0415 - after set-up, as all below

    from doorward.accounts import first_link  # noqa: PLC0415
    from doorward.audit.actor import CONSOLE  # noqa: PLC0415
    from doorward.cli.data import bring_up_to_date  # noqa: PLC0415

    bring_up_to_date()
    fill()
    link = first_link.renew(actor=CONSOLE, now=timezone.now())
    _let_go_of_the_database()
    return link


def _let_go_of_the_database() -> None:
    from django.db import connections  # noqa: PLC0415 - after set-up

    connections.close_all()
    for connection in connections.all():
        # Only PostgreSQL's has a pool, with threads that would outlive the preparation.
        getattr(connection, "close_pool", lambda: None)()


@contextmanager
def data_folder_locked(environment: Environment) -> Iterator[None]:
    """Hold the data folder; the lock goes with the process, however it ends. `Failure`: somebody else has it."""
    with (environment.data_dir / "running.lock").open("w") as file:
        if not soon(lambda: _try_lock(file.fileno())):
            raise Failure(f"Doorward already runs on the data folder {environment.data_dir}.")
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _greet(environment: Environment, link: str) -> None:
    # A full disk keeps the words of a start from nobody but its reader.
    with suppress(OSError):
        click.echo(f"Doorward answers at {environment.origin}")
        if link:
            # On standard output and nowhere else: never in the log.
            click.echo(f"{_FIRST}\n{link}")
