"""A person's account as a sign-in reads it, without a model; and read again under its lock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from doorward.accounts.models import Administrator, Status
from doorward.audit.actor import Who
from doorward.audit.naming import full_name
from doorward.customers.models import CustomerStatus

if TYPE_CHECKING:
    from uuid import UUID

# The columns of `Account`, in its order.
COLUMNS: Final = (
    *("id", "email", "first_name", "last_name", "tabs", "status", "security_version"),
    *("customer_id", "customer__name", "customer__status", "customer__brand_id"),
)


@dataclass(frozen=True, slots=True)
class Account:
    """Whose e-mail or passkey it is, as far as a sign-in looks at them."""

    id: UUID
    email: str
    first_name: str
    last_name: str
    tabs: str
    status: str
    security_version: int
    customer_id: UUID
    customer_name: str
    customer_status: str
    brand_id: UUID

    @property
    def tab_keys(self) -> frozenset[str]:
        """The keys of the tabs this person may use."""
        return frozenset(self.tabs.split())

    @property
    def may_sign_in(self) -> bool:
        """Whether the person and their customer are active."""
        return self.status == Status.ACTIVE and self.customer_status == CustomerStatus.ACTIVE

    def who(self) -> Who:
        """Return the person as history names them."""
        return Who(
            id=self.id,
            name=full_name(self.first_name, self.last_name, self.email),
            email=self.email,
            customer_id=self.customer_id,
            customer_name=self.customer_name,
        )


def locked(administrator_id: UUID) -> Administrator:
    """Read a person again under a lock (on SQLite the transaction is one).

    Who changes several rows of somebody takes the person first: two who took them in different orders
    would wait for each other.
    """
    people = Administrator.objects.everywhere().select_related("customer__brand")
    return people.select_for_update(of=("self",)).get(id=administrator_id)
