"""What came of each line of an import, as it was written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doorward.importing import inviting, sealed_lines
from doorward.importing.rules import Fate, LineOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

    from doorward.importing.models import ImportLine, ImportRun


# Not a fate: who was added and waits for an invitation still.
UNINVITED: Final = "uninvited"


def outcomes(run: ImportRun, narrowed: str = "") -> Iterator[LineOutcome]:
    """Return what came of each line, in their order; `narrowed`: as `rows`."""
    for row in rows(run, narrowed).iterator(chunk_size=500):
        yield outcome_of(row)


def rows(run: ImportRun, narrowed: str = "") -> QuerySet[ImportLine]:
    """Return what came of lines, in their order; `narrowed`: of those alone that had this fate, or are uninvited."""
    found: QuerySet[ImportLine] = run.outcomes.order_by("number")
    if narrowed == UNINVITED:
        emails = inviting.waiting(run).values("email_folded")
        return found.filter(fate=Fate.MADE, key__in=emails)
    return found.filter(fate=narrowed) if narrowed else found


def outcome_of(row: ImportLine) -> LineOutcome:
    """Return what came of a line that was written down."""
    return LineOutcome(
        number=row.number,
        key=row.what,
        fate=Fate(row.fate),
        fields=tuple(row.fields.split()),
        refusal=next(iter(sealed_lines.refusals(row.why["refusal"])), None),
        notes=tuple(sealed_lines.refusals(row.why["notes"])),
    )
