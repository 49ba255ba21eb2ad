"""Tables: no cell runs in a spreadsheet, and what programs read is what was written."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import doorward
from doorward.kernel.text import tables
from doorward.operations import verify_history

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNS = "=+-@＝＋－＠"
TEXTS = st.text("=+-@＝'\",;|\t\r\n \u00a0\u200b\ufeff1aé", max_size=12) | st.text(max_size=20)
PACKAGE = Path(doorward.__file__).parent


@pytest.mark.parametrize(
    "before", ["", " ", "  ", "\u00a0", "\u200b", "\ufeff", "\x00", "\t", "\n"]
)
@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("make", [tables.safe_cell, tables.exact_cell])
def test_what_is_not_seen_hides_no_formula(
    before: str, sign: str, make: Callable[[str], str]
) -> None:
    text = f"{before}{sign}1+1"
    assert make(text).startswith("'")
    assert f"'{sign}1+1" in make(f"Ines;{before}{sign}1+1").replace(f"'{before}{sign}", f"'{sign}")


@given(TEXTS)
@example("';'=1")
@example("'=1")
@example("a,\n'=1")
@example("\r\t'=")
def test_a_program_gets_back_what_was_written(text: str) -> None:
    assert verify_history.value_of("actor_name", tables.exact_cell(text)) == text


@given(TEXTS)
def test_no_piece_of_a_cell_runs(text: str) -> None:
    for cell in (tables.safe_cell(text), tables.exact_cell(text)):
        for piece in (cell, *re.split("[,;|\t\r\n]", cell)):
            assert piece.lstrip(" \u00a0\u200b\ufeff\t\r\n")[:1] not in set(SIGNS), cell


def test_a_table_is_read_as_it_was_written() -> None:
    rows = [["=1", "a;-2"], ["'x", '"quoted", +3']]
    text = "".join(tables.exact_lines(["one", "two"], rows))
    head, *found = csv.reader(io.StringIO(text, newline=""))
    assert head == ["one", "two"]
    assert [[verify_history.value_of("", cell) for cell in row] for row in found] == rows


def test_every_table_is_made_here() -> None:
    """What reads a spreadsheet hands its cells to what imports them, and to nobody else."""
    makers = {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        if re.search(r"csv\.(writer|DictWriter)|xlsxwriter|openpyxl", file.read_text())
    }
    assert makers == {"kernel/text/tables.py", "importing/spreadsheet.py"}
