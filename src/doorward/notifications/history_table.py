"""History as a table that people read: its columns, and the cells of an event in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doorward.audit.browsers import in_words
from doorward.notifications.history_details import details_of
from doorward.notifications.history_words import tell

if TYPE_CHECKING:
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


def cells(event: Event) -> tuple[str, ...]:
    """Return the cells of an event; its time is UTC (ISO 8601)."""
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
