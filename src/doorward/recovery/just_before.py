"""What held until shortly before: nobody takes the second yes away first, and then helps alone.

A stolen account could take the Administrators tab from a colleague, or make the policy milder, and have a way to that
colleague's account at once. As long as a request can be refused, the stricter of before and now holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.accounts.events import RIGHTS_CHANGED
from doorward.audit.models import Event
from doorward.customers.tabs import ADMINISTRATORS
from doorward.policy.effective import policies_of
from doorward.policy.fields import FIELDS, RecoveryBy
from doorward.policy.versions import policy_of_customer
from doorward.recovery.rules import VETO_TIME

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.accounts.models import Administrator


def looked_after(person: Administrator, *, now: datetime) -> bool:
    """Return whether somebody has the Administrators tab, or had it within the last day."""
    if person.looks_after:
        return True
    changes = Event.objects.filter(
        subject_id=person.id, type=RIGHTS_CHANGED, at__gt=now - VETO_TIME
    )
    taken = changes.values_list("details__taken", flat=True)
    return any(ADMINISTRATORS in (keys or ()) for keys in taken)


def recovery_by(person: Administrator, *, now: datetime) -> RecoveryBy:
    """Return who may help, the strictest that held within the last day; wants `customer.brand` at hand."""
    field, since = FIELDS["recovery_by"], now - VETO_TIME
    strictest = policies_of(person.customer).values(now=now).recovery_by
    rows = policy_of_customer(person.customer_id).versions().filter(withdrawn_at__isnull=True)
    held = rows.filter(starts_at__lte=now).order_by("-starts_at", "-number")
    for starts_at, values in held.values_list("starts_at", "values"):
        strictest = field.stricter(strictest, field.read(values.get(field.key, field.loosest)))
        if starts_at <= since:
            break
    return RecoveryBy(strictest)
