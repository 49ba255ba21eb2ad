"""What ends by time: requests that nobody fetched, passes that nobody used, help that is no longer needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from doorward.accounts.account import locked
from doorward.audit.actor import WORKER
from doorward.audit.record import record
from doorward.customers.models import Customer
from doorward.recovery import rules, set_up_pass
from doorward.recovery.events import HELP_ENDED
from doorward.recovery.models import PENDING, RecoveryRequest, SetUpPass, State, Way

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

_AT_ONCE = 200


def end_due(*, now: datetime) -> int:
    """End what was not used in time, and say so in the history; return how many requests were."""
    due = list(_due(now=now).values_list("id", "administrator_id", "administrator__customer_id"))
    return sum(_end(*ids, now=now) for ids in due[:_AT_ONCE])


def _due(*, now: datetime) -> QuerySet[RecoveryRequest]:
    unused = SetUpPass.objects.filter(used_at__isnull=True, expires_at__lte=now)
    not_used = Q(state=State.ISSUED, id__in=unused.values("request_id"))
    # Of all that wait, each is looked at: its person may have come back on their own.
    return RecoveryRequest.objects.filter(not_used | Q(state__in=PENDING))


def _end(request_id: UUID, person_id: UUID, customer_id: UUID, *, now: datetime) -> int:
    with transaction.atomic():
        Customer.objects.select_for_update().values_list("id").get(id=customer_id)
        person = locked(person_id)
        request = _due(now=now).filter(id=request_id).first()
        if request is None or not (_is_late(request, now=now) or _is_back(request)):
            return 0
        set_up_pass.end_unused(person_id, now=now)
        rows = RecoveryRequest.objects.filter(id=request_id)
        rows.update(state=State.ENDED, closed_at=now)
        details = {"request": str(request_id), "way": request.way}
        record(HELP_ENDED, actor=WORKER, subject=person.who(), details=details)
        return 1


def _is_late(request: RecoveryRequest, *, now: datetime) -> bool:
    """Return whether it is one of those that were not used in time."""
    if request.state == State.ISSUED:
        return True
    since = request.due_at if request.state == State.OPEN else request.approved_at
    return request.way == Way.COLLEAGUE and since is not None and since + rules.PASS_LIFETIME <= now


def _is_back(request: RecoveryRequest) -> bool:
    return set_up_pass.proved_since(request.administrator_id, request.asked_at)
