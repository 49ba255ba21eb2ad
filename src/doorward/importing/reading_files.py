"""Reading a file: CSV in whatever encoding and with whatever separator spreadsheets write it, or XLSX."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from doorward.importing import columns, spreadsheet
from doorward.importing.errors import (
    CellWithError,
    FileTooLarge,
    FileUnreadable,
    LineMisshapen,
    NothingInFile,
    TooManyColumns,
    TooManyLines,
)
from doorward.kernel.errors import FieldsRefused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from doorward.kernel.errors import Refusal

MOST_BYTES: Final = 50_000_000
MOST_LINES: Final = 200_000
MOST_COLUMNS: Final = 100
LONGEST_CELL: Final = 4000
_SEPARATORS: Final = (",", ";", "\t", "|")
_SPREADSHEET: Final = b"PK\x03\x04"
# What a spreadsheet shows in place of a value, also in the CSV that it saves: #N/A, #SPILL!, #NAME?, #DIV/0!.
_ERROR_SHOWN: Final = re.compile(r"#(N/A|GETTING_DATA|[A-Z][A-Z0-9_/]*[!?])")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file: its number, as a text editor counts, and its cells by field; or why it cannot be read."""

    number: int
    cells: Mapping[str, str]
    refused: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Cells:
    """One line of a file as it came: its number, and its cells; None: it cannot be read."""

    number: int
    cells: list[str] | None


@dataclass(frozen=True, slots=True)
class Table:
    """A file that can be read: its headings, for each the field it names ('': left out), and its keyed text."""

    text: str
    separator: str
    headings: tuple[str, ...]
    fields: tuple[str, ...]
    digest: str

    @property
    def left_out(self) -> tuple[str, ...]:
        """Headings of columns that are not understood."""
        named = zip(self.headings, self.fields, strict=True)
        return tuple(heading for heading, field in named if heading and not field)

    def lines(self) -> Iterator[Cells]:
        """Return the lines below the headings, one after the other; what is empty is passed over."""
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=self.separator)
        next(reader, None)
        while True:
            number = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield Cells(number, None)
                continue
            if any(cell.strip() for cell in cells):
                yield self._whole(number, cells)

    def rows(self) -> Iterator[Row]:
        """Return the same, by the fields that the headings name."""
        return (row_of(one, self.fields) for one in self.lines())

    def _whole(self, number: int, cells: list[str]) -> Cells:
        beyond = any(cell.strip() for cell in cells[len(self.headings) :])
        if beyond or any(len(cell) > LONGEST_CELL for cell in cells):
            return Cells(number, None)
        return Cells(number, cells[: len(self.headings)])


def row_of(line: Cells, fields: Sequence[str]) -> Row:
    """Return a line by what its columns are."""
    if line.cells is None:
        return Row(line.number, {}, LineMisshapen())
    named = zip(fields, line.cells, strict=False)
    cells = {field: cell.strip() for field, cell in named if field}
    wrong = {
        field: CellWithError(cell) for field, cell in cells.items() if _ERROR_SHOWN.fullmatch(cell)
    }
    return Row(line.number, cells, FieldsRefused(wrong) if wrong else None)


def read(file: bytes, known: Mapping[str, tuple[str, ...]], *, needed: str) -> Table:
    """Return what a file has. Raises the refusals of `FileUnreadable`'s kind, and those of its columns."""
    table = load(file, known)
    fields = columns.recognise(table.headings, known)
    columns.must_have(fields, needed)
    return must_have_lines(replace(table, fields=tuple(fields)))


def load(file: bytes, known: Mapping[str, tuple[str, ...]]) -> Table:
    """Return what a file has, where somebody says what its columns are. Raises as `read`, but for the columns."""
    if len(file) > MOST_BYTES:
        raise FileTooLarge(MOST_BYTES // 1_000_000)
    digest = hashlib.sha256(file).hexdigest()
    text = _decoded(spreadsheet.as_csv(file) if file.startswith(_SPREADSHEET) else file)
    lines = text.count("\n") + text.count("\r") - text.count("\r\n")
    if lines > MOST_LINES + 1:
        raise TooManyLines(MOST_LINES)
    first = _first_line(text)
    separator = max(_SEPARATORS, key=lambda one: _known_in(first, one, known))
    headings = _first_of(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    if len(headings) > MOST_COLUMNS:
        raise TooManyColumns(MOST_COLUMNS)
    return Table(text, separator, tuple(headings), ("",) * len(headings), digest)


def must_have_lines(table: Table) -> Table:
    """Return a table that has a line. Raises `NothingInFile`."""
    if next(table.lines(), None) is None:
        raise NothingInFile
    return table


def _decoded(file: bytes) -> str:
    """Return the text: by its mark, as UTF-8, or, where it is none, as Western Windows writes it."""
    wide = file.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        try:
            return file.decode(encoding).lstrip("\r\n")
        except UnicodeError:
            continue
    raise FileUnreadable


def _first_line(text: str) -> str:
    line = text[: LONGEST_CELL * MOST_COLUMNS].splitlines()
    return line[0] if line else ""


def _first_of(reader: Iterator[list[str]]) -> list[str]:
    """Return the first line. Raises `FileUnreadable`: a cell of it is longer than any heading."""
    try:
        return next(reader, [])
    except csv.Error as error:
        raise FileUnreadable from error


def _known_in(line: str, separator: str, known: Mapping[str, tuple[str, ...]]) -> tuple[int, int]:
    """Return how many headings are understood with that separator, and how many there are."""
    try:
        headings = _first_of(csv.reader([line], delimiter=separator))[: MOST_COLUMNS + 1]
    except FileUnreadable:
        # With another separator it may be shorter cells.
        return 0, 0
    names = [bool(columns.recognise([heading], known)[0]) for heading in headings]
    return sum(names), len(names)
