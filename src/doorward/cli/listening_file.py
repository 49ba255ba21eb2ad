"""Where the portal on a data folder listens: who runs it writes that into the file by which the folder is held.

A command at the console then makes links that lead there, also where `--bind` alone said it.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from doorward.environment.fields import Environment

LOCK: Final = "running.lock"
_LONGEST: Final = 300


def write_down(file: IO[str], bind: str) -> None:
    """Write into the file of the lock, which is held, where the portal listens; empty: what holds it is none."""
    # A full disk keeps nobody from starting.
    with suppress(OSError):
        os.ftruncate(file.fileno(), 0)
        os.pwrite(file.fileno(), bind.encode(), 0)


def bind_of(folder: Path) -> str:
    """Return where the portal listens that runs on a data folder; empty: none does, or it is not known."""
    try:
        with (folder / LOCK).open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read(_LONGEST)
    except (OSError, UnicodeDecodeError):
        pass
    return ""


def follow(environment: Environment) -> None:
    """Let this process make links to the portal that runs, where no setting says where people reach it."""
    if environment.model_fields_set & {"bind", "public_url"}:
        return
    if bind := bind_of(environment.data_dir):
        os.environ["DOORWARD_BIND"] = bind


def try_lock(descriptor: int) -> bool:
    """Return whether this process has a file alone now; nobody waits for it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
