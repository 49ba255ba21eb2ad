"""The command line's frame: the group of commands, their exit codes, what they print."""

from __future__ import annotations

import importlib
import importlib.util
import json
import keyword
import os
import sys
from contextlib import contextmanager
from datetime import UTC
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from doorward import __version__
from doorward.cli.examples import attach
from doorward.cli.failure import Failure
from doorward.cli.output import is_of_output, printable, why_lost
from doorward.cli.read_only_disk import way_on
from doorward.kernel.why_not_saved import sentence_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

# Where each command lives. They are imported when they are asked for: `--help` needs no database.
COMMANDS = {
    "administrators": "doorward.cli.administrators",
    "applications": "doorward.cli.applications",
    "backup": "doorward.cli.backup",
    "brands": "doorward.cli.brands",
    "check": "doorward.cli.check",
    "completion": "doorward.cli.manual",
    "customers": "doorward.cli.customers",
    "demo": "doorward.demo.command",
    "demo-code": "doorward.demo.command",
    "evidence": "doorward.cli.exporting",
    "export": "doorward.cli.exporting",
    "history": "doorward.cli.history",
    "import": "doorward.cli.importing",
    "keys": "doorward.cli.keys",
    "manual": "doorward.cli.manual",
    "migrate": "doorward.cli.preparing",
    "policy": "doorward.cli.policy",
    "rescue": "doorward.cli.rescuing",
    "restore": "doorward.cli.restoring",
    "run": "doorward.cli.run",
    "selftest": "doorward.cli.selftesting",
    "sites": "doorward.cli.sites",
    "work": "doorward.cli.run",
}


class Group(click.Group):
    """Commands, each listed with the whole first sentence of its help; click's own list cuts it to one line."""

    # Of the groups within it, too.
    group_class = type

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, one.get_short_help_str(sys.maxsize))
                    for name, one in found
                    if one and not one.hidden
                ]
            )


class Commands(Group):
    """Commands by name, each imported only when it is used."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:  # noqa: ANN401 - click's signature
        """Read what was typed; what is wrong with it is said without what a terminal obeys."""
        with _said_printably():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        """Run the command, as `_invoke` does; what is refused repeats nothing that a terminal obeys."""
        with _said_printably():
            return self._invoke(ctx)

    def _invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401
        """Run the command; where nothing can be saved, or a file is none, say so in one sentence."""
        try:
            done = super().invoke(ctx)
            if sys.stdout is not None:
                sys.stdout.flush()
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except Exception as error:
            said = (sentence_for(error) + way_on(error)) or _of_a_file(error) or _of_no_text(error)
            lost = _forget_what_was_printed() or is_of_output(error)
            if lost and isinstance(error, OSError):
                said = (
                    f"What it printed is lost: {why_lost(error)}. What it has changed is changed."
                )
            if not said:
                raise
            raise Failure(said) from error
        return done

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names, in order."""
        return sorted(name for name, module in COMMANDS.items() if _exists(module))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command of that name, or None."""
        module = COMMANDS.get(cmd_name)
        if module is None or not _exists(module):
            return None
        # A word of Python's own cannot be the name of a function.
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name.replace("-", "_")
        command: click.Command = getattr(importlib.import_module(module), name)
        attach(command, cmd_name)
        return command


@contextmanager
def _said_printably() -> Iterator[None]:
    """Write out in a sentence what a terminal would obey: it may repeat what was typed, or stands in a file."""
    try:
        yield
    except click.ClickException as error:
        vars(error)["message"] = printable(error.message)  # click's own is final for who only reads
        raise


def _of_a_file(error: Exception) -> str:
    """Return the sentence for a file that cannot be used, whatever stands in its place; empty: it is no such error."""
    if isinstance(error, OSError) and error.strerror and isinstance(error.filename, str):
        return f"{error.filename} cannot be used: {error.strerror}."
    return ""


def _of_no_text(error: Exception) -> str:
    """Return the sentence for what was typed and is no text: bytes that are not UTF-8; empty: it is no such error."""
    odd = isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed"
    return "Something that was typed is not UTF-8." if odd else ""


def _forget_what_was_printed() -> bool:
    """Have Python not try once more, at its end, to print what has no room; return whether something had none."""
    if sys.stdout is None:
        return False
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        return True
    return False


def _exists(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="doorward")
def main() -> None:
    """Doorward: a customer portal with two-factor sign-in at its heart.

    Settings are environment variables (DOORWARD_…), or a file named by DOORWARD_CONFIG.
    """


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(value: object) -> None:
    """Print a record or a list as JSON; times must already be ISO 8601 in UTC."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their columns; without colours or a frame, so that `cut` and `grep` serve."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    for row in (columns, *rows):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(line.rstrip())


def set_up_django(*, beside: bool = False) -> None:
    """Load the settings and the models, or raise `Failure` with the sentence that says what is wrong.

    `beside`: links lead to the portal that runs on the data folder, if one does.
    """
    from doorward.cli.listening_file import follow  # noqa: PLC0415 - `--help` needs none of this
    from doorward.environment import WrongSetting, load  # noqa: PLC0415
    from doorward.kernel.crypto.keyring import SafeBroken  # noqa: PLC0415

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "doorward.settings.django")
    import django  # noqa: PLC0415

    try:
        if beside:
            follow(load())
        django.setup()
    except (WrongSetting, SafeBroken) as error:
        raise Failure(str(error)) from error
    except OSError as error:
        raise Failure(
            f"The data folder cannot be used: {error.strerror} ({error.filename})."
        ) from error


def with_data(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command that works on data: Django is ready, an SQLite database is up to date.

    What a rule refuses and what the database cannot do become a `Failure` with one sentence.
    """
    return _with_data(command, migrating=True)


def with_data_as_it_is(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command that only reads a database that is there, older than this program or not."""
    return _with_data(command, migrating=False)


def _with_data(command: Callable[..., Any], *, migrating: bool) -> Callable[..., Any]:
    @wraps(command)
    def ready(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever the command takes
        set_up_django(beside=True)
        from django.db import DatabaseError  # noqa: PLC0415 - needs Django

        from doorward.cli import first_start  # noqa: PLC0415
        from doorward.kernel.crypto.keyring import SafeBroken  # noqa: PLC0415
        from doorward.kernel.errors import Refusal  # noqa: PLC0415
        from doorward.kernel.refusals import sentence  # noqa: PLC0415

        if migrating:
            first_start.bring_up_to_date(only_sqlite=True)
        else:
            first_start.refuse_missing_or_newer()
        try:
            return command(*args, **kwargs)
        except Refusal as refusal:
            raise Failure(sentence(refusal)) from refusal
        except SafeBroken as error:
            raise Failure(str(error)) from error
        except DatabaseError as error:
            raise first_start.cannot_be_used(error) from error

    return ready


def utc(moment: datetime | None) -> str | None:
    """Return a time as ISO 8601 in UTC, to the second."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
