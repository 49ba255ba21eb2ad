"""The lines of a part that was kept: opened, told apart, and those refused that an earlier line has already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doorward.importing import rules, sealed_lines
from doorward.importing.columns import NEEDED
from doorward.importing.errors import LineTwice
from doorward.importing.reading_files import Cells, row_of
from doorward.importing.rules import CustomerLine, Fate, LineOutcome, PersonLine
from doorward.kernel.errors import FieldsRefused, Refusal
from doorward.kernel.text.cleaning import fold_case, fold_email, storable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward.importing.models import ImportPart, ImportRun
    from doorward.importing.reading_files import Row
    from doorward.importing.sealed_lines import Line


def once(run: ImportRun, part: ImportPart) -> Iterator[Line]:
    """Return the lines of a part, and refuse each that is about the same one as an earlier line."""
    lines = [_read(run, packed) for packed in sealed_lines.opened(part)]
    keys = {key_of(line) for line in lines if not isinstance(line, LineOutcome)}
    earlier = run.outcomes.filter(key__in=keys, part__lt=part.number)
    first: dict[str, int] = {}
    for key, number in earlier.values_list("key", "number"):
        first[key] = min(number, first.get(key, number))
    for line in lines:
        if isinstance(line, LineOutcome):
            yield line
            continue
        number = first.setdefault(key_of(line), line.number)
        yield (
            line if number == line.number else refused(line.number, _shown(line), LineTwice(number))
        )


def _read(run: ImportRun, packed: Any) -> Line:  # noqa: ANN401 - as it was kept
    """Return a line that was kept, or what is wrong with it."""
    if run.headings:
        return line_of(row_of(Cells(*packed), run.fields), run.kind)
    return sealed_lines.line_of(packed)


def line_of(row: Row, kind: str) -> Line:
    """Return the person or the customer of a file's line, or what is wrong with it."""
    of = rules.customer_of if kind == "customers" else rules.person_of
    try:
        if row.refused:
            raise row.refused
        return of(row.number, row.cells)
    except Refusal as refusal:
        return refused(row.number, row.cells.get(NEEDED[kind], ""), refusal)


def key_of(line: PersonLine | CustomerLine) -> str:
    """Return by what lines are told apart."""
    if isinstance(line, PersonLine):
        return fold_email(line.email)[:320]
    return fold_case(line.name)[:240]


def refused(number: int, what: str, refusal: Refusal) -> LineOutcome:
    """Return a line that is refused before anything of it is done."""
    wrong = refusal.fields if isinstance(refusal, FieldsRefused) else {refusal.field: refusal}
    fields = tuple(field for field in wrong if field)
    what = storable(what)[:254]
    return LineOutcome(number=number, key=what, fate=Fate.REFUSED, fields=fields, refusal=refusal)


def _shown(line: PersonLine | CustomerLine) -> str:
    return line.email if isinstance(line, PersonLine) else line.name
