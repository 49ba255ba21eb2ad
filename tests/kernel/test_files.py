"""Files that are whole or not there, and what is left of one that could not be written."""

from __future__ import annotations

import ast
import os
import re
import resource
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import doorward
from doorward.kernel import atomic_files

PACKAGE = Path(doorward.__file__).parent
# Locks have no content, or where the portal listens, and a demonstration is thrown away. Others open what
# these functions made, an entry of a ZIP file in it, or where nothing is kept.
LOCKS = {
    "cli/migrating.py": ["open('w')"],
    # Who has it is named in it, until they end.
    "cli/run.py": ["open('a+')"],
    "kernel/crypto/keyring.py": ["open('w')"],
}
THROWN_AWAY = {"demo/folder.py", "operations/demonstration.py"}
MADE_HERE = {
    "cli/exporting.py": ["open('w+b')"],
    "importing/spreadsheet.py": ["open(os.devnull 'w')"],
    # Into what `made_aside` and `scratch` have made.
    "operations/backup/key_file.py": ["write_bytes(content.getvalue())"],
    "operations/backup/making.py": ["open('r+b')"],
    "operations/backup/restoring.py": ["open('r+b')"],
    "operations/packing.py": ["open(self._entry(name) 'w' True)"],
}


@pytest.fixture
def full_disk():
    """Have room for ten bytes in a file, and no more (as a quota has it)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, ignored)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_the_owners_alone_and_replaced_whole(tmp_path):
    path = tmp_path / "one"
    atomic_files.write_whole(path, b"old")
    atomic_files.write_whole(path, b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o600)
    assert names(tmp_path) == ["one"]


def test_what_is_there_is_not_written_again(tmp_path):
    path = tmp_path / "one"
    with ThreadPoolExecutor(20) as pool:
        made = list(pool.map(lambda n: atomic_files.write_new(path, str(n).encode()), range(20)))
    assert made.count(True) == 1
    assert path.read_bytes() == str(made.index(True)).encode()
    assert names(tmp_path) == ["one"]


def test_a_link_stays_one(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "one")
    atomic_files.write_whole(tmp_path / "link", b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "one").read_bytes() == b"x"


def test_what_is_there_and_no_file_stays(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="no file"):
        atomic_files.write_whole(pipe, b"new")
    with pytest.raises(OSError, match="no file"), atomic_files.made_aside(pipe, replace=True):
        pass
    assert [one.name for one in tmp_path.iterdir()] == ["pipe"]
    assert pipe.is_fifo()


def test_where_there_is_no_room_the_old_file_stays_and_nothing_is_left(tmp_path, full_disk):
    atomic_files.write_whole(tmp_path / "one", b"old")
    with pytest.raises(OSError, match="File too large"):
        atomic_files.write_whole(tmp_path / "one", b"x" * 100)
    with pytest.raises(OSError, match="File too large"):
        atomic_files.write_new(tmp_path / "two", b"x" * 100)
    assert names(tmp_path) == ["one"]
    assert (tmp_path / "one").read_bytes() == b"old"


def test_a_line_that_was_cut_stays_apart(tmp_path):
    path = tmp_path / "lines"
    atomic_files.add_line(path, "first")
    with path.open("a") as file:
        file.write("half a li")
    atomic_files.add_line(path, "second")
    atomic_files.add_line(path, "third")
    assert path.read_text() == "first\nhalf a li\nsecond\nthird\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_folders_are_made_for_their_owner(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    atomic_files.make_folder(Path("a/b/c"))
    atomic_files.make_folder(Path("a/b/c"))
    assert [path.stat().st_mode & 0o777 for path in sorted(tmp_path.rglob("*"))] == [0o700] * 3


def test_what_a_killed_process_left_aside_is_forgotten(tmp_path):
    (tmp_path / ".one.0f9e8d7c").write_bytes(b"half")
    atomic_files.write_whole(tmp_path / "one", b"whole")
    atomic_files.forget_unfinished(tmp_path / "one")
    assert names(tmp_path) == ["one"]


def writing(source):
    """Return each call that could make or change a file."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rpartition(".")[2]
        words = " ".join(map(ast.unparse, [*node.args, *(one.value for one in node.keywords)]))
        opens = name == "open" and re.search(r"O_CREAT|'[rbt]*[wax+][rbt+]*'", words)
        if opens or name in {
            "write_text",
            "write_bytes",
            "mkdir",
            "link",
            "fdopen",
        }:
            yield f"{name}({words})"


def test_every_file_of_ours_is_made_by_these_functions():
    made = {
        path.relative_to(PACKAGE).as_posix(): [*writing(path.read_text())]
        for path in PACKAGE.rglob("*.py")
    }
    assert made.pop("kernel/atomic_files.py")
    others = {name: calls for name, calls in made.items() if calls}
    assert {
        name: calls for name, calls in others.items() if name not in {*LOCKS, *THROWN_AWAY}
    } == MADE_HERE
    assert {name: others[name] for name in LOCKS} == LOCKS
