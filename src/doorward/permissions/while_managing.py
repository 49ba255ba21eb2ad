"""What the provider's staff may do while managing a customer's portal: what its action says is for it, and no more.

Each action says so itself (`managed` in `actions.py`); not, unless it is said. What of pages the gate lets through,
`Step.NOT_WHILE_MANAGING` in `gate/decision.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.permissions.actions import MANAGE, Action, Managed
from doorward.permissions.rules import may

if TYPE_CHECKING:
    from uuid import UUID

    from doorward.permissions.rules import Holder


def may_manage(
    action: Action, staff: Holder | None, behalf: Holder | None, customer_id: UUID | None
) -> bool:
    """Return whether the provider's people may do it as one of a customer's people, where that customer let them in.

    It takes the right to manage, and the right that it takes of the person as whom they act: neither is given what is
    the other's. What is not said to be for it, is not.
    """
    return (
        action.needs.managed is Managed.CHANGE
        and staff is not None
        and staff.is_staff
        and MANAGE in staff.tabs
        and behalf is not None
        and behalf.customer_id == customer_id
        and may(action, behalf, customer_id)
    )
