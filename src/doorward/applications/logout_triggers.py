"""What was changed just now by which sign-ins may be over that their rows do not say: policies, rights, tabs.

It only says where to look first: whoever misses something of it finds that within a minute by looking at all.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Q

from doorward.accounts.events import EXCEPTION_ENDED, RIGHTS_CHANGED, TWO_FACTOR_REQUIRED
from doorward.applications.events import APPLICATION_CHANGED
from doorward.audit.models import Event
from doorward.credentials.events import FACTOR_LOCKED, FACTOR_REMOVED, TRUSTED_BROWSERS_ENDED
from doorward.customers.events import BRAND_CHANGED, CUSTOMER_CHANGED, TAB_CHANGED, TAB_REMOVED
from doorward.policy.events import MINIMUM_BEGAN, MINIMUM_CHANGED, POLICY_BEGAN, POLICY_CHANGED

if TYPE_CHECKING:
    from datetime import datetime

# Of one customer's people.
_OF_ONE: Final = (
    CUSTOMER_CHANGED,
    EXCEPTION_ENDED,
    FACTOR_LOCKED,
    FACTOR_REMOVED,
    POLICY_BEGAN,
    POLICY_CHANGED,
    RIGHTS_CHANGED,
    TRUSTED_BROWSERS_ENDED,
    TWO_FACTOR_REQUIRED,
)
# The provider's, of whomever they concern.
_OF_ALL: Final = (
    APPLICATION_CHANGED,
    BRAND_CHANGED,
    MINIMUM_BEGAN,
    MINIMUM_CHANGED,
    TAB_CHANGED,
    TAB_REMOVED,
)
# Longer than a round of the worker takes as a rule.
_LATELY: Final = timedelta(seconds=15)
# So many happen in that time at most where a portal is busy; a look at them costs the same, however long history is.
_NEWEST: Final = 500


def concerned(*, now: datetime) -> Q:
    """Return which sign-ins may be over by what was changed lately, as a condition on their rows."""
    newest = Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
    lately = Event.objects.filter(id__gt=newest - _NEWEST, at__gt=now - _LATELY)
    rows = set(lately.filter(type__in=(*_OF_ONE, *_OF_ALL)).values_list("type", "customer_id"))
    if any(kind in _OF_ALL for kind, _customer in rows):
        return Q(id__isnull=False)
    return Q(administrator__customer_id__in={customer for _kind, customer in rows})
