"""A customer that is suspended or closed, and what ends with it for all of its people."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from doorward.accounts import mailed_links
from doorward.accounts.models import Administrator, EmailChange, MailedLink, Status
from doorward.accounts.required_of import is_due
from doorward.customers import protection, services
from doorward.customers.models import CustomerStatus
from doorward.customers.rights import authorise
from doorward.kernel.db.paging import ROWS, in_pages
from doorward.permissions.actions import Action
from doorward.policy.versions import record_move
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.audit.actor import Actor
    from doorward.customers.services import CustomerChange


def change_customer(
    customer_id: UUID, wanted: CustomerChange, *, actor: Actor, now: datetime
) -> None:
    """Change a customer, and end what was open of its people when it is no longer active.

    With another brand it has its portal at other hosts: sessions end, or they would be there again when it
    comes back. Raises what `customers.services.change` raises.
    Callers use the one of `credentials.passkeys.other_host`, which also keeps whoever can help.
    """
    authorise(actor, Action.CHANGE_CUSTOMER, customer_id)
    with protection.refusals_recorded(actor=actor), transaction.atomic():
        _remember_due(customer_id, wanted, now=now)
        before = services.change(customer_id, wanted, actor=actor, now=now)
        if before.status == CustomerStatus.ACTIVE != wanted.status:
            end_all(customer_id, now=now)
        if before.brand_id != wanted.brand_id:
            _raise_versions(customer_id)
            _end_sessions(customer_id, now=now)
            record_move(services.get(customer_id), before.brand, actor=actor, now=now)


def _remember_due(customer_id: UUID, wanted: CustomerChange, *, now: datetime) -> None:
    """Write down who is due, before another brand's minimum takes the place of the one that says so."""
    theirs = Administrator.objects.of(customer_id).filter(due_since=None)
    people = theirs.exclude(status=Status.REMOVED).exclude(customer__brand_id=wanted.brand_id)
    found = in_pages(people.select_related("customer__brand"))
    due = (person.id for person in found if is_due(person, now=now))
    while page := list(islice(due, ROWS)):
        theirs.filter(id__in=page).update(due_since=now)


def end_all(customer_id: UUID, *, now: datetime) -> None:
    """End sessions, links and changes of e-mail. The people's rows come first: who makes a link holds theirs."""
    _raise_versions(customer_id)
    of_them = {"administrator__customer_id": customer_id}
    _end_sessions(customer_id, now=now)
    links = MailedLink.objects.filter(used_at__isnull=True, revoked_at__isnull=True, **of_them)
    # What stays opens nothing while the customer is suspended.
    links.exclude(purpose__in=mailed_links.STAY).update(revoked_at=now)
    EmailChange.objects.filter(closed_at__isnull=True, **of_them).update(closed_at=now)


def _raise_versions(customer_id: UUID) -> None:
    """End trusted browsers, so that they are not trusted again when it comes back."""
    people = Administrator.objects.of(customer_id)
    people.update(security_version=F("security_version") + 1)


def _end_sessions(customer_id: UUID, *, now: datetime) -> None:
    rows = Session.objects.filter(administrator__customer_id=customer_id, ended_at__isnull=True)
    rows.update(ended_at=now)
