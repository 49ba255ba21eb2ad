"""History as a table (CSV, RFC 4180), line by line, so that 100,000 of them need no more memory than one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils import translation

from doorward.kernel.text.tables import lines
from doorward.notifications.history_table import COLUMNS, cells

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

    from doorward.audit.models import Event

ROWS_AT_ONCE: Final = 1000


def table(events: QuerySet[Event], *, language: str, separator: str) -> Iterator[str]:
    """Return the table's lines; sentences are of `language`, times in UTC (ISO 8601)."""
    with translation.override(language):
        yield from lines(COLUMNS, map(cells, _in_pages(events)), separator=separator)


def _in_pages(events: QuerySet[Event]) -> Iterator[Event]:
    """Yield the events, newest first, page by page: no query is open between two of them."""
    rest = events
    while page := list(rest[:ROWS_AT_ONCE]):
        yield from page
        if len(page) < ROWS_AT_ONCE:
            return
        rest = events.filter(id__lt=page[-1].id)
