"""Where a request for help stands: whether it is over, who reads out its pass, whether it can be stopped or denied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.recovery import impostor, just_before, rules, set_up_pass
from doorward.recovery.models import SetUpPass, State, Way

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.recovery.models import RecoveryRequest


def is_over(request: RecoveryRequest, *, now: datetime) -> bool:
    """Return whether a pending request came to its end without anybody's word: by time, or by what happened since.

    The person came back on their own; they, or their company, were suspended, or they lost the tab, so that they could
    not object; or its time is over. The worker need not have come by.
    """
    person, since = request.administrator, request.asked_at
    end = ends_at(request)
    return (
        (end is not None and end <= now)
        or set_up_pass.proved_since(person.id, since)
        or just_before.disturbed(person, since=since)
    )


def ends_at(request: RecoveryRequest) -> datetime | None:
    """Return when a pending request lapses; None: it does not."""
    if request.state != State.OPEN:
        return request.approved_at and request.approved_at + rules.PASS_LIFETIME
    if request.due_at is not None:
        return request.due_at + rules.PASS_LIFETIME
    return request.asked_at + rules.SUPPORT_WAITS if request.way == Way.SUPPORT else None


def reader_of(request: RecoveryRequest) -> UUID | None:
    """Return who is shown the pass: who asked, or, of what support asked for, the colleague who agreed."""
    return request.approved_by_id if request.way == Way.SUPPORT else request.asked_by_id


def may_be_fetched(request: RecoveryRequest, *, now: datetime) -> bool:
    """Return whether a request is approved, by somebody or by time, and its pass was not fetched yet."""
    if request.by_mail:
        return False
    approved_at = request.approved_at
    if request.state == State.OPEN:
        approved_at = request.due_at
    elif request.state != State.APPROVED:
        return False
    return approved_at is not None and approved_at <= now < approved_at + rules.PASS_LIFETIME


def may_stop(request: RecoveryRequest) -> bool:
    """Return whether there is something to stop: the new device is not set up yet."""
    if request.state not in {State.OPEN, State.APPROVED, State.ISSUED}:
        return False
    issued = SetUpPass.objects.filter(request=request).first()
    return issued is None or impostor.completed_at(issued) is None


def is_back(request: RecoveryRequest, *, now: datetime) -> bool:
    """Return whether somebody set up a new device by a request, and it can still be said that it was not them."""
    if request.state not in {State.ISSUED, State.CONFIRMED}:
        return False
    issued = SetUpPass.objects.filter(request=request).first()
    if issued is None or impostor.completed_at(issued) is None:
        return False
    return in_time(issued, now=now)


def in_time(issued: SetUpPass, *, now: datetime) -> bool:
    """Return whether it can still be said that it was not the person who came with this pass."""
    return issued.used_at is not None and now < issued.used_at + rules.DENIED_WITHIN
