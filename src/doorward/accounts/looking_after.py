"""Who looks after a customer's people: active, with the Administrators tab. Told of a person, and asked of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.accounts.models import Status
from doorward.customers.tabs import ADMINISTRATORS

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from doorward.accounts.models import Administrator


def looks_after(person: Administrator) -> bool:
    """Return whether somebody looks after the people of their customer."""
    return person.status == Status.ACTIVE and ADMINISTRATORS in person.tab_keys


def who_look_after(rows: QuerySet[Administrator]) -> QuerySet[Administrator]:
    """Return those of these people who do."""
    return rows.filter(status=Status.ACTIVE, looks_after=True)
