"""Whose choice it is that a policy always lets support in: it counts where that person's yes would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.managing import agree
from doorward.policy.fields import SupportAccess, read
from doorward.policy.versions import policy_of_customer

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor


def by_their_hand(customer_id: UUID, *, actor: Actor, now: datetime) -> bool:
    """Return whether *always* was chosen by somebody whom who asks let in. What the operator chose counts."""
    by = _chosen_by(customer_id, now=now)
    if by is None or actor.person is None:
        return False
    return bool(agree.let_in(customer_id, actor.person.id, frozenset({by}), now=now))


def _chosen_by(customer_id: UUID, *, now: datetime) -> UUID | None:
    """Return who saved the version since which it has been *always*: whoever came later chose something else."""
    rows = policy_of_customer(customer_id).versions().filter(withdrawn_at__isnull=True)
    held = rows.filter(starts_at__lte=now).order_by("-starts_at", "-number")
    by: UUID | None = None
    for values, saved_by in held.values_list("values", "saved_by").iterator():
        if read(values).support_access is not SupportAccess.ALWAYS:
            break
        by = saved_by
    return by
