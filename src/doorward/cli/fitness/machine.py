"""What the files on this machine tell."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from doorward.cli.fitness.finding import Finding, advice, fine, unfit
from doorward.environment import CONFIG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward.environment import Environment

_GROUP_AND_OTHERS = 0o077
_OTHERS = 0o007


def look(environment: Environment) -> Iterator[Finding]:
    """Give findings about the data folder, the key file and the file of settings."""
    yield _folder(environment.data_dir)
    yield _owner(environment.data_dir)
    yield _keys(environment)
    if config := os.environ.get(CONFIG):
        yield _config(Path(config))


def _folder(folder: Path) -> Finding:
    mode = _mode(folder)
    if mode & _GROUP_AND_OTHERS:
        return unfit(
            "data-folder",
            f"Others on this machine can get into the data folder {folder} (mode {mode:04o}).",
            f"chmod 700 {folder}",
        )
    return fine("data-folder", f"The data folder {folder} is its owner's alone.")


def _owner(folder: Path) -> Finding:
    if folder.stat().st_uid:
        return fine("user", f"The data folder belongs to user {folder.stat().st_uid}, not to root.")
    return advice(
        "user",
        f"The data folder {folder} is root's, so Doorward runs as root: a hole in it opens the machine.",
        "Make a user for Doorward, give it the folder with chown -R, and start Doorward as that user.",
    )


def _keys(environment: Environment) -> Finding:
    parts = urlsplit(environment.database)
    keys = environment.keys.absolute()
    if parts.scheme != "sqlite":
        return fine("keys", f"The key file {keys} is apart from the database.")
    database = Path("/" + unquote(parts.path).lstrip("/"))
    if not keys.resolve().is_relative_to(database.resolve().parent):
        return fine("keys", f"The key file {keys} is apart from the database {database}.")
    return unfit(
        "keys",
        f"The key file {keys} is beside the database: who copies the folder, a backup too, has both.",
        "Stop Doorward, move the file out of the folder, name its place in DOORWARD_KEYS_FILE, and back "
        "it up apart.",
    )


def _config(file: Path) -> Finding:
    mode = _mode(file)
    if mode & _OTHERS:
        return unfit(
            "config",
            f"Everybody on this machine can get at {file} (mode {mode:04o}), and passwords may be in it.",
            f"chmod 600 {file}",
        )
    return fine("config", f"The settings in {file} are not everybody's.")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
