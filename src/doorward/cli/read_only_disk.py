"""What to do where the data is on a disk that can only be read any more."""

from __future__ import annotations

import errno
from pathlib import Path


def way_on(error: BaseException | None) -> str:
    """Return how the data comes back from there, as a sentence with a space before it; empty: it is not that."""
    from django.conf import settings  # noqa: PLC0415 - `--help` needs none of this

    while error is not None and not (isinstance(error, OSError) and error.errno == errno.EROFS):
        error = error.__cause__ or error.__context__
    if error is None or not settings.configured or settings.DOORWARD.sqlite_file is None:
        return ""
    folder = settings.DOORWARD.data_dir.absolute()
    if folder not in Path(str(error.filename)).parents:
        return ""
    return (
        f" To read what is there, or to back it up: end Doorward, copy all of {folder} to another disk, and name the "
        "copy by DOORWARD_DATA_DIR."
    )
