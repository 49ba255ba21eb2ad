"""Tables as files (CSV, RFC 4180), line by line, so that 100,000 lines need no more memory than one."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Final

from babel import Locale, UnknownLocaleError
from babel.numbers import get_decimal_symbol
from django.utils.translation import gettext as _

from doorward.kernel.text.tables import RUNS
from doorward.web.kit.fields import Field, Option, plain_field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SEPARATORS: Final = {"comma": ",", "semicolon": ";"}
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


def separator_of(language: str) -> str:
    """Return what separates columns where a spreadsheet of that language opens a table.

    Where numbers have a comma in them (3,5) it is the semicolon: a German spreadsheet puts whole lines that are
    separated by commas into its first column.
    """
    try:
        decimal = get_decimal_symbol(Locale.parse(language, sep="-"))
    except (UnknownLocaleError, ValueError):
        decimal = "."
    return ";" if decimal == "," else ","


def chosen_separator(name: str, *, language: str) -> str:
    """Return the separator of that name; for what is none of ours, that of the language."""
    return SEPARATORS.get(name, separator_of(language))


def separator_field(language: str) -> Field:
    """Make the choice of what separates columns; what spreadsheets of the language expect is chosen."""
    words = {"comma": _("Comma"), "semicolon": _("Semicolon")}
    options = [
        Option(name, words[name], SEPARATORS[name] == separator_of(language)) for name in SEPARATORS
    ]
    help_ = _("If everything stands in one column, choose the other one.")
    return plain_field(
        "separator", _("Columns are separated by"), kind="select", options=options, help=help_
    )
