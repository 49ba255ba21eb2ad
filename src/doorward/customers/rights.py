"""The first line of every service: whether who acts may do this, by the rights they hold now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from doorward.customers.models import Customer, CustomerKind, CustomerStatus
from doorward.permissions import rules
from doorward.permissions.errors import NotAuthorised
from doorward.permissions.rules import Holder

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.audit.actor import Actor, Who
    from doorward.permissions.actions import Action

# As `accounts.models.Status` has it, which stands above this subject.
_ACTIVE: Final = "active"


def authorise(
    actor: Actor, action: Action, customer_id: UUID | None = None, *, subject: UUID | None = None
) -> None:
    """Let on who may do this. Raises `NotAuthorised`, with nothing written.

    `customer_id`: whose people or data it changes (None: the provider's own things, or everybody's). `subject`: whose
    account, where it is an action on oneself.
    """
    if not is_allowed(actor, action, customer_id, subject=subject):
        raise NotAuthorised(action)


def is_allowed(
    actor: Actor, action: Action, customer_id: UUID | None = None, *, subject: UUID | None = None
) -> bool:
    """Return whether who acts may do this now. The operator at the console and the worker may do everything.

    Who acts on somebody's behalf may do what both may do: neither is given a right that is the other's.
    """
    if actor.is_ours:
        return True
    return bool(actor.people) and all(
        rules.is_own(action, one.id, subject) or rules.may(action, _holder(one), customer_id)
        for one in actor.people
    )


def _holder(who: Who) -> Holder | None:
    """Read what a person holds now; of what their session was told, nothing is believed."""
    rows = Customer.objects.filter(
        id=who.customer_id,
        status=CustomerStatus.ACTIVE,
        administrator__id=who.id,
        administrator__status=_ACTIVE,
    )
    row = rows.values_list("kind", "administrator__tabs").first()
    if row is None:
        return None
    kind, tabs = row
    staff = kind == CustomerKind.PROVIDER
    return Holder(
        id=who.id, customer_id=who.customer_id, is_staff=staff, tabs=frozenset(tabs.split())
    )
