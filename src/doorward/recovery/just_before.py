"""What held until shortly before: nobody takes the second yes away first, and then helps alone.

A stolen account could take the Administrators tab from a colleague, or make the policy milder, and have a way to that
colleague's account at once; or ask again for what was refused. For a week the stricter of before and now holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import F, Q

from doorward.accounts.email_change import FORGET_AFTER
from doorward.accounts.events import (
    ADMINISTRATOR_REMOVED,
    ADMINISTRATOR_SUSPENDED,
    EMAIL_CHANGE_ASKED,
    EMAIL_CHANGED,
    RIGHTS_CHANGED,
)
from doorward.accounts.models import Administrator
from doorward.audit.models import Event
from doorward.customers.events import CUSTOMER_CHANGED
from doorward.customers.models import CustomerStatus
from doorward.customers.tabs import ADMINISTRATORS
from doorward.policy.fields import FIELDS, RecoveryBy, SupportAccess
from doorward.policy.loading import policies_of
from doorward.policy.versions import policy_of_customer
from doorward.recovery.models import RecoveryRequest, State, Way
from doorward.recovery.rules import LOOK_BACK, VETO_TIME

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.customers.models import Customer

_SILENCES: Final = (ADMINISTRATOR_SUSPENDED, ADMINISTRATOR_REMOVED, RIGHTS_CHANGED)


def looked_after(person: Administrator, *, now: datetime) -> bool:
    """Return whether somebody has the Administrators tab, or had it within the last week."""
    return person.looks_after or bool(_robbed([person.id], since=now - LOOK_BACK))


def recovery_by(person: Administrator, *, now: datetime) -> RecoveryBy:
    """Return who may help, the strictest that held within the last week; wants `customer.brand` at hand.

    Where it was the provider alone, a second colleague does after a day: else nobody could help for a week.
    """
    name = "recovery_by"
    if _strictest(person.customer, name, since=now - VETO_TIME, now=now) == RecoveryBy.PROVIDER:
        return RecoveryBy.PROVIDER
    strictest = RecoveryBy(_strictest(person.customer, name, since=now - LOOK_BACK, now=now))
    return RecoveryBy.TWO if strictest is RecoveryBy.PROVIDER else strictest


def support_access(person: Administrator, *, now: datetime) -> SupportAccess:
    """Return whether support may help, the strictest that held within the last week; wants `customer.brand` at hand."""
    return support_access_of(person.customer, now=now)


def support_access_of(customer: Customer, *, now: datetime) -> SupportAccess:
    """Return whether support may help a customer, the strictest that held within the last week; wants `brand`."""
    return SupportAccess(_strictest(customer, "support_access", since=now - LOOK_BACK, now=now))


def _strictest(customer: Customer, name: str, *, since: datetime, now: datetime) -> str:
    field = FIELDS[name]
    strictest: str = getattr(policies_of(customer).values(now=now), name)
    owner = policy_of_customer(customer.id)
    rows = owner.versions().filter(withdrawn_at__isnull=True)
    held = rows.filter(starts_at__lte=now).order_by("-starts_at", "-number")
    for starts_at, values in held.values_list("starts_at", "values"):
        strictest = field.stricter(strictest, field.read(values.get(field.key, field.loosest)))
        if starts_at <= since:
            break
    else:
        strictest = field.stricter(strictest, getattr(owner.default, name))
    return strictest


def refused(person_id: UUID, *, since: datetime) -> QuerySet[RecoveryRequest]:
    """Return the requests for somebody that another one than who asked has refused or denied since then.

    Who asked to wait and who objected is the same account, and not always the same person: one may be a thief.
    """
    rows = RecoveryRequest.objects.filter(administrator_id=person_id, closed_at__gt=since)
    own = Q(closed_by__isnull=False, closed_by=F("asked_by")) & ~Q(way=Way.WAITING)
    return rows.filter(state__in=(State.REFUSED, State.DENIED)).exclude(own)


def disturbed(person: Administrator, *, since: datetime) -> bool:
    """Return whether somebody could not object for a while since then, or their colleagues could not.

    They were suspended or lost the tab; or their company was suspended or closed.
    """
    gone = Event.objects.filter(subject_id=person.id, type=ADMINISTRATOR_SUSPENDED, at__gt=since)
    if gone.exists() or _robbed([person.id], since=since):
        return True
    changes = Event.objects.filter(
        customer_id=person.customer_id, type=CUSTOMER_CHANGED, at__gt=since
    )
    shut = {CustomerStatus.SUSPENDED.value, CustomerStatus.CLOSED.value}
    return not shut.isdisjoint(changes.values_list("details__status", flat=True))


def moved(person_id: UUID, *, since: datetime) -> bool:
    """Return whether somebody's e-mail is another one since then, so that what is mailed may reach somebody else."""
    return Event.objects.filter(subject_id=person_id, type=EMAIL_CHANGED, at__gt=since).exists()


def moved_by_another(person_id: UUID, *, since: datetime) -> bool:
    """Return whether a colleague moved somebody's e-mail since then, and could have set their password by a link."""
    asked = Event.objects.filter(
        subject_id=person_id, type=EMAIL_CHANGE_ASKED, at__gt=since - FORGET_AFTER
    )
    by_another = asked.exclude(actor_id=person_id)
    return by_another.exists() and moved(person_id, since=since)


def silenced(actor_id: UUID, *, since: datetime) -> bool:
    """Return whether somebody suspended or removed a colleague with the tab since then, or took the tab of one."""
    done = Event.objects.filter(actor_id=actor_id, type__in=_SILENCES, at__gt=since)
    return _silences(done.exclude(subject_id=actor_id), since=since)


def silenced_at(customer_id: UUID, *, since: datetime) -> bool:
    """Return whether anybody of a customer with the tab was suspended or removed, or lost it, since then."""
    done = Event.objects.filter(customer_id=customer_id, type__in=_SILENCES, at__gt=since)
    return _silences(done, since=since)


def _silences(done: QuerySet[Event], *, since: datetime) -> bool:
    rows = list(done.values_list("subject_id", "details__taken"))
    if any(ADMINISTRATORS in (keys or ()) for _, keys in rows):
        return True
    ids = set(done.filter(type=ADMINISTRATOR_SUSPENDED).values_list("subject_id", flat=True))
    held = Administrator.objects.everywhere().filter(id__in=ids, looks_after=True)
    return held.exists() or bool(_robbed(ids, since=since))


def _robbed(ids: Iterable[UUID | None], *, since: datetime) -> set[UUID | None]:
    """Return who of these had the Administrators tab taken since then."""
    changes = Event.objects.filter(subject_id__in=ids, type=RIGHTS_CHANGED, at__gt=since)
    rows = changes.values_list("subject_id", "details__taken")
    return {one for one, keys in rows if ADMINISTRATORS in (keys or ())}
