"""What came of each line of an import, as it was written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.accounts import invitations
from doorward.accounts.models import Administrator
from doorward.importing import keeping
from doorward.importing.rules import Fate, LineOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doorward.importing.models import ImportLine, ImportRun


def outcomes(run: ImportRun, fate: str = "") -> Iterator[LineOutcome]:
    """Return what came of each line, in their order; `fate`: of those alone to which it came."""
    rows = run.outcomes.order_by("number")
    for row in (rows.filter(fate=fate) if fate else rows).iterator(chunk_size=500):
        yield outcome_of(row)


def uninvited(run: ImportRun) -> int:
    """Return how many of those who were added wait for an invitation still. A dry run added nobody."""
    if run.kind != "people" or run.dry or not run.made:
        return 0
    added = run.outcomes.filter(fate=Fate.MADE).values("key")
    people = Administrator.objects.everywhere().filter(email_folded__in=added)
    return invitations.without_any(people)


def outcome_of(row: ImportLine) -> LineOutcome:
    """Return what came of a line that was written down."""
    return LineOutcome(
        number=row.number,
        key=row.what,
        fate=Fate(row.fate),
        fields=tuple(row.fields.split()),
        refusal=next(iter(keeping.refusals(row.why["refusal"])), None),
        notes=tuple(keeping.refusals(row.why["notes"])),
    )
