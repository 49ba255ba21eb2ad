"""What time does to requests: a pass is mailed to who has waited, and what nobody used ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from doorward.accounts.account import locked
from doorward.accounts.models import Status
from doorward.audit.actor import WORKER
from doorward.audit.models import Event
from doorward.credentials.events import RECOVERED
from doorward.credentials.models import Factor
from doorward.customers import locking
from doorward.customers.models import CustomerStatus
from doorward.policy.loading import policies_of
from doorward.recovery import (
    history,
    request_state,
    rules,
    set_up_pass,
    superseded,
    support,
    waiting,
)
from doorward.recovery.events import HELP_ENDED, PASS_MAILED
from doorward.recovery.models import PENDING, RecoveryRequest, SetUpPass, State, Way

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from doorward.accounts.models import Administrator


def end_due(*, now: datetime) -> int:
    """Mail the pass of who has waited, end what was not used in time; return how many requests that were.

    And forget the words that nobody came to see.
    """
    set_up_pass.forget_unshown(now=now)
    rows = _looked_at(now=now).select_related("administrator")
    return sum(_settle(request, now=now) for request in rows if _outcome(request, now=now))


def _looked_at(*, now: datetime) -> QuerySet[RecoveryRequest]:
    unused = SetUpPass.objects.filter(used_at__isnull=True, expires_at__lte=now)
    # Used, and no device set up by it: its session is over by then.
    set_up = Event.objects.filter(
        subject_id=OuterRef("administrator_id"),
        type=RECOVERED,
        credential_id=OuterRef("session_id"),
    )
    used = SetUpPass.objects.filter(
        ~Exists(set_up),
        used_at__lte=now - rules.PASS_LIFETIME,
        used_at__gt=now - rules.DENIED_WITHIN,
    )
    not_used = Q(state=State.ISSUED) & (
        Q(id__in=unused.values("request_id")) | Q(id__in=used.values("request_id"))
    )
    # Of all that wait, each is looked at: its person may have come back on their own.
    return RecoveryRequest.objects.filter(not_used | Q(state__in=PENDING))


def _outcome(request: RecoveryRequest, *, now: datetime) -> State | None:
    """Return what becomes of it now; None: it goes on waiting."""
    if set_up_pass.proved_since(request.administrator_id, request.asked_at):
        return State.ENDED
    if request.by_mail and request.state == State.OPEN:
        return State.ISSUED if request.due_at and request.due_at <= now else None
    if request.state == State.ISSUED:
        return State.ENDED
    end = request_state.ends_at(request)
    return State.ENDED if end is not None and end <= now else None


def _settle(seen: RecoveryRequest, *, now: datetime) -> int:
    with transaction.atomic():
        locking.hold(seen.administrator.customer_id)
        person = locked(seen.administrator_id)
        request = _looked_at(now=now).filter(id=seen.id).first()
        outcome = _outcome(request, now=now) if request else None
        if request is None or outcome is None:
            return 0
        if outcome is State.ISSUED and _may_be_mailed(request, person, now=now):
            _mail(request, person, now=now)
        else:
            _end(request, person, now=now)
        return 1


def _may_be_mailed(request: RecoveryRequest, person: Administrator, *, now: datetime) -> bool:
    """Return whether it is still allowed and needed, and no mailed link has set the password since."""
    if request.way == Way.SUPPORT:
        allowed = support.may_be_mailed(request, person, now=now)
    else:
        allowed = bool(policies_of(person.customer).values(now=now).recovery_wait_hours)
    is_active = person.status == Status.ACTIVE and person.customer.status == CustomerStatus.ACTIVE
    has_lost = Factor.objects.filter(administrator=person).exists()
    return allowed and is_active and has_lost and waiting.password_is_own(person)


def _mail(request: RecoveryRequest, person: Administrator, *, now: datetime) -> None:
    """Make the pass that is mailed. Nothing is suspended: a device that its owner has ends all this."""
    superseded.end_issued(person, actor=WORKER, now=now)
    set_up_pass.make(request, now=now)
    rows = RecoveryRequest.objects.filter(id=request.id)
    rows.update(state=State.ISSUED, approved_at=now)
    history.tell(PASS_MAILED, request, person, actor=WORKER)


def _end(request: RecoveryRequest, person: Administrator, *, now: datetime) -> None:
    # Its own pass alone: somebody may have been helped once more since.
    unused = SetUpPass.objects.filter(request=request, used_at__isnull=True, ended_at__isnull=True)
    unused.update(ended_at=now)
    rows = RecoveryRequest.objects.filter(id=request.id)
    rows.update(state=State.ENDED, closed_at=now)
    history.tell(HELP_ENDED, request, person, actor=WORKER)
