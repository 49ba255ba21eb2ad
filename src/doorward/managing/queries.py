"""What there is of managing, for the customer and for who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.kernel.errors import NotFound
from doorward.managing.models import OPEN, Managing

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

_SHOWN = 50


def of_customer(customer_id: UUID) -> list[Managing]:
    """Return what was asked for at a customer, the newest first."""
    return list(_rows().filter(customer_id=customer_id).order_by("-asked_at", "id")[:_SHOWN])


def open_at(customer_id: UUID) -> list[Managing]:
    """Return what waits for a yes at a customer, was agreed to, or goes on, the newest first."""
    rows = _rows().filter(customer_id=customer_id, state__in=OPEN)
    return list(rows.order_by("-asked_at", "id")[:_SHOWN])


def find(managing_id: UUID, *, customer_id: UUID) -> Managing:
    """Return one of a customer's, or raise `NotFound`."""
    found: Managing | None = _rows().filter(id=managing_id, customer_id=customer_id).first()
    if found is None:
        raise NotFound
    return found


def newest_of(customer_id: UUID, *, staff_id: UUID) -> Managing | None:
    """Return what somebody of the staff asked a customer for last."""
    rows = _rows().filter(customer_id=customer_id, staff_id=staff_id)
    return rows.order_by("-asked_at").first()


def by_id(managing_id: UUID) -> Managing:
    """Return one, whosever it is: for the session that is in it."""
    found: Managing = _rows().get(id=managing_id)
    return found


def _rows() -> QuerySet[Managing]:
    return Managing.objects.select_related(
        "staff__customer", "customer__brand", "behalf", "agreed_by", "ended_by"
    )
