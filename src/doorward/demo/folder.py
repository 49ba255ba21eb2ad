"""Where a demonstration keeps its data, and how `demo-code` finds the one that runs.

A demonstration marks its folder, so that nothing of it ever works on real data, and leaves a pointer
to it, by its port, in a folder of the user's own.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from doorward.cli.failure import Failure
from doorward.kernel import atomic_files
from doorward.operations import demonstration
from doorward.operations.demonstration import PREFIX, is_one

if TYPE_CHECKING:
    from collections.abc import Iterator


def make() -> Path:
    """Make an empty folder for a demonstration, and throw away what killed ones left behind."""
    for pointer, folder in _pointers():
        if not _runs(folder):
            _throw_away(folder)
            pointer.unlink(missing_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    demonstration.mark(folder)
    return folder


def point_to(folder: Path, *, port: int) -> None:
    """Leave the pointer to a demonstration that holds the lock of its folder by now."""
    pointer = _pointer_folder() / str(port)
    pointer.unlink(missing_ok=True)  # it may be a link of somebody else's
    atomic_files.write_whole(pointer, os.fsencode(folder))


def forget(folder: Path) -> None:
    """Throw a demonstration away, its pointer too."""
    for pointer, pointed in _pointers():
        if pointed == folder:
            pointer.unlink(missing_ok=True)
    _throw_away(folder)


@dataclass(frozen=True, slots=True)
class Running:
    """A demonstration that runs; `others`: the ports of those that run beside it."""

    folder: Path
    port: int
    others: tuple[int, ...]


def running(*, port: int | None) -> Running:
    """Return the demonstration at this port; without one the one that began last. Raises `Failure`: there is none."""
    found = {int(pointer.name): folder for pointer, folder in _pointers() if is_one(folder)}
    found = {at: folder for at, folder in found.items() if _runs(folder)}
    if not found:
        raise Failure("No demonstration is running: start one with `make demo`.")
    if port is None:
        port = max(found, key=lambda at: demonstration.began_at(found[at]))
    if port not in found:
        ports = ", ".join(map(str, sorted(found)))
        raise Failure(f"No demonstration runs at port {port}, but at {ports}.")
    return Running(found[port], port, tuple(sorted(found.keys() - {port})))


def _runs(folder: Path) -> bool:
    """Return whether somebody holds the lock of the folder."""
    try:
        with (folder / "running.lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _pointers() -> Iterator[tuple[Path, Path]]:
    for pointer in _pointer_folder().glob("[0-9]*"):
        with suppress(OSError):  # another one has taken it away
            yield pointer, Path(os.fsdecode(pointer.read_bytes()))


def _pointer_folder() -> Path:
    """Return the folder of pointers; nobody else may have made it, or may write into it."""
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    parent = Path(base) if base and Path(base).is_dir() else Path(tempfile.gettempdir())
    folder = parent / f"doorward-demos-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077 or folder.is_symlink():
        raise Failure(f"The folder {folder} belongs to somebody else or is open to others.")
    return folder


def _throw_away(folder: Path) -> None:
    # Never anything but what `make` made.
    if is_one(folder):
        shutil.rmtree(folder, ignore_errors=True)
