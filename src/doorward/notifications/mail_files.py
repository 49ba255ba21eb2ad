"""Mail that was written into a folder: forgotten like all else that names people and carries links."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

KEEP: Final = timedelta(days=30)


def forget(*, now: datetime) -> int:
    """Delete files of long ago, also ones that were never finished; return their number."""
    oldest = (now - KEEP).timestamp()
    files = [file for folder in _folders() for file in _files(folder)]
    old = [file for file in files if file.stat().st_mtime < oldest]
    _delete(old)
    return len(old)


def forget_deliveries(ids: Iterable[int]) -> None:
    """Delete the files of these deliveries."""
    for folder in _folders():
        for id in ids:
            _delete(folder.glob(f"*-{id:08d}.eml"))


def _folders() -> set[Path]:
    """Return where mail is written to, and where it was before there was a server."""
    server = settings.DOORWARD.mail_server
    here = {settings.DOORWARD.data_dir / "mail"}
    return here | {server.folder} if server.kind == "file" else here


def _files(folder: Path) -> Iterator[Path]:
    yield from folder.glob("*.eml")
    # As `kernel.files` names them until they are whole.
    yield from folder.glob(".2*Z-*.*")


def _delete(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
