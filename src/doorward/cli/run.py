"""`doorward run` and `doorward work`."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from functools import partial
from typing import IO, TYPE_CHECKING

import click

from doorward import environment as environments
from doorward.cli import forked, processes
from doorward.cli.base import set_up_django
from doorward.cli.failure import Failure
from doorward.cli.listening import answers, find_address, port_held, soon
from doorward.cli.listening_file import LOCK, try_lock, write_down
from doorward.cli.supervisor import supervise
from doorward.operations import demonstration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from socket import socket

    from doorward.environment.fields import Environment


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
    run_everything(bind=bind, workers=workers, worker=not no_worker)


@click.command()
def work() -> None:
    """Do the background work alone, for a second machine.

    It shares the database (PostgreSQL) and the key file with a machine on which `doorward run` runs.
    """
    _refuse_alone(_settings(bind=None, workers=None))
    forked.done_aside(_refuse_unprepared)
    processes.load(["work"])
    supervise(
        {"work": partial(processes.main, processes.work)},
        is_ready=lambda: True,
        on_ready=lambda: click.echo("Working."),
    )


def _refuse_unprepared() -> None:
    from doorward.cli.first_start import refuse_unprepared  # noqa: PLC0415 - after set-up

    refuse_unprepared()


def _refuse_alone(environment: Environment) -> None:
    if environment.sqlite_file:
        raise Failure("A second machine needs PostgreSQL: set DOORWARD_DATABASE_URL.")


def run_everything(
    *,
    bind: str | None,
    workers: int | None,
    worker: bool = True,
    fill: Callable[[], dict[str, str]] = dict,
    greet: Callable[[Environment, dict[str, str]], None] | None = None,
) -> None:
    """Lock, migrate, serve and work until a signal ends it; `Failure` where it cannot start.

    `fill` is called, in a process of its own, when the database is up to date; `greet` with what it returned when the
    first request can be made.
    """
    environment = _settings(bind=bind, workers=workers)
    _refuse_demonstration(environment)
    address, port = find_address(environment), environment.port
    with data_folder_locked(environment) as lock, port_held(address, port) as holder:
        write_down(lock, environment.bind)
        link, filled = forked.done_aside(partial(_prepare, fill))
        runs: dict[str, Callable[[], None]] = {"serve": partial(processes.serve, address, port)}
        if worker:
            runs["work"] = processes.work
        processes.load(runs)
        supervise(
            {name: partial(_run_without, (lock, holder), run) for name, run in runs.items()},
            is_ready=lambda: answers(address, port),
            on_ready=lambda: greet(environment, filled) if greet else _greet(environment, link),
        )


def _refuse_demonstration(environment: Environment) -> None:
    if demonstration.is_one(environment.data_dir) and not environment.demo:
        raise Failure(
            f"The data folder {environment.data_dir} is a demonstration's, and everybody knows its passwords: "
            "only `doorward demo` serves it."
        )


def _run_without(held: Iterable[IO[str] | socket], run: Callable[[], None]) -> None:
    """Run a part that does not hold what the first process holds: with that one's end it is free."""
    for one in held:
        one.close()
    processes.main(run)


def _settings(*, bind: str | None, workers: int | None) -> Environment:
    """Return the settings; the options win."""
    if bind:
        os.environ["DOORWARD_BIND"] = bind
    if workers:
        os.environ["DOORWARD_WORKERS"] = str(workers)
    # What reads them is in no process that stays.
    environments.keep(forked.done_aside(_settle))
    set_up_django()
    from django.conf import settings  # noqa: PLC0415 - after set-up

    environment: Environment = settings.DOORWARD
    return environment


def _settle() -> environments.Settled:
    try:
        return environments.settle()
    except environments.WrongSetting as error:
        raise Failure(str(error)) from error


def _prepare(fill: Callable[[], dict[str, str]]) -> tuple[str, dict[str, str]]:
    """Bring the data up to date, in a process of its own.

    Return the address of the link that makes the first of the provider's people (secret; empty: somebody is there), and
    what `fill` returned.
    """
    from django.utils import timezone  # noqa: PLC0415 - after set-up, as all below

    from doorward.accounts import first_link  # noqa: PLC0415
    from doorward.audit.actor import CONSOLE  # noqa: PLC0415
    from doorward.cli.first_start import bring_up_to_date  # noqa: PLC0415

    bring_up_to_date()
    filled = fill()
    return first_link.renew(actor=CONSOLE, now=timezone.now()), filled


@contextmanager
def data_folder_locked(environment: Environment) -> Iterator[IO[str]]:
    """Hold the data folder; give what holds it until this process is gone, however it ends.

    Raises `Failure`: somebody else has it.
    """
    # Not emptied when it is opened: somebody else may hold it.
    with (environment.data_dir / LOCK).open("a+") as file:
        if not soon(lambda: try_lock(file.fileno())):
            raise Failure(f"Doorward already runs on the data folder {environment.data_dir}.")
        write_down(file, "")
        yield file


def _greet(environment: Environment, link: str) -> None:
    # A full disk keeps the words of a start from nobody but its reader.
    with suppress(OSError):
        click.echo(f"Doorward answers at {environment.origin}")
        if link:
            # On standard output and nowhere else: never in the log.
            click.echo(f"{_FIRST}\n{link}")
