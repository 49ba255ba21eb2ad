"""What makes a data folder a demonstration's: a mark that names this very folder, and no setting of anybody's.

A demonstration shows its mail and its codes to everybody on the machine. So it is told by what `doorward demo` made,
never by a setting alone, and a copy of its folder is none.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from doorward.environment import WrongSetting
from doorward.kernel import atomic_files

if TYPE_CHECKING:
    from pathlib import Path

    from doorward.environment.fields import Environment

PREFIX: Final = "doorward-demo-"
_MARK: Final = "this-is-a-demonstration"
# All that `doorward demo` sets; whatever else is set is of a real installation.
_SET_BY_DEMO: Final = frozenset({"demo", "data_dir", "bind", "workers"})


def mark(folder: Path) -> None:
    """Mark a folder that was just made as a demonstration's."""
    atomic_files.write_new(folder / _MARK, _name_of(folder).encode("ascii"))


def is_one(folder: Path) -> bool:
    """Return whether `doorward demo` made this folder, for this user; a link to one or a copy is none."""
    try:
        found, marked = folder.lstat(), (folder / _MARK).lstat()
        text = (folder / _MARK).read_text(encoding="ascii")
    except (OSError, UnicodeError):
        return False
    ours = {found.st_uid, marked.st_uid} == {os.geteuid()}
    kinds = stat.S_ISDIR(found.st_mode) and stat.S_ISREG(marked.st_mode)
    return ours and kinds and folder.name.startswith(PREFIX) and text == _name_of(folder)


def began_at(folder: Path) -> float:
    """Return when a demonstration's folder was made, in Unix time."""
    return (folder / _MARK).stat().st_mtime


def refuse_other(environment: Environment) -> None:
    """Raise `WrongSetting` where DOORWARD_DEMO is set in anything but what `doorward demo` has set up."""
    if not environment.demo:
        return
    others = environment.model_fields_set - _SET_BY_DEMO
    if others or not is_one(environment.data_dir):
        message = "DOORWARD_DEMO: it is for `doorward demo` alone, which sets it itself."
        raise WrongSetting(message)


def _name_of(folder: Path) -> str:
    found = folder.lstat()
    return f"{found.st_dev}:{found.st_ino}"
