"""Whose evidence it is, of when, and for whom it is written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from doorward.audit.models import Event

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from doorward.customers.models import Customer
    from doorward.operations.evidence.period import Period


@dataclass(frozen=True)
class About:
    """A customer (with `brand` at hand), the period, and whoever asked: their name, empty for the operator."""

    customer: Customer
    period: Period
    made_by: str
    now: datetime

    @property
    def since(self) -> datetime:
        """When the period begins."""
        return self.period.since

    @property
    def until(self) -> datetime:
        """When it is over."""
        return self.period.until

    @cached_property
    def tz(self) -> ZoneInfo:
        """The time zone of whoever asks."""
        return ZoneInfo(self.period.zone)

    def events(self) -> QuerySet[Event]:
        """Return the customer's events of the period."""
        rows = Event.objects.filter(customer_id=self.customer.id)
        return rows.filter(at__gte=self.since, at__lt=self.until)
