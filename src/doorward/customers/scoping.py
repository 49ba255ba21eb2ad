"""The one door to a customer's data: shut without a customer. Which customers staff see is `staff_scope.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.db import models

if TYPE_CHECKING:
    from uuid import UUID


M = TypeVar("M", bound=models.Model)


class NoScope(Exception):
    """A query did not say whose data it wants."""


class Scoped(models.Manager[M]):
    """A manager whose rows belong to a customer: `of(customer_id)`, or `everywhere()` in plain sight.

    Every other query raises `NoScope`, so that forgetting the customer is an error, not a leak.
    """

    def get_queryset(self) -> models.QuerySet[M]:
        """Refuse a query without scope."""
        message = f"{self.model.__name__}: say of(customer_id) or everywhere()"
        raise NoScope(message)

    def of(self, customer_id: UUID) -> models.QuerySet[M]:
        """Return one customer's rows."""
        return super().get_queryset().filter(customer_id=customer_id)

    def everywhere(self) -> models.QuerySet[M]:
        """Return all customers' rows: for signing in, the console and the worker."""
        return super().get_queryset()

    def create(self, **values: object) -> M:
        """Insert a row that names its customer."""
        if not (values.get("customer") or values.get("customer_id")):
            message = f"{self.model.__name__}: a new row needs its customer"
            raise NoScope(message)
        return super().get_queryset().create(**values)
