"""`doorward manual` and `doorward completion`: what the command line says of itself, made from the commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
from click.shell_completion import get_completion_class

from doorward import __version__
from doorward.cli.base import main
from doorward.cli.examples import EXAMPLES
from doorward.environment import CONFIG, PREFIX
from doorward.environment.fields import Environment, default_of

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "doorward"
_SHELLS = ("bash", "zsh", "fish")
_STATUS = {
    "0": "What was asked for is done.",
    "1": "It could not be done: one sentence on standard error says why. Or what was looked at is unfit.",
    "2": "It was asked for wrongly.",
}


@click.command()
@click.argument("shell", type=click.Choice(_SHELLS))
def completion(shell: str) -> None:
    """Print what lets a shell complete commands and options with the tab key."""
    found = get_completion_class(shell)
    if found:
        click.echo(found(main, {}, NAME, f"_{NAME.upper()}_COMPLETE").source())


@click.command()
@click.option("--roff", is_flag=True, help="As a man page, to be saved as doorward.1.")
def manual(*, roff: bool) -> None:
    """Print everything that there is to say of commands, options and settings."""
    click.echo("\n".join(as_roff() if roff else as_text()))


def walk(ctx: click.Context | None = None) -> Iterator[click.Context]:
    """Return every command in order, groups before what is below them, each in a context of its own."""
    ctx = ctx or click.Context(main, info_name=NAME, **main.context_settings)
    yield ctx
    if isinstance(ctx.command, click.Group):
        for name in ctx.command.list_commands(ctx):
            below = ctx.command.get_command(ctx, name)
            if below and not below.hidden:
                yield from walk(click.Context(below, info_name=name, parent=ctx))


def as_text() -> Iterator[str]:
    """Return the help of every command, and the settings, line by line."""
    for ctx in walk():
        yield from (ctx.command_path, "=" * len(ctx.command_path), "", ctx.get_help(), "")
    yield from ("Settings", "========", "")
    for name, said in _settings():
        yield from (name, f"  {said}", "")
    yield from ("Exit status", "===========", "")
    yield from (f"{status}  {said}" for status, said in _STATUS.items())


def as_roff() -> Iterator[str]:
    """Return the same as a page for man(1), line by line (man(7))."""
    yield f'.TH DOORWARD 1 "" "Doorward {__version__}" "Doorward"'
    yield from (".SH NAME", r"doorward \- a customer portal with two-factor sign-in at its heart")
    yield from (".SH SYNOPSIS", ".B doorward", r"\fICOMMAND\fR [\fIARGUMENTS\fR]", ".SH COMMANDS")
    for ctx in walk():
        yield from _command(ctx)
    yield ".SH ENVIRONMENT"
    for name, said in _settings():
        yield from (".TP", f".B {_safe(name)}", _safe(said))
    yield ".SH EXIT STATUS"
    for status, said in _STATUS.items():
        yield from (".TP", f".B {status}", _safe(said))


def _command(ctx: click.Context) -> Iterator[str]:
    usage = " ".join([ctx.command_path, *ctx.command.collect_usage_pieces(ctx)])
    yield f'.SS "{_safe(usage)}"'
    for paragraph in _paragraphs(ctx.command.help or ""):
        yield from (".PP", _safe(paragraph))
    for param in ctx.command.get_params(ctx):
        record = param.get_help_record(ctx)
        if record and record[1]:
            yield from (".TP", f".B {_safe(record[0])}", _safe(record[1]))
    for example in EXAMPLES.get(ctx.command_path.removeprefix(f"{NAME} "), ()):
        yield from (".PP", ".EX", _safe(f"    {example}"), ".EE")


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text.replace("\b", "").strip()):
        yield " ".join(paragraph.split())


def _settings() -> Iterator[tuple[str, str]]:
    yield CONFIG, "A file with settings, one NAME=VALUE a line; the environment wins."
    for name, field in Environment.model_fields.items():
        said, default = (field.description or "").replace("`", ""), default_of(name)
        yield PREFIX + name.upper(), f"{said} [{default}]" if default else said


def _safe(text: str) -> str:
    """Return text as roff takes it: ASCII, no control line, no escape, hyphens that can be copied."""
    safe = text.replace("\\", r"\e").replace("-", r"\-").replace('"', r"\(dq")
    safe = re.sub(r"[^\x00-\x7f]", lambda found: rf"\[u{ord(found[0]):04X}]", safe)
    return rf"\&{safe}" if safe.startswith((".", "'")) else safe
