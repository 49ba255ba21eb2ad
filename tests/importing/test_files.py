"""Reading files: whatever a spreadsheet saves is read, and what is no file of lines is refused in a sentence."""

from __future__ import annotations

import io
import zipfile

import pytest
import xlsxwriter

from doorward.importing import columns, reading_files, spreadsheet
from doorward.importing.errors import (
    ColumnMissing,
    ColumnTwice,
    FileTooLarge,
    FileUnreadable,
    NothingInFile,
    SpreadsheetBusy,
    TooManyColumns,
    TooManyLines,
)
from doorward.kernel.errors import FieldsRefused


def read(file: bytes | str) -> reading_files.Table:
    raw = file if isinstance(file, bytes) else file.encode()
    return reading_files.read(raw, columns.PEOPLE, needed="email")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_file_is_read_as_it_was_saved(separator, encoding, end):
    rows = (("E-Mail-Adresse", "Vorname", "Name"), ("a@b.example", "Jörg", "Müller"), ("", "", ""))
    text = end.join(separator.join(row) for row in rows)
    [row] = read(text.encode(encoding)).rows()
    assert (row.number, row.cells) == (
        2,
        {"email": "a@b.example", "first_name": "Jörg", "last_name": "Müller"},
    )


def test_line_breaks_in_cells_and_columns_that_nobody_knows():
    table = read('email,Notes,phone\n"a@b.example","two\nlines",1\n\nc@d.example,"x,y",2\n')
    assert table.left_out == ("Notes",)
    assert [(row.number, row.cells["phone"]) for row in table.rows()] == [(2, "1"), (5, "2")]


@pytest.mark.parametrize(
    ("file", "refusal"),
    [
        ("", ColumnMissing),
        ("\n\n", ColumnMissing),
        ("a@b.example,Lena\n", ColumnMissing),
        ("email\n", NothingInFile),
        ("email,Mail\na,b\n", ColumnTwice),
        ("email" + ",x" * 200 + "\na\n", TooManyColumns),
        (lambda: "email\n" + "a\n" * 200_001, TooManyLines),
        (b"\xff\xfe\x00", FileUnreadable),
        (b"email\n\x81\x8d", FileUnreadable),
        (lambda: b"x" * 50_000_001, FileTooLarge),
        (b"PK\x03\x04 and nothing more", FileUnreadable),
        (lambda: "email," + "x" * 200_000 + "\na,b\n", FileUnreadable),
        (lambda: 'email,"' + "x" * 200_000 + '"\na,b\n', FileUnreadable),
        (lambda: "x," * 1_000_000 + "\na\n", TooManyColumns),
    ],
    ids=range(14),
)
def test_what_cannot_be_read_is_refused(file, refusal):
    # What is large is made here: each process of the tests reads this table.
    made = file() if callable(file) else file
    with pytest.raises(refusal):
        read(made)


def test_a_line_that_does_not_fit_is_said_and_the_next_one_is_read():
    long = "x" * 200_000
    table = read(f"email,phone\na@b.example,1,2\n{long},1\na@b.example,{'x' * 4001}\nc@d.example\n")
    assert [bool(row.refused) for row in table.rows()] == [True, True, True, False]


def workbook(*rows: tuple[object, ...]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, str) and cell.startswith("="):
                    sheet.write_formula(number, column, cell, value="what it says")
                else:
                    sheet.write(number, column, cell)
    return file.getvalue()


def test_a_spreadsheet_is_read_and_formulas_are_what_they_say():
    file = workbook(("E-Mail", "Name", "Telefon"), ("a@b.example", "=1+1", 4930901820))
    [row] = read(file).rows()
    assert row.cells == {"email": "a@b.example", "last_name": "what it says", "phone": "4930901820"}


_CELL = b'<c r="%s%d" t="%s"><v>%s</v></c>'


def _sheet(*rows: tuple[tuple[bytes, bytes], ...]) -> bytes:
    lines = b""
    for number, row in enumerate(rows, 1):
        cells = (_CELL % (b"ABCDEFGH"[at : at + 1], number, *cell) for at, cell in enumerate(row))
        lines += b'<row r="%d">%s</row>' % (number, b"".join(cells))
    return changed(workbook(("email",)), "xl/worksheets/sheet1.xml", _SHEET % lines)


@pytest.mark.parametrize("shown", ["#N/A", "#DIV/0!", "#NAME?", "#SPILL!", "#CALC!", "#TO_COME!"])
def test_a_cell_that_shows_an_error_is_named_and_the_rest_is_read(shown):
    error = (b"e", shown.encode())
    heads = tuple((b"str", one) for one in (b"email", b"phone", b"of no column"))
    file = _sheet(
        heads,
        ((b"str", b"a@b.example"), error),
        (error, (b"str", b"1")),
        ((b"str", b"c@d.example"), (b"str", b"#1 in town"), error),
    )
    first, second, third = read(file).rows()
    for row, field in ((first, "phone"), (second, "email")):
        assert isinstance(row.refused, FieldsRefused)
        assert {name: str(one.data["shown"]) for name, one in row.refused.fields.items()} == {
            field: shown
        }
    assert (first.number, second.number, first.cells["email"]) == (2, 3, "a@b.example")
    assert (third.refused, third.cells) == (None, {"email": "c@d.example", "phone": "#1 in town"})


def test_an_error_that_was_saved_as_csv_is_named_too():
    [row] = read("email,phone\na@b.example,#N/A\n").rows()
    assert isinstance(row.refused, FieldsRefused)


def test_what_unpacks_to_too_much_is_refused_before_it_is_read():
    file = changed(
        workbook(("email",)), "xl/theme/theme1.xml", b" " * (spreadsheet.MOST_UNPACKED + 1)
    )
    assert len(file) < 500_000
    with pytest.raises(FileTooLarge):
        read(file)


def test_one_spreadsheet_is_read_at_a_time():
    file = workbook(("email",), ("a@b.example",))
    with spreadsheet._TURN, pytest.raises(SpreadsheetBusy):
        read(file)
    assert len(list(read(file).rows())) == 1


def changed(file: bytes, name: str, content: bytes) -> bytes:
    """Return a workbook with another content of one of its files."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(file)) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for one in old.namelist():
            new.writestr(one, content if one == name else old.read(one))
    return made.getvalue()


_SHEET = b"""<?xml version="1.0"?><worksheet
xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>"""


@pytest.mark.parametrize(
    "sheet",
    [
        # Two cells, and all between them: 17,000,000,000.
        _SHEET % b'<row r="1"><c r="A1"><v>1</v></c></row>'
        b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        pytest.param(
            _SHEET % (b'<row r="1"><c r="A1"><v>' + b"1" * 900_000_000 + b"</v></c></row>"),
            marks=pytest.mark.at_length,
        ),
        # Packed it is half a megabyte, and takes a quarter of a minute.
        pytest.param(_SHEET % (b"<row/>" * 30_000_000), marks=pytest.mark.at_length),
        b"<worksheet",
    ],
    ids=["wide and high", "a bomb", "nothing, many times", "cut off"],
)
def test_a_spreadsheet_that_asks_for_everything_ends_nothing_but_itself(sheet):
    file = changed(workbook(("email",), ("a@b.example",)), "xl/worksheets/sheet1.xml", sheet)
    with pytest.raises((FileUnreadable, FileTooLarge, ColumnMissing)):
        read(file)
