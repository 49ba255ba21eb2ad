"""What of a customer's history the provider's people see: what happened to the account, not what its people do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.audit.events import Group
from doorward.audit.newest import Newest, parts_of_types
from doorward.audit.record import history_of_customer
from doorward.notifications.history_words import types_of
from doorward.web.kit.history import line_of

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.web.kit.history import HistoryLine

# Those on the customer's page; the others are a click away.
LATEST = 5


def events_of(customer_id: UUID) -> Newest:
    """Return the events of the account."""
    events, types = history_of_customer(customer_id), types_of(Group.ACCOUNT)
    return Newest(events.filter(type__in=types), parts_of_types(events, types))


def latest(customer_id: UUID) -> list[HistoryLine]:
    """Return the newest few, as they are read (one query)."""
    return [line_of(event) for event in events_of(customer_id).older(LATEST, than=None)]
