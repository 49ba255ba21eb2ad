"""Tables as files (CSV, RFC 4180), line by line, so that 100,000 lines need no more memory than one.

No cell of them runs in a spreadsheet. All of Doorward's tables come from here: `lines` are for people, `exact_lines`
for programs, which get back every cell as it was (`docs/history.md` says how).
What separates the columns is asked of `web/kit/csv_separator.py`.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Spreadsheets take a table for UTF-8 only where it says so.
_MARK: Final = "\ufeff"
# Spreadsheets run what begins like this (OWASP, CSV injection), also in the wide forms of the signs.
_SIGN: Final = "[=+\\-@＝＋－＠]"
# Some skip what is not seen before it.
_UNSEEN: Final = (
    "[\\s\\x00-\\x1f\\x7f-\\xa0\\xad\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff]*"
)
_RUNS: Final = re.compile(f"[\\t\\r\\n]|{_UNSEEN}{_SIGN}")
# Where it is cut, a quotation mark begins a cell that is quoted, and is not part of it.
_UNSEEN_WHEN_CUT: Final = _UNSEEN.replace("[", '["', 1)
_RUNS_WHEN_CUT: Final = re.compile(f"([,;|\\t\\r\\n]{_UNSEEN_WHEN_CUT})('*{_SIGN})")


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def lines(
    columns: Iterable[str], rows: Iterable[Iterable[str]], *, separator: str
) -> Iterator[str]:
    """Return the lines of a table for people, its head first."""
    writer = csv.writer(_Echo(), delimiter=separator)
    yield _MARK + writer.writerow(columns)
    for row in rows:
        yield writer.writerow(map(safe_cell, row))


def exact_lines(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Return the lines of a table for programs, its head first."""
    yield exact_line(columns)
    yield from map(exact_line, rows)


def exact_line(cells: Iterable[str]) -> str:
    """Return a line of a table for programs."""
    return str(csv.writer(_Echo()).writerow(map(exact_cell, cells)))


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula, also where one cuts it at another separator."""
    safe = _RUNS_WHEN_CUT.sub(r"\1'\2", text)
    return f"'{safe}" if _RUNS.match(safe) else safe


def exact_cell(text: str) -> str:
    """Return a safe cell with one apostrophe more where it begins with one, so that the text can be had back."""
    safe = safe_cell(text)
    return f"'{safe}" if text.startswith("'") else safe
