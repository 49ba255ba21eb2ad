"""A customer's lock: who changes several of its people, or what is asked of them, takes it first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.customers.models import Customer

if TYPE_CHECKING:
    from uuid import UUID


def hold(customer_id: UUID) -> None:
    """Take a customer's lock in the caller's transaction, without reading it; raises `DoesNotExist`.

    Always without the key, as for every lock of a row that others refer to: PostgreSQL looks at it again, at the
    commit, for a person whose row was written twice. Whoever holds that person would wait for this lock, and this
    one's holder for the person.
    """
    Customer.objects.select_for_update(no_key=True).values_list("id").get(id=customer_id)
