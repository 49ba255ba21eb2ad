"""`doorward demo`, and `doorward demo-code` for those of its people who have an authenticator app."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
from django.conf import settings
from django.utils import timezone

from doorward.cli.base import with_data
from doorward.cli.failure import Failure
from doorward.cli.run import run_everything
from doorward.demo import folder as demo_folder
from doorward.kernel.errors import NotFound
from doorward.kernel.text.amounts import amount
from doorward.operations import demonstration

if TYPE_CHECKING:
    from doorward.environment.fields import Environment

_DATA_DIR = "DOORWARD_DATA_DIR"


@click.command()
@click.option(
    "--bind",
    metavar="HOST:PORT",
    default="127.0.0.1:8000",
    show_default=True,
    help="Where to listen; loopback only.",
)
def demo(bind: str) -> None:
    """Serve a portal full of believable people, on this machine only, and throw it away at the end."""
    _forget_settings()
    folder = demo_folder.make()
    end_when_told(folder)
    os.environ |= {_DATA_DIR: str(folder), "DOORWARD_DEMO": "true"}
    try:
        run_everything(
            bind=bind,
            workers=None,
            fill=lambda: _fill(folder),
            greet=_greet,
        )
    finally:
        demo_folder.forget(folder)


def end_when_told(folder: Path) -> None:
    """Until the supervisor takes the signals over: throw the folder away, and end, when SIGTERM comes.

    Nothing is raised for it: what is raised while Python collects garbage is printed, and the program goes on.
    """

    def end(*_: object) -> None:
        try:
            demo_folder.forget(folder)
        finally:
            os._exit(0)

    signal.signal(signal.SIGTERM, end)


@click.command("demo-code")
@click.argument("email")
@click.option("--port", type=click.IntRange(1, 65535), help="Of which one, where several run.")
def demo_code(email: str, port: int | None) -> None:
    """Print the current code of an administrator of the demo that is running: the one that began last.

    Where several run, --port or DOORWARD_DATA_DIR says which one.
    """
    folder = _folder(port)
    if not demonstration.is_one(folder):
        raise Failure(f"The data folder {folder} is not a demonstration's.")
    _forget_settings()
    os.environ[_DATA_DIR] = str(folder)
    _print_code(email)


def _folder(port: int | None) -> Path:
    named = os.environ.get(_DATA_DIR)
    if named and port is None:
        return Path(named)
    found = demo_folder.running(port=port)
    if found.others and port is None:
        others = ", ".join(f"--port {one}" for one in found.others)
        click.echo(f"The demonstration at port {found.port}; of another: {others}.", err=True)
    return found.folder


def _forget_settings() -> None:
    """Leave out every setting of a real installation: database, keys, mail server."""
    for name in [name for name in os.environ if name.startswith("DOORWARD_")]:
        del os.environ[name]


def _fill(folder: Path) -> dict[str, str]:
    """Return the recovery code of whom only such a code lets in, by their e-mail."""
    from doorward.demo.data import fill  # noqa: PLC0415 - after set-up, as all below

    demo_folder.point_to(folder, port=settings.DOORWARD.port)
    filled = fill(now=timezone.now())
    return {filled.locked_email: filled.recovery_code}


def _greet(environment: Environment, recovery_codes: dict[str, str]) -> None:
    from doorward.demo.greeting import greet  # noqa: PLC0415

    greet(environment, recovery_codes=recovery_codes)


@with_data
def _print_code(email: str) -> None:
    from doorward.accounts import services as people  # noqa: PLC0415
    from doorward.credentials import removal  # noqa: PLC0415
    from doorward.credentials.errors import NotEnabled  # noqa: PLC0415

    try:
        person = people.find_by_email(email)
        code, starts_at = removal.unused_code(person, now=timezone.now())
    except NotFound as error:
        raise Failure(f"Nobody in the demonstration has the e-mail {email}.") from error
    except NotEnabled as error:
        raise Failure(f"{email} has no authenticator app.") from error
    # A code is accepted from one step before its own time on, and to its end at least.
    wait = (starts_at - timedelta(seconds=30) - timezone.now()).total_seconds()
    if wait > 0:
        seconds = amount(int(wait) + 1, "second", "seconds")
        click.echo(f"The codes of now were used; the next one in {seconds}:", err=True)
        time.sleep(wait)
    click.echo(code)
