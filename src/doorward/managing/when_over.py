"""When managing is over: as its row says, and by what has become of all that it takes. The gate decides as much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F

from doorward.audit.actor import Actor, ClientInfo
from doorward.customers.models import CustomerStatus
from doorward.customers.rights import is_allowed
from doorward.gate import managed
from doorward.managing import rules
from doorward.managing.models import OPEN, Managing, State
from doorward.permissions.actions import Action
from doorward.policy.loading import policies_of
from doorward.sessions.models import Session
from doorward.sessions.rules import is_managing

if TYPE_CHECKING:
    from datetime import datetime


def is_over(managing: Managing, *, now: datetime) -> bool:
    """Return whether it is at its end, also where nobody has written that down yet."""
    if managing.state == State.RUNNING:
        found = managed.read(managing.id, now=now)
        return found is None or not is_managing(found.facts, now=now)
    if managing.state == State.ASKED:
        return managing.asked_at + rules.WAITS <= now or not _is_there(managing, now=now)
    if managing.state == State.AGREED:
        begins = managing.agreed_at or managing.asked_at
        return begins + rules.TO_BEGIN <= now or not _is_there(managing, now=now)
    return True


def _is_there(managing: Managing, *, now: datetime) -> bool:
    """Return whether who asked could still be let in: in the same session, with the right to it, and wanted."""
    if managing.session_id is None:
        return False
    sessions = Session.objects.filter(
        id=managing.session_id,
        ended_at__isnull=True,
        security_version=F("administrator__security_version"),
        administrator_id=managing.staff_id,
    )
    staff = Actor(person=managing.staff.who(), client=ClientInfo())
    return (
        managing.customer.status == CustomerStatus.ACTIVE
        and _is_wanted(managing, now=now)
        and sessions.exists()
        and is_allowed(staff, Action.MANAGE_CUSTOMER, managing.customer_id)
    )


def _is_wanted(managing: Managing, *, now: datetime) -> bool:
    """Return whether the customer's policy still lets them in as it was asked for, or agreed to."""
    access = policies_of(managing.customer).values(now=now).support_access
    by_person = managing.state == State.ASKED or managing.agreed_by_id is not None
    return managed.is_wanted(access, agreed=by_person)


def is_open(managing: Managing, *, now: datetime) -> bool:
    """Return whether there is still something to decide or to end."""
    return managing.state in OPEN and not is_over(managing, now=now)
