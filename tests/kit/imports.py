"""Files to import, as spreadsheets save them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from doorward.audit.actor import CONSOLE, Actor
from doorward.importing import columns, files, running

if TYPE_CHECKING:
    from doorward.customers.models import Customer
    from doorward.importing.rules import LineOutcome


def people(
    text: str | bytes,
    customer: Customer | None = None,
    *,
    actor: Actor = CONSOLE,
    dry: bool = False,
    **options: Any,
) -> list[LineOutcome]:
    """Import the people of a file, and return what came of each line."""
    file = text if isinstance(text, bytes) else text.encode()
    table = files.read(file, columns.PEOPLE, needed="email")
    chosen = {"customer_id": customer.id if customer else None, **options}
    lines, now = running.people_of(table.rows()), timezone.now()
    return list(running.import_people(lines, actor=actor, now=now, dry=dry, **chosen))


def customers(text: str, *, actor: Actor = CONSOLE, dry: bool = False) -> list[LineOutcome]:
    """Import the customers of a file, and return what came of each line."""
    table = files.read(text.encode(), columns.CUSTOMERS, needed="name")
    lines, now = running.customers_of(table.rows()), timezone.now()
    return list(running.import_customers(lines, actor=actor, now=now, dry=dry))


def said(outcomes: list[LineOutcome]) -> list[tuple[str, str]]:
    """Return of each line its fate, and the code of what refused it."""
    return [(one.fate.value, one.refusal.code if one.refusal else "") for one in outcomes]
