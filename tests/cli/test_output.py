"""What a command prints cannot be written any more when its change stands: it says so, and what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.kit import people, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("commands")]
INVITE = ("administrators", "add", "a@harbour.example", "--customer")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return serving.made_before(tmp_path / "data")


@pytest.fixture
def full() -> Iterator[int]:
    """Return an output that has no room."""
    output = os.open("/dev/full", os.O_WRONLY)
    yield output
    os.close(output)


@pytest.fixture
def gone() -> Iterator[int]:
    """Return an output whose reader is gone."""
    reader, output = os.pipe()
    os.close(reader)
    yield output
    os.close(output)


def printed_to(output: int, *words: str, folder: Path, **how: Any) -> tuple[int, str]:
    """Return the status of a command with that output, and what it says on stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "doorward", *words],
        env=serving.environment(folder) | how.pop("env", {}),
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        **how,
    )
    return done.returncode, done.stderr


def test_a_link_that_is_shown_once(data: Path, full: int, gone: int) -> None:
    words = [*INVITE, "Harbour Bakery"]
    assert serving.doorward("customers", "add", "Harbour Bakery", folder=data).returncode == 0
    stands = "a@harbour.example was added and is being mailed the invitation all the same.\n"
    lost = "Nothing could be printed: the disk is full. "
    assert printed_to(full, *words, folder=data) == (1, lost + stands)
    again = ["administrators", "resend-invitation", "a@harbour.example"]
    stands = "The new invitation of a@harbour.example is being mailed all the same.\n"
    lost = "Nothing could be printed: broken pipe. "
    assert printed_to(gone, *again, folder=data) == (1, lost + stands)
    lost = "Nothing could be printed: there is no output. "
    closed = {"preexec_fn": lambda: os.close(1)}
    assert printed_to(full, *again, folder=data, **closed) == (1, lost + stands)


def test_who_was_rescued_has_lost_their_devices_all_the_same(data: Path, full: int) -> None:
    provider = serving.doorward("customers", "list", "--json", folder=data).stdout
    name = provider.split('"name": "')[1].split('"')[0]
    staff = [*INVITE, name, "--password-stdin", "--primary"]
    added = serving.doorward(*staff, folder=data, stdin=people.PASSWORD)
    assert added.returncode == 0, added.stderr
    status, said = printed_to(full, "rescue", "a@harbour.example", "--yes", folder=data)
    assert status == 1
    assert said.startswith(
        "Nothing could be printed: the disk is full. Their devices are suspended"
    )
    history = serving.doorward("history", "export", folder=data).stdout
    assert '"rescued"' in history


# Each command with odd words wherever it takes one, in one process.
_ODD = r"""
import sys
import click
from click.testing import CliRunner
from doorward.cli.base import main
from doorward.cli.manual import walk

ODD = "\x1b[31mX\x07\x9b\u202e\x7f\udcff"
ran = 0
for ctx in walk():
    words, command = ctx.command_path.split()[1:], ctx.command
    if isinstance(command, click.Group) or words[0] in {"run", "work", "demo", "selftest"}:
        continue
    taken = [one for one in command.params if isinstance(one, click.Argument)]
    options = [one.opts[0] for one in command.params if isinstance(one, click.Option) and not one.is_flag]
    for tried in (
        [*words, *[ODD] * (len(taken) or 1)],
        [*words, "--" + ODD],
        *([*words, *["odd"] * len(taken), option, ODD] for option in options),
    ):
        done = CliRunner().invoke(main, tried, input="")
        said = done.output + done.stderr
        odd = set(said) & set(ODD.replace("[31mX", ""))
        assert not odd and isinstance(done.exception, (SystemExit, type(None))), (tried, said, done.exception)
        ran += 1
print(ran)
"""


def test_nothing_that_a_terminal_obeys_comes_back_from_any_command(data: Path) -> None:
    (data / "here").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", _ODD],
        env=serving.environment(data),
        cwd=data / "here",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout) > 150


def test_the_command_that_nobody_names_is_in_no_help_and_no_sentence(tmp_path: Path) -> None:
    for words in (["--help"], ["FILE", "--help"], ["a", "b"]):
        done = serving.doorward("restore", *words, folder=tmp_path / "data")
        assert "everything" not in done.stdout + done.stderr
    # A file may be called so.
    done = serving.doorward("restore", "everything", folder=tmp_path / "data")
    assert done.stderr == "There is no file everything.\n"


def test_whatever_else_was_changed_is_changed(data: Path, full: int) -> None:
    said = "What it printed is lost: the disk is full. What it has changed is changed.\n"
    for name, buffered in (("Cedar Clinic", ""), ("Dock", "1")):
        env, words = {"PYTHONUNBUFFERED": buffered}, ("customers", "add", name)
        assert printed_to(full, *words, folder=data, env=env) == (1, said)
        assert name in serving.doorward("customers", "list", folder=data).stdout
