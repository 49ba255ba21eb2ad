"""A disk that is full, or can only be read: one sentence at a start and by a command; with room, all goes on.

On a small disk of its own (tmpfs), which wants root: who is not is told so. What a limit on the size of files shows is
shown to everybody.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from time import sleep
from typing import TYPE_CHECKING

import pytest

from tests.kit import postgresql, serving
from tests.kit.disks import filled, small_disk
from tests.kit.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("commands"),
    pytest.mark.skipif(bool(postgresql.url()), reason="SQLite's file is what stands on the disk."),
]

# What a first start writes at most at one time: it grows with the tables. With 32 KB less it ends with the sentence.
ENOUGH = 1536 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return a small disk."""
    with small_disk(tmp_path / "disk") as folder:
        yield folder


def is_one_sentence(answer: subprocess.CompletedProcess[str]) -> bool:
    said = answer.stderr
    assert answer.returncode == 1, answer
    assert said.count("\n") == 1, said
    assert said.endswith(".\n"), said
    return True


@pytest.mark.parametrize(
    "free",
    [
        0,
        pytest.param(48 * 1024, marks=pytest.mark.at_length),
        pytest.param(300 * 1024, marks=pytest.mark.at_length),
    ],
)
def test_a_start_ends_with_one_sentence(disk: Path, free: int) -> None:
    with filled(disk, but=free):
        bind = f"127.0.0.1:{serving.free_port()}"
        answer = serving.doorward("run", "--bind", bind, folder=disk / "data")
        assert is_one_sentence(answer)
        assert "full" in answer.stderr or "No space left" in answer.stderr, answer.stderr
    again = serving.doorward("customers", "list", folder=disk / "data")
    assert again.returncode == 0, again.stderr


def test_so_does_every_command_on_it(disk: Path) -> None:
    data = serving.made_before(disk / "data")
    assert serving.doorward("customers", "add", "Cedar Clinic", folder=data).returncode == 0
    with filled(disk):
        for words in (
            ["customers", "add", "Harbour Bakery"],
            ["keys", "new"],
            ["keys", "rotate"],
            ["administrators", "add", "a@b.example", "--customer", "Cedar Clinic"],
            ["history", "export"],
        ):
            assert is_one_sentence(serving.doorward(*words, folder=data)), words
    with filled(disk), (disk / "printed").open("wb") as full:
        answer = subprocess.run(
            [sys.executable, "-m", "doorward", "customers", "list"],
            env=serving.environment(data),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert is_one_sentence(answer)
    assert serving.doorward("keys", "check", folder=data).returncode == 0


def test_one_that_can_only_be_read_says_so(disk: Path) -> None:
    data = serving.made_before(disk / "data")
    assert serving.doorward("customers", "add", "Cedar Clinic", folder=data).returncode == 0
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    bind = f"127.0.0.1:{serving.free_port()}"
    for words in (["run", "--bind", bind], ["customers", "add", "Harbour Bakery"], ["keys", "new"]):
        answer = serving.doorward(*words, folder=data)
        assert is_one_sentence(answer)
        assert "read" in answer.stderr.lower(), answer.stderr
    # As it is told, on a copy that is elsewhere everything goes on.
    file = data.parents[1] / "portal.backup"
    answer = serving.doorward("backup", str(file), folder=data)
    assert f"copy all of {data} to another disk" in answer.stderr
    assert is_one_sentence(answer)
    copy = shutil.copytree(data, data.parents[1] / "copy")
    assert serving.doorward("backup", str(file), folder=copy).returncode == 0
    assert "Cedar Clinic" in serving.doorward("customers", "list", folder=copy).stdout
    assert serving.doorward("history", "verify", folder=copy).returncode == 0


@pytest.mark.at_length
def test_a_start_that_has_just_room_enough_goes_on_and_says_what_is_wrong(tmp_path: Path) -> None:
    """What is saved later finds no room: that is one sentence each time, and no traceback."""
    with small_disk(tmp_path / "data") as disk, filled(disk, but=ENOUGH):
        server = serving.start(disk)
        try:
            until(lambda: status(server, "/readyz") == 503, seconds=60)
            until(lambda: "a round of the worker failed" in server.log.read_text(), seconds=60)
            assert status(server, "/sign-in/") == 200
            assert status(server, "/healthz") == 200
        finally:
            stopped = server.stop()
        said = server.log.read_text()
    assert stopped == 0
    assert "Nothing can be saved: the disk is full." in said
    assert "Traceback" not in said, said


@pytest.mark.at_length
def test_a_log_on_that_disk_ends_nothing(disk: Path) -> None:
    """Whoever sends what is written to stdout and stderr to the same disk has a portal that answers all the same."""
    with filled(disk, but=ENOUGH):
        server = serving.start(disk / "data")
        try:
            until(lambda: status(server, "/readyz") == 503, seconds=60)
            sleep(6)
            assert server.process.poll() is None
            assert status(server, "/healthz") == 200
        finally:
            stopped = server.stop()
    assert stopped == 0


def status(server: serving.Server, path: str) -> int:
    try:
        with urllib.request.urlopen(server.address + path, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_while_it_runs_it_says_so_and_goes_on_when_there_is_room(disk: Path) -> None:
    server = serving.start(serving.made_before(disk / "data"))
    try:
        until(lambda: status(server, "/readyz") == 200)
        with filled(disk):
            until(lambda: status(server, "/readyz") == 503, seconds=60)
            assert status(server, "/sign-in/") == 200
            assert status(server, "/healthz") == 200
        until(lambda: status(server, "/readyz") == 200, seconds=90)
        assert server.stop() == 0
    finally:
        server.stop()
    assert serving.doorward("keys", "check", folder=disk / "data").returncode == 0


@pytest.mark.parametrize("most", [100, pytest.param(40_000, marks=pytest.mark.at_length)])
def test_a_limit_on_files_is_such_a_disk(tmp_path: Path, most: int) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "doorward", "customers", "add", "Harbour Bakery"],
        env=serving.environment(tmp_path / "data"),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )
    assert is_one_sentence(answer)
    again = serving.doorward("customers", "add", "Harbour Bakery", folder=tmp_path / "data")
    assert again.returncode == 0, again.stderr
