"""What a command writes for somebody never takes the place of a file of Doorward's own, whatever else was said."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from doorward.cli.failure import Failure
from doorward.environment.names import CONFIG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward.environment.fields import Environment


def refuse_own(path: Path, environment: Environment) -> None:
    """Raise `Failure` where this is a file of ours, by whatever name or link."""
    path = path.resolve()
    for ours in _ours(environment):
        if path == ours.resolve() or (path.exists() and ours.exists() and path.samefile(ours)):
            raise Failure(f"{path} is Doorward's own: name another file.")


def _ours(environment: Environment) -> Iterator[Path]:
    yield environment.keys
    yield environment.keys.with_name(f"{environment.keys.stem}.lock")
    yield environment.anchor_file
    yield environment.mail_server.folder
    if config := os.environ.get(CONFIG):
        yield Path(config)
    if environment.sqlite_file:
        for end in ("", "-wal", "-shm", "-journal", ".lock", ".restoring"):
            yield Path(f"{environment.sqlite_file}{end}")
    for name in ("running.lock", "migrating.lock"):
        yield environment.data_dir / name
