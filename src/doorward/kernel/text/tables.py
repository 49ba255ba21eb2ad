"""Tables as files (CSV, RFC 4180), line by line, so that 100,000 lines need no more memory than one.

No cell of them runs in a spreadsheet.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Spreadsheets run what begins like this (OWASP, CSV injection), also in the wide forms of the signs.
RUNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Spreadsheets take a table for UTF-8 only where it says so.
_MARK: Final = "\ufeff"
_RUNS_WHEN_CUT: Final = re.compile(r"([,;|\t\r\n]\s*)([=+\-@＝＋－＠])")


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def lines(
    columns: Iterable[str], rows: Iterable[Iterable[str]], *, separator: str
) -> Iterator[str]:
    """Return the lines of a table, its head first."""
    writer = csv.writer(_Echo(), delimiter=separator)
    yield _MARK + writer.writerow(columns)
    for row in rows:
        yield writer.writerow(map(safe_cell, row))


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula, also where one cuts it at another separator."""
    safe = _RUNS_WHEN_CUT.sub(r"\1'\2", text)
    return f"'{safe}" if safe.startswith(RUNS) else safe
