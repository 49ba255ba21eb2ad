"""A spreadsheet as CSV, made by a process of its own: `python -m doorward.importing.spreadsheet <FILE >CSV`.

What reads a spreadsheet asks for as much memory as the sheet says that it is wide and high, and a sheet can say
anything. So it is done where memory and time are bounded, and where a crash ends nothing else.
"""

from __future__ import annotations

import csv
import io
import os
import re
import resource
import signal
import subprocess
import sys
import zipfile
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from doorward.importing.errors import FileTooLarge, FileUnreadable, SpreadsheetBusy

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY: Final = 512 << 20
SECONDS: Final = 10
# What it may unpack to, as its directory says: a line of it is some 300 bytes.
MOST_UNPACKED: Final = 150 << 20
# One at a time in a process of the server: each keeps a core busy, whoever else wants it.
_TURN: Final = Lock()
# Of CSV: what a file of 100,000 people has, twice.
MOST_MB: Final = 50
_SHEETS: Final = "xl/worksheets/"
# A cell of an error, in the file's own words (ECMA-376-1, 18.18.11).
_ERROR: Final = re.compile(rb"""(<(?:\w+:)?c\s[^<>]*?\bt=["'])e(["'])""")


def as_csv(file: bytes) -> bytes:
    """Return the first sheet as CSV in UTF-8. Raises `FileUnreadable`, `FileTooLarge` and `SpreadsheetBusy`."""
    if not _TURN.acquire(blocking=False):
        raise SpreadsheetBusy
    try:
        return _by_another_process(file)
    finally:
        _TURN.release()


def _by_another_process(file: bytes) -> bytes:
    command = [sys.executable, "-m", "doorward.importing.spreadsheet"]
    try:
        done = subprocess.run(
            command, input=file, capture_output=True, timeout=SECONDS * 3, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise FileTooLarge(MOST_MB) from error
    # What `main` ends with, or its time.
    if done.returncode in {2, -signal.SIGXCPU, -signal.SIGKILL}:
        raise FileTooLarge(MOST_MB)
    if done.returncode:
        raise FileUnreadable
    return done.stdout


def main() -> int:
    """Read a spreadsheet from standard input, and write CSV; return the exit status."""
    # Its own doing, and of nothing before it: the parent's limits are the parent's.
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    os.nice(10)
    file = sys.stdin.buffer.read()
    with zipfile.ZipFile(io.BytesIO(file)) as packed:
        if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:
            return 2
    from python_calamine import CalamineWorkbook  # noqa: PLC0415 - within the limits

    book = CalamineWorkbook.from_filelike(io.BytesIO(errors_as_text(file)))
    if not book.sheet_names:
        return 1
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in _rows(book):
        writer.writerow(row)
        if text.tell() > MOST_MB * 1_000_000:
            return 2
    sys.stdout.buffer.write(text.getvalue().encode())
    return 0


def errors_as_text(file: bytes) -> bytes:
    """Return a workbook whose errors (`#N/A`, `#SPILL!`) are texts.

    Of an error that the library knows it tells nothing, and over one that it does not know it gives up the whole sheet.
    """
    made, found = io.BytesIO(), 0
    with (
        zipfile.ZipFile(io.BytesIO(file)) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as new,
    ):
        for one in old.infolist():
            content = old.read(one)
            if one.filename.startswith(_SHEETS):
                content, here = _ERROR.subn(rb"\g<1>str\g<2>", content)
                found += here
            new.writestr(one.filename, content)
    return made.getvalue() if found else file


def _rows(book: Any) -> Iterator[list[str]]:  # noqa: ANN401 - the library's own type is imported in `main`
    sheet = book.get_sheet_by_index(0)
    for row in sheet.iter_rows():
        yield [_text(cell) for cell in row]


def _text(cell: object) -> str:
    """Return a cell as it is read: a number that is whole has no decimal point."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


if __name__ == "__main__":
    # A crash says nothing more than its exit status.
    sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115 - it ends with the process
    sys.exit(main())
