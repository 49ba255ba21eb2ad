"""History as a table (CSV, RFC 4180), line by line, so that 100,000 of them need no more memory than one."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Final

from babel import Locale, UnknownLocaleError
from babel.numbers import get_decimal_symbol
from django.utils import translation

from doorward.audit.browsers import in_words
from doorward.kernel.text.tables import RUNS
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
SEPARATORS: Final = {"comma": ",", "semicolon": ";"}
# Spreadsheets take a table for UTF-8 only where it says so.
_MARK: Final = "\ufeff"
_RUNS_WHEN_CUT: Final = re.compile(r"([,;|\t\r\n]\s*)([=+\-@＝＋－＠])")


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


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


def table(events: QuerySet[Event], *, language: str, separator: str) -> Iterator[str]:
    """Return the table's lines; sentences are of `language`, times in UTC (ISO 8601)."""
    writer = csv.writer(_Echo(), delimiter=separator)
    yield _MARK + writer.writerow(COLUMNS)
    with translation.override(language):
        for event in _in_pages(events):
            yield writer.writerow(safe_cell(cell) for cell in _cells(event))


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
