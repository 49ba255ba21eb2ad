"""`doorward run` and `doorward work`."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from doorward.cli.base import Failure, set_up_django
from doorward.cli.supervisor import supervise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from doorward.environment import Environment

_TRIES = 20
_BETWEEN_TRIES_SECONDS = 0.1


@click.command()
@click.option("--bind", metavar="HOST:PORT", help="Where to listen [127.0.0.1:8000].")
@click.option(
    "--workers", type=click.IntRange(1, 64), help="How many processes answer requests [2]."
)
def run(bind: str | None, workers: int | None) -> None:
    """Serve the portal and do its background work, in one process tree that ends as one."""
    run_everything(bind=bind, workers=workers)


@click.command()
def work() -> None:
    """Do the background work alone, for a second machine.

    It shares the database (PostgreSQL) and the key file with a machine on which `doorward run` runs.
    """
    environment = _settings(bind=None, workers=None)
    if not environment.database.startswith("postgres"):
        raise Failure("A second machine needs PostgreSQL: set DOORWARD_DATABASE_URL.")
    from doorward.cli.data import refuse_unprepared  # noqa: PLC0415 - after set-up

    refuse_unprepared()
    _let_go_of_the_database()
    supervise(["work"], is_ready=lambda: True, on_ready=lambda: click.echo("Working."))


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
    with _data_folder_locked(environment), _port_taken(environment) as _:
        _prepare(fill)
        supervise(
            parts,
            is_ready=lambda: _answers(environment),
            on_ready=lambda: (greet or _greet)(environment),
        )


def _settings(*, bind: str | None, workers: int | None) -> Environment:
    """Give the settings; the options win, and the parts inherit them by the environment."""
    if bind:
        os.environ["DOORWARD_BIND"] = bind
    if workers:
        os.environ["DOORWARD_WORKERS"] = str(workers)
    set_up_django()
    from django.conf import settings  # noqa: PLC0415 - after set-up

    environment: Environment = settings.DOORWARD
    return environment


def _prepare(fill: Callable[[], None]) -> None:
    """Bring data and files up to date, and let go of the database: the parts have their own."""
    from django.core.management import call_command  # noqa: PLC0415 - after set-up

    from doorward.cli.data import bring_up_to_date  # noqa: PLC0415

    bring_up_to_date()
    fill()
    call_command("collectstatic", verbosity=0, interactive=False)
    _let_go_of_the_database()


def _let_go_of_the_database() -> None:
    from django.db import connections  # noqa: PLC0415 - after set-up

    connections.close_all()
    for connection in connections.all():
        # Only PostgreSQL's has a pool, with threads that would outlive the preparation.
        getattr(connection, "close_pool", lambda: None)()


@contextmanager
def _data_folder_locked(environment: Environment) -> Iterator[None]:
    """Hold the data folder; the lock goes with the process, however it ends."""
    with (environment.data_dir / "running.lock").open("w") as file:
        if not _soon(lambda: _try_lock(file.fileno())):
            raise Failure(f"Doorward already runs on the data folder {environment.data_dir}.")
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _port_taken(environment: Environment) -> Iterator[None]:
    """Refuse a port that somebody listens on, then hold it so that no other start takes it.

    granian's workers share their port (SO_REUSEPORT) and would share it with a stranger's, too.
    The socket that holds it never listens, so that no connection ends up in it.
    """
    if not _soon(lambda: _try_port(environment)):
        raise Failure(f"The port {environment.bind} is taken by another program.")
    with _socket(environment) as holder:
        if hasattr(socket, "SO_REUSEPORT"):
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            holder.bind((environment.host, environment.port))
        yield


def _try_port(environment: Environment) -> bool:
    try:
        with _socket(environment) as probe:
            probe.bind((environment.host, environment.port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise Failure(f"Doorward cannot listen on {environment.bind}: {error.strerror}.") from error
    return True


def _socket(environment: Environment) -> socket.socket:
    family = socket.AF_INET6 if ":" in environment.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


def _soon(attempt: Callable[[], bool]) -> bool:
    """Try for a moment: processes of a start that was just killed may still be going."""
    for _ in range(_TRIES):
        if attempt():
            return True
        time.sleep(_BETWEEN_TRIES_SECONDS)
    return False


def _answers(environment: Environment) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(environment.host, environment.host)  # noqa: S104
    try:
        with socket.create_connection((host, environment.port), timeout=0.2):
            return True
    except OSError:
        return False


def _greet(environment: Environment) -> None:
    click.echo(f"Doorward answers at {environment.origin}")
