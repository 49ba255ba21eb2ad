"""What the command line says of itself is whole: help for each command and option, examples, a man page, completion."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from shlex import split

import click
import pytest
from click.testing import CliRunner

from doorward.cli.base import main
from doorward.cli.examples import EXAMPLES
from doorward.cli.manual import walk
from doorward.environment.fields import Environment
from tests.kit.serving import environment

pytestmark = pytest.mark.one_database
COMMANDS = {ctx.command_path.removeprefix("doorward "): ctx for ctx in walk()}
LINES = {"SH", "SS", "TH", "PP", "TP", "B", "EX", "EE"}


def leaves():
    return {path: ctx for path, ctx in COMMANDS.items() if not isinstance(ctx.command, click.Group)}


@pytest.mark.parametrize("path", COMMANDS)
def test_a_command_and_each_option_of_it_say_what_they_are(path):
    command = COMMANDS[path].command
    assert (command.help or "").strip(), path
    for param in command.params:
        if isinstance(param, click.Option):
            assert param.help, (path, param.opts)


@pytest.mark.parametrize("path", [path for path in COMMANDS if path not in leaves()])
def test_a_list_of_commands_has_whole_sentences(path):
    ctx = COMMANDS[path]
    shown = CliRunner().invoke(main, [*path.split()[path == "doorward" :], "--help"])
    # A line may break at a hyphen.
    said = "".join(shown.output.split())
    for below in (below for below in COMMANDS.values() if below.parent is ctx):
        name, (first, _, _) = below.info_name, (below.command.help or "").partition("\n\n")
        assert f"{name}{''.join(first.split('. ')[0].split())}" in said
    assert "..." not in said.replace("[ARGS]...", "")


def takes_more_than_its_usage_says(command):
    given = [param for param in command.params if isinstance(param, click.Argument)]
    options = [param for param in command.params if isinstance(param, click.Option)]
    return (
        len(given) > 1
        or any(param.nargs != 1 for param in given)
        or any(param.required for param in options)
    )


def test_what_takes_more_than_its_usage_says_has_an_example():
    lacking = {
        path
        for path, ctx in leaves().items()
        if takes_more_than_its_usage_says(ctx.command) and path not in EXAMPLES
    }
    assert lacking == set()


@pytest.mark.parametrize("path", EXAMPLES)
def test_an_example_is_of_its_command_and_stands_in_its_help(path):
    ctx = COMMANDS[path]
    for example in EXAMPLES[path]:
        words = split(example.partition(" > ")[0].partition(" | ")[0])
        below = ["doorward", *path.split()]
        assert words[: len(below)] == below
        given = words[len(below) :]
        # Names, numbers of arguments and what is required; no file has to be there.
        if not isinstance(ctx.command, click.Group):
            parsed, rest, _ = ctx.command.make_parser(ctx).parse_args(list(given))
            assert not rest
            required = [param.name for param in ctx.command.params if param.required]
            assert all(parsed.get(name) for name in required), example
        shown = CliRunner().invoke(main, [*path.split(), "--help"], env={"COLUMNS": "300"})
        assert example in shown.output


def test_the_manual_has_every_command_and_setting():
    told = CliRunner().invoke(main, ["manual"])
    assert told.exit_code == 0
    for path in COMMANDS:
        assert f"\n{'doorward ' * (path != 'doorward')}{path}\n" in f"\n{told.output}"
    for name in Environment.model_fields:
        assert f"\nDOORWARD_{name.upper()}\n" in told.output
    assert "How many hours after a backup the worker makes the next one. [24]" in told.output
    # As each command says it itself.
    assert told.output.count("  -h, --help ") == len(COMMANDS)


def test_the_man_page_has_them_in_lines_that_man_takes():
    told = CliRunner().invoke(main, ["manual", "--roff"])
    assert told.exit_code == 0
    assert told.output.isascii()
    for line in told.output.splitlines():
        assert not line.startswith("'")
        if line.startswith("."):
            assert line[1:].partition(" ")[0] in LINES, line
    plain = told.output.replace(r"\-", "-")
    for path, ctx in COMMANDS.items():
        assert f"{path} " in plain
        for param in ctx.command.params:
            assert not isinstance(param, click.Option) or param.opts[-1] in plain
    for name in Environment.model_fields:
        assert f".B DOORWARD_{name.upper()}\n" in told.output


@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "complete "), ("zsh", "#compdef"), ("fish", "complete ")]
)
def test_each_shell_gets_its_completion(shell, word):
    told = CliRunner().invoke(main, ["completion", shell])
    assert told.exit_code == 0
    assert word in told.output
    assert "_DOORWARD_COMPLETE" in told.output


@pytest.mark.processes
def test_bash_completes_commands_and_options(tmp_path):
    program = str(Path(sys.executable).parent / "doorward")
    asked = environment(tmp_path / "data")
    asked |= {
        "_DOORWARD_COMPLETE": "bash_complete",
        "COMP_WORDS": "doorward cust",
        "COMP_CWORD": "1",
    }
    done = subprocess.run([program], env=asked, capture_output=True, text=True, check=False)
    assert "customers" in done.stdout
    asked |= {"COMP_WORDS": "doorward administrators add --pri", "COMP_CWORD": "3"}
    done = subprocess.run([program], env=asked, capture_output=True, text=True, check=False)
    assert done.stdout.split(",")[-1].strip() == "--primary"
    assert not (tmp_path / "data").exists()


BOOKS = Path(__file__).parents[2]


def test_what_the_books_type_are_commands_with_their_options():
    typed = {
        (file.name, line)
        for file in (BOOKS / "README.md", BOOKS / "CHANGELOG.md", *(BOOKS / "docs").rglob("*.md"))
        for line in re.findall(
            r"(?:^    (?:\S*/)?|`)doorward ([^#\n`]+)", file.read_text(), re.MULTILINE
        )
    }
    assert len(typed) > 60
    wrong = {(name, line, word) for name, line in typed for word in _unknown(line)}
    assert wrong == set()


def _unknown(line):
    """Return what of a line is no command, or no option of it."""
    words = re.sub(r"&&.*|[\[\]]", " ", line).split()
    path = next((" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in COMMANDS), None)
    if path is None:
        return {line}
    command = COMMANDS[path].command
    below = [
        one.command for one in COMMANDS.values() if one.parent and one.parent.command is command
    ]
    params = [param for one in (command, *below) for param in one.params]
    known = {option for param in params for option in (*param.opts, *param.secondary_opts)}
    return {word for word in words if word.startswith("--")} - known
