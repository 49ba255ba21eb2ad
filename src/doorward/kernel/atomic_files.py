"""Files that a power cut leaves whole: written aside, synced, given their name, and the folder synced.

Every file that Doorward makes is made here. Whoever reads one finds it as it was before or as it was meant to be,
and what a function here has returned from is on the disk. (Rename is atomic by POSIX; that a name lasts wants a sync of
its folder, fsync(2).)
"""

from __future__ import annotations

import errno
import fcntl
import glob
import os
import secrets
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

OWNERS_ALONE = 0o600
_FOLDERS_MODE = 0o700
# What SQLite puts beside a database while it is written; nothing else has it.
_BESIDE: Final = ("", "-journal", "-wal", "-shm")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, or put a new one in an old one's place; a link to it stays one. Raises `OSError`.

    The old one's owner keeps it: root's hand must not shut the portal out.
    """
    path = path.resolve()
    _refuse_other_kinds(path)
    aside = _write_aside(path, content)
    try:
        with suppress(FileNotFoundError):
            was = path.stat()
            if (was.st_uid, was.st_gid) != (os.geteuid(), os.getegid()):
                os.chown(aside, was.st_uid, was.st_gid)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_new(path: Path, content: bytes) -> bool:
    """Write a file where there is none; return whether it was this process that did. Raises `OSError`.

    Of many that write at once one does, and the others find what it wrote.
    """
    aside = _write_aside(path, content)
    try:
        # A link is refused where the name exists.
        os.link(aside, path)
    except FileExistsError:
        return False
    finally:
        aside.unlink()
        sync_folder(path.parent)
    return True


@contextmanager
def written_anew(path: Path) -> Iterator[BinaryIO]:
    """Return a new file in the place of what is there; it is synced at the end, and stays as it is where that fails.

    For what is to be seen as unfinished. Raises `OSError`.
    """
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNERS_ALONE)
    with os.fdopen(descriptor, "wb") as file:
        sync_folder(path.parent)
        yield file
        file.flush()
        os.fsync(file.fileno())


def add_line(path: Path, line: str) -> None:
    """Add a line to a file, or begin one with it. What a cut left of the line before stays apart. Raises `OSError`."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, OWNERS_ALONE)
    try:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        _write_all(descriptor, ("\n" * torn + line + "\n").encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if not size:
        sync_folder(path.parent)


@contextmanager
def made_aside(path: Path, *, replace: bool) -> Iterator[Path]:
    """Return an empty file beside `path` for another program to fill; at the end it is synced and gets its name.

    What a process that was killed left of the same file is deleted. Raises `FileExistsError` where there is a file and
    `replace` does not allow to take its place, and `OSError`.
    """
    _refuse_other_kinds(path)
    with _aside(path) as (aside, descriptor):
        yield aside
        os.fsync(descriptor)
        if replace:
            aside.replace(path)
        else:
            _name_new(aside, path)
        sync_folder(path.parent)


@contextmanager
def scratch(path: Path) -> Iterator[Path]:
    """Return an empty file beside `path`, which is deleted at the end. Raises `OSError`.

    What a process that was killed left of the same is deleted, too.
    """
    with _aside(path) as (aside, _descriptor):
        yield aside


@contextmanager
def _aside(path: Path) -> Iterator[tuple[Path, int]]:
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    forget_parts(path.parent, glob.escape(path.name))
    descriptor = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNERS_ALONE)
    try:
        # Held as long as it is being made: who finds it free knows that nobody makes it any more.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield aside, descriptor
    finally:
        os.close(descriptor)
        for end in _BESIDE:
            aside.with_name(aside.name + end).unlink(missing_ok=True)


def _refuse_other_kinds(path: Path) -> None:
    """Raise `OSError` for what is there and is no file: a new one would take the place of `/dev/null`, or of a pipe."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "It is there, and no file", str(path))


def _name_new(aside: Path, path: Path) -> None:
    try:
        # A link is refused where the name exists.
        os.link(aside, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links, on a stick or a share: as near as it can be had.
        if path.exists():
            raise FileExistsError(path) from None
        aside.replace(path)


def forget_parts(folder: Path, name: str) -> None:
    """Delete what processes that were killed left of files whose name is like `name`, a pattern of `glob`."""
    for part in folder.glob(f".{name}.????????.part"):
        descriptor = os.open(part, os.O_RDWR | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)
        for end in _BESIDE:
            part.with_name(part.name + end).unlink(missing_ok=True)


def open_lock(path: Path) -> int:
    """Open a file that is there to be locked, made where there is none; return its descriptor. Raises `OSError`."""
    return os.open(path, os.O_RDWR | os.O_CREAT, OWNERS_ALONE)


def make_folder(path: Path) -> None:
    """Make a folder, for its owner alone, and those above it; their names are on the disk, too. Raises `OSError`."""
    if path.is_dir():
        return
    make_folder(path.absolute().parent)
    path.mkdir(mode=_FOLDERS_MODE, exist_ok=True)
    sync_folder(path.absolute().parent)


def forget_unfinished(path: Path) -> None:
    """Delete what a process that was killed left aside; only for who keeps others from writing the file."""
    for aside in path.parent.glob(f".{glob.escape(path.name)}.*"):
        aside.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_aside(path: Path, content: bytes) -> Path:
    """Write a file beside `path`, down to the disk; return where. What cannot be written whole is taken away."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNERS_ALONE)
    try:
        _write_all(descriptor, content)
        os.fsync(descriptor)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    return aside


def _write_all(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]
