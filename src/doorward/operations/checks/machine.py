"""What the files on this machine tell."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from doorward.environment import CONFIG
from doorward.kernel import file_permissions
from doorward.operations.checks.finding import Finding, advice, fine, unfit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward.environment.fields import Environment

_GROUP_AND_OTHERS = 0o077
_OTHERS = 0o007


def look(environment: Environment) -> Iterator[Finding]:
    """Return findings about the data folder, the key file and the file of settings."""
    yield _folder(environment.data_dir)
    yield _above(
        {environment.data_dir, environment.keys.absolute().parent, *_database(environment)}
    )
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


def _database(environment: Environment) -> set[Path]:
    """Return the folder of an SQLite database."""
    file = environment.sqlite_file
    return {file.parent} if file else set()


def _above(folders: set[Path]) -> Finding:
    """Look at the folders above: who may write there puts another folder, with keys of theirs, in the place of ours."""
    open_ones = {one[0]: one[1] for folder in folders for one in file_permissions.above(folder)}
    for folder, found in sorted(open_ones.items()):
        if found.st_uid not in {0, os.geteuid()}:
            whose = f"belongs to user {found.st_uid}"
        elif found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
            whose = f"can be written to by everybody (mode {stat.S_IMODE(found.st_mode):04o})"
        else:
            continue
        return unfit(
            "folders-above",
            f"The folder {folder}, above the data, {whose}: they can put another folder in its place.",
            "Keep Doorward's data below folders that belong only to root and its own user.",
        )
    if open_ones:
        shared = min(open_ones)
        return advice(
            "folders-above",
            f"Others can write to {shared}, above the data (mode {stat.S_IMODE(open_ones[shared].st_mode):04o}).",
            "Keep Doorward's data below folders that belong only to root and its own user, such as /var/lib.",
        )
    return fine("folders-above", "Nobody else can put another folder in the place of the data.")


def _owner(folder: Path) -> Finding:
    if folder.stat().st_uid:
        return fine("user", f"The data folder belongs to user {folder.stat().st_uid}, not to root.")
    return advice(
        "user",
        f"The data folder {folder} is root's, so Doorward runs as root: a hole in it opens the whole machine.",
        "Make a user for Doorward, give it the folder with chown -R, and start Doorward as that user.",
    )


def _keys(environment: Environment) -> Finding:
    if environment.keys_command:
        return fine("keys", "The keys come from a command and are in no file here.")
    database = environment.sqlite_file
    keys = environment.keys.absolute()
    if database is None:
        return fine("keys", f"The key file {keys} is apart from the database.")
    if not keys.resolve().is_relative_to(database.resolve().parent):
        return fine("keys", f"The key file {keys} is apart from the database {database}.")
    return unfit(
        "keys",
        f"The key file {keys} is beside the database: anyone who copies the folder, or a backup of it, has both.",
        "Stop Doorward, move the file out of the folder, set DOORWARD_KEYS_FILE to its new path, and back "
        "it up separately.",
    )


def _config(file: Path) -> Finding:
    mode = _mode(file)
    if mode & _OTHERS:
        return unfit(
            "config",
            f"Everybody on this machine can read {file} (mode {mode:04o}), and passwords may be in it.",
            f"chmod 600 {file}",
        )
    return fine("config", f"The settings in {file} are not everybody's.")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
