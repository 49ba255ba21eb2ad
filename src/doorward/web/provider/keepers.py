"""Who looks after a customer's people: those of them who have the Administrators tab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorward.accounts import undelivered
from doorward.accounts.models import Administrator, Status
from doorward.kernel.errors import NotFound

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.customers.models import Customer

SHOWN = 6


@dataclass(frozen=True, slots=True)
class Keeper:
    """Somebody whom the provider can turn to."""

    id: UUID
    name: str
    email: str
    status: Status
    is_primary: bool
    # Which mailbox does not take mail, and why; empty: it does, as far as we know.
    mail_refused: str


def keepers(customer: Customer) -> tuple[Keeper, ...]:
    """Return the first few of them, the primary one first."""
    ordered = _rows(customer).order_by("-is_primary", "name_sort", "id")
    return tuple(
        Keeper(
            id=person.id,
            name=person.full_name,
            email=person.email,
            status=Status(person.status),
            is_primary=person.is_primary,
            mail_refused=undelivered.in_words(person.email, person.mail_problem),
        )
        for person in ordered.filter(looks_after=True)[:SHOWN]
    )


def keeper(customer: Customer, person_id: UUID) -> Administrator:
    """Return one of those who look after a customer, or raise `NotFound`."""
    rows = _rows(customer).select_related("customer__brand").filter(id=person_id)
    found: Administrator | None = rows.filter(looks_after=True).first()
    if found is None:
        raise NotFound
    return found


def has_primary(customer: Customer) -> bool:
    """Return whether the customer has its primary administrator."""
    return _rows(customer).filter(is_primary=True).exists()


def _rows(customer: Customer) -> QuerySet[Administrator]:
    return Administrator.objects.of(customer.id).exclude(status=Status.REMOVED)
