"""Another host for a portal: passkeys belong to the host that they were made at, and those of another one open nothing.

A customer that gets another brand, and a brand that gets another first host, must still have somebody who can help.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from doorward.accounts import customer_closing
from doorward.accounts.looking_after import keeps_help, who_look_after
from doorward.accounts.models import Administrator, MailedLink, Status
from doorward.credentials.models import USABLE, Factor, TrustedBrowser
from doorward.customers import brands, cached, protection
from doorward.customers.models import Brand, Customer
from doorward.customers.rights import authorise
from doorward.kernel.errors import NotFound
from doorward.permissions.actions import Action
from doorward.policy.rules import FactorKind
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.actor import Actor
    from doorward.customers.brands import BrandDetails
    from doorward.customers.services import CustomerChange


def change_customer(
    customer_id: UUID, wanted: CustomerChange, *, actor: Actor, now: datetime
) -> None:
    """Change a customer as `customer_closing.change_customer` does; refuse a brand at which nobody could help."""
    authorise(actor, Action.CHANGE_CUSTOMER, customer_id)
    customers = Customer.objects.filter(id=customer_id)
    with protection.refusals_recorded(actor=actor), transaction.atomic():
        was = customers.values_list("brand_id", flat=True).first()
        with keeps_help(customers, now=now) as shut_out:
            customer_closing.change_customer(customer_id, wanted, actor=actor, now=now)
            if wanted.brand_id != was:
                for host in _hosts_of(wanted.brand_id):
                    shut_out.update(_shut_out(customers, host))


@dataclass(frozen=True, slots=True)
class Breaks:
    """What no longer works once a customer has another brand, in numbers.

    People with passkeys of other hosts, and those of them who have no other usable device; open sessions, trusted
    browsers, and links on the way, which lead to the old address.
    """

    with_passkeys: int
    with_nothing_else: int
    sessions: int
    trusted: int
    links: int


def what_breaks(customer_id: UUID, brand_id: UUID, *, now: datetime) -> Breaks:
    """Return what a move to this brand ends, before it is made. Raises `NotFound`."""
    public = urlsplit(settings.DOORWARD.origin).hostname or ""
    brand = Brand.objects.filter(id=brand_id).first()
    if brand is None:
        raise NotFound
    host = next(iter(cached.usable_hosts(brand)), public)
    people = Administrator.objects.of(customer_id).exclude(status=Status.REMOVED)
    mine = Factor.objects.filter(USABLE, administrator=OuterRef("pk"))
    works = mine.filter(kind=FactorKind.APP) | mine.filter(passkey__rp_id=host)
    elsewhere = mine.filter(kind=FactorKind.PASSKEY).exclude(passkey__rp_id=host)
    with_passkeys = people.filter(Exists(elsewhere))
    of_them = {"administrator__customer_id": customer_id}
    sessions = Session.objects.filter(ended_at__isnull=True, **of_them)
    links = MailedLink.objects.filter(used_at=None, revoked_at=None, expires_at__gt=now, **of_them)
    return Breaks(
        with_passkeys=with_passkeys.count(),
        with_nothing_else=with_passkeys.exclude(Exists(works)).count(),
        sessions=sessions.count(),
        trusted=TrustedBrowser.objects.filter(until__gt=now, **of_them).count(),
        links=links.count(),
    )


def change_brand(brand_id: UUID, details: BrandDetails, *, actor: Actor, now: datetime) -> None:
    """Change a brand as `customers.brands.change` does; refuse hosts at which nobody of a customer could help."""
    authorise(actor, Action.CHANGE_BRAND, brand_id=brand_id)
    customers = Customer.objects.filter(brand_id=brand_id)
    with protection.refusals_recorded(actor=actor), transaction.atomic():
        before = _hosts_of(brand_id)
        with keeps_help(customers, now=now) as shut_out:
            brands.change(brand_id, details, actor=actor)
            for host in _hosts_of(brand_id) - before:
                shut_out.update(_shut_out(customers, host))
    cached.forget()


def _hosts_of(brand_id: UUID) -> frozenset[str]:
    """Return the hosts that passkeys of a brand's customers belong to: now, and once its first one is confirmed."""
    brand = Brand.objects.filter(id=brand_id).first()
    if brand is None:
        raise NotFound
    public = urlsplit(settings.DOORWARD.origin).hostname or ""
    return frozenset(next(iter(each), public) for each in (cached.usable_hosts(brand), brand.hosts))


def _shut_out(customers: QuerySet[Customer], host: str) -> set[UUID]:
    """Return who looks after people and has usable devices, but passkeys of other hosts alone."""
    mine = Factor.objects.filter(USABLE, administrator=OuterRef("pk"))
    theirs = who_look_after(Administrator.objects.everywhere().filter(customer__in=customers))
    works = mine.filter(kind=FactorKind.APP) | mine.filter(passkey__rp_id=host)
    found = theirs.filter(Exists(mine)).exclude(Exists(works))
    return set(found.values_list("id", flat=True))
