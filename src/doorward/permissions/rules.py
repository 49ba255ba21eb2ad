"""Who may do what: the one decision, on facts that were read just now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from doorward.permissions.actions import BEHALF, About, Action
from doorward.permissions.staff_scope import Scope

if TYPE_CHECKING:
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Holder:
    """An active person of an active customer, and the rights they hold now."""

    id: UUID
    customer_id: UUID
    is_staff: bool  # of the provider
    tabs: frozenset[str]
    # Of the provider's people: which customers they are there for.
    scope: Scope = Scope.NOTHING


def is_own(action: Action, person_id: UUID, subject: UUID | None) -> bool:
    """Return whether it is about oneself alone, and about oneself it is."""
    return action.needs.about is About.SELF and subject == person_id


def may(action: Action, holder: Holder | None, customer_id: UUID | None) -> bool:
    """Return whether a person may do it to this customer (None: to what is the provider's, or everybody's)."""
    needs = action.needs
    if holder is None or needs.about not in {About.CUSTOMER, About.PROVIDER}:
        return False
    if needs.about is About.PROVIDER or customer_id is None:
        return holder.is_staff and needs.tabs <= holder.tabs
    if customer_id == holder.customer_id:
        return needs.tabs <= holder.tabs
    return needs.behalf and holder.is_staff and BEHALF in holder.tabs
