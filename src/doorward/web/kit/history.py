"""One page of history: from a query to lines that a template draws.

Pages are found by key (`?before=` and `?after=` an event), so that the hundred-thousandth line
costs what the first one costs, and none is shown twice while new ones come in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from doorward.audit.actor import ActorType
from doorward.audit.browsers import in_words
from doorward.audit.events import Outcome
from doorward.notifications.events import ALL
from doorward.notifications.history_details import details_of
from doorward.notifications.history_words import tell

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.models import Event
    from doorward.audit.newest import Newest, OfPerson
    from doorward.web.http.requests import Request

_CURSORS = ("before", "after")
_TONES = {Outcome.OK: "", Outcome.REFUSED: "warn", Outcome.FAILED: "warn"}


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event as it is read: what happened, more of it, from where, and how it ended (empty: done)."""

    id: UUID
    at: datetime
    text: str
    details: str
    origin: str
    outcome: str
    icon: str
    tone: str


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Lines, newest first, and the addresses of the pages before and after (None: there is none)."""

    lines: list[HistoryLine]
    newer: str | None
    older: str | None
    first: bool


def history_page(
    events: Newest | OfPerson, *, request: Request, page_size: int = 50
) -> HistoryPage:
    """Return the page of these events (newest first) that the request asks for, in at most three queries."""
    before = _cursor(events, request.GET.get("before"))
    after = None if before else _cursor(events, request.GET.get("after"))
    if after:
        rows = events.newer(page_size + 1, than=after)
        more_newer, more_older = len(rows) > page_size, True
        rows = rows[:page_size][::-1]
    else:
        rows = events.older(page_size + 1, than=before)
        more_newer, more_older = before is not None, len(rows) > page_size
        rows = rows[:page_size]
    newer, older = (rows[0], rows[-1]) if rows else (None, None)
    return HistoryPage(
        lines=[line_of(event) for event in rows],
        newer=_address(request, "after", newer) if more_newer and newer else None,
        older=_address(request, "before", older) if more_older and older else None,
        first=not more_newer,
    )


def line_of(event: Event) -> HistoryLine:
    """Make a line of an event, in the reader's language."""
    wording = ALL.get(event.type)
    tone = _TONES.get(Outcome(event.outcome), "") or (wording.tone if wording else "")
    return HistoryLine(
        id=event.public_id,
        at=event.at,
        text=tell(event),
        details=" · ".join(details_of(event)),
        origin=origin_of(event),
        outcome=outcome_of(event),
        icon=wording.icon if wording else "info",
        tone=tone,
    )


def outcome_of(event: Event) -> str:
    """Say how it ended where it was not done."""
    if event.outcome == Outcome.REFUSED:
        return _("refused")
    return _("failed") if event.outcome == Outcome.FAILED else ""


def origin_of(event: Event) -> str:
    """Say from which browser and address; nothing where no browser was there."""
    if event.actor_type == ActorType.OPERATOR:
        return _("the command line")
    if event.actor_type == ActorType.PORTAL:
        return _("the portal itself")
    if not event.browser and not event.address:
        return ""
    browser = in_words(event.browser)
    return f"{browser} · {event.address}" if event.address else browser


def _cursor(events: Newest | OfPerson, asked: str | None) -> Event | None:
    """Return the event that a cursor names; None where it names none of these events."""
    if not asked:
        return None
    try:
        return events.named(UUID(asked))
    except ValueError:
        return None


def _address(request: Request, cursor: str, event: Event) -> str:
    query = request.GET.copy()
    for name in _CURSORS:
        query.pop(name, None)
    query[cursor] = str(event.public_id)
    return f"{request.path}?{query.urlencode()}"
