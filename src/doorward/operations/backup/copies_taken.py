"""What history has of copies that were taken at the console: whoever has one, and the keys, has everything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection, transaction

from doorward.audit.actor import CONSOLE
from doorward.audit.record import record
from doorward.customers.models import Customer, CustomerKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from doorward.audit.events import EventType
    from doorward.audit.record import Detail


def remember(event_type: EventType, *, details: Mapping[str, Detail]) -> bool:
    """Record in the provider's history that a copy was taken; return whether it could be written down.

    A database that can only be read, is older than this program or away keeps nobody from taking one.
    """
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return False  # asking SQLite would make it
    try:
        with transaction.atomic():
            providers = Customer.objects.filter(kind=CustomerKind.PROVIDER)
            provider = providers.values_list("id", "name").first()
            record(event_type, actor=CONSOLE, customer=provider, details=details)
    except DatabaseError:
        return False
    return True
