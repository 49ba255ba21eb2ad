"""History as a table (CSV, RFC 4180), line by line, so that 100,000 of them need no more memory than one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils import translation

from doorward.audit.browsers import in_words
from doorward.web.kit import tables
from doorward.web.kit.history_details import details_of
from doorward.web.kit.history_words import tell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

    from doorward.audit.models import Event

COLUMNS: Final = (
    "time",
    "event",
    "outcome",
    "what",
    "details",
    "actor_type",
    "actor",
    "actor_email",
    "actor_id",
    "on_behalf_of",
    "on_behalf_of_email",
    "on_behalf_of_id",
    "credential",
    "subject",
    "subject_email",
    "subject_id",
    "browser",
    "address",
    "id",
)
ROWS_AT_ONCE: Final = 1000


def table(events: QuerySet[Event], *, language: str, separator: str) -> Iterator[str]:
    """Return the table's lines; sentences are of `language`, times in UTC (ISO 8601)."""
    with translation.override(language):
        yield from tables.lines(COLUMNS, map(_cells, _in_pages(events)), separator=separator)


def _in_pages(events: QuerySet[Event]) -> Iterator[Event]:
    """Yield the events, newest first, page by page: no query is open between two of them."""
    rest = events
    while page := list(rest[:ROWS_AT_ONCE]):
        yield from page
        if len(page) < ROWS_AT_ONCE:
            return
        rest = events.filter(id__lt=page[-1].id)


def _cells(event: Event) -> tuple[str, ...]:
    return (
        event.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        event.type,
        event.outcome,
        tell(event),
        "; ".join(details_of(event)),
        event.actor_type,
        event.actor_name,
        event.actor_email,
        str(event.actor_id or ""),
        event.on_behalf_of_name,
        event.on_behalf_of_email,
        str(event.on_behalf_of_id or ""),
        event.credential,
        event.subject_name,
        event.subject_email,
        str(event.subject_id or ""),
        in_words(event.browser) if event.browser else "",
        event.address,
        str(event.public_id),
    )
