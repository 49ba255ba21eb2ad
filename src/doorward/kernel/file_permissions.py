"""The data folder and what is in it are their owner's alone, whatever umask they were made under.

What is found open is closed, and told; what cannot be closed stops the start. A link is followed: what it leads to
counts.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from doorward.kernel.crypto.keyring import SafeBroken

if TYPE_CHECKING:
    from collections.abc import Iterator

# All that somebody else than the owner could do.
OTHERS: Final = 0o077
UMASK: Final = 0o077
# What SQLite keeps beside a database.
_BESIDE: Final = ("", "-wal", "-shm", "-journal")
# What of ours in the folder may be a link to elsewhere; whatever else is linked there is not ours to close.
_LINKED: Final = frozenset({"mail"})


class OpenToOthers(SafeBroken):
    """Something of ours is open to others, and this process cannot close it."""


def close(folder: Path, database: Path | None, *, keys: Path | None = None) -> list[str]:
    """Close the data folder, what is in it, and the SQLite database wherever it is; return what was done, in sentences.

    Folders in it are closed, too, so that what they hold is out of reach. Not the file of the `keys`: who could read
    them may have done so, and that is for the operator to decide (`kernel.crypto.keyring`
    refuses it). Raises `OpenToOthers`.
    """
    said = []
    if mode := _close(folder):
        said.append(
            f"The data folder {folder} was open to others (mode {mode:04o}); it is closed now."
        )
    files = [file for file in _within(folder) if file != keys and _close(file)]
    files += [file for file in _of_database(database) if _close(file)]
    if files:
        names = ", ".join(sorted(str(file) for file in files))
        said.append(f"Open to others were, and are closed now: {names}.")
    return said


def _within(folder: Path) -> Iterator[Path]:
    """Yield what is in the folder. What is somebody else's there is out of others' reach: the folder is closed."""
    for path in folder.iterdir():
        if path.is_symlink():
            if path.name in _LINKED:
                yield path
        elif os.geteuid() in {0, path.stat().st_uid}:
            yield path


def _of_database(database: Path | None) -> Iterator[Path]:
    for end in _BESIDE if database else ():
        yield Path(f"{database}{end}")


def _close(path: Path) -> int:
    """Take from others what they could do with a file or folder; return its mode before, 0 where it was closed."""
    try:
        found, link = path.stat(), path.lstat()
    except FileNotFoundError:
        return 0
    if stat.S_ISLNK(link.st_mode) and link.st_uid not in {0, os.geteuid(), found.st_uid}:
        raise OpenToOthers(f"{path} is a link that somebody else made (user {link.st_uid}).")
    mode = stat.S_IMODE(found.st_mode)
    if not mode & OTHERS or not _is_kept(found.st_mode):
        return 0
    try:
        path.chmod(mode & ~OTHERS)
    except OSError as error:
        raise OpenToOthers(_cannot(path, found)) from error
    if path.stat().st_mode & OTHERS:  # a file system that keeps no modes
        raise OpenToOthers(_cannot(path, found))
    return mode


def _is_kept(mode: int) -> bool:
    return stat.S_ISDIR(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode) or stat.S_ISFIFO(mode)


def _cannot(path: Path, found: os.stat_result) -> str:
    mode, what = stat.S_IMODE(found.st_mode), "700" if stat.S_ISDIR(found.st_mode) else "600"
    whose = "" if found.st_uid == os.geteuid() else f", and belongs to user {found.st_uid}"
    return (
        f"{path} is open to others (mode {mode:04o}){whose}: `chmod {what} {path}` as its owner, or name another "
        "place in DOORWARD_DATA_DIR."
    )


def above(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the folders above a path, links followed, in which others could put something in its place."""
    for folder in path.absolute().resolve().parents:
        found = folder.stat()
        if found.st_uid not in {0, os.geteuid()} or found.st_mode & 0o022:
            yield folder, found
