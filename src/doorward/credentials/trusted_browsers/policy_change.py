"""A version of a policy or a minimum, and what follows from it: trust that it no longer allows ends with it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import transaction

from doorward.accounts.errors import HelperNeedsPasskey, LastAdministrator
from doorward.accounts.looking_after import keeps_help
from doorward.credentials.errors import PasskeysNotPossible
from doorward.credentials.passkeys.possible import are_possible
from doorward.credentials.trusted_browsers import trust
from doorward.customers import protection
from doorward.customers.cached import brand_of
from doorward.customers.models import Customer
from doorward.customers.rights import authorise
from doorward.policy import versions
from doorward.policy.fields import Kinds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.audit.actor import Actor
    from doorward.policy.models import PolicyVersion
    from doorward.policy.versions import Owner, Wanted


def save(owner: Owner, wanted: Wanted, *, actor: Actor, now: datetime) -> PolicyVersion | None:
    """Save a version as `policy.versions.save` does, which authorises it and says what it raises.

    Raises `PasskeysNotPossible`, `LastAdministrator` and its kinds besides.
    """
    authorise(actor, owner.action, owner.customer_id, brand_id=owner.brand_id)
    with protection.refusals_recorded(actor=actor), transaction.atomic():
        must_be_possible(owner, wanted, now=now)
        with _keeps_help(owner, now=now):
            version = versions.save(owner, wanted, actor=actor, now=now)
        # Who is asked from a day that is still to come is held from now on.
        trust.follow_policy(_customers(owner), now=now)
    return version


def must_be_possible(owner: Owner, wanted: Wanted, *, now: datetime) -> None:
    """Refuse to ask for passkeys where none can be made. Raises `PasskeysNotPossible`, and as `would_change`."""
    if wanted.values.kinds is not Kinds.PHISHING_RESISTANT:
        return
    before, _after = versions.would_change(owner, wanted, now=now)
    if before.kinds is Kinds.PHISHING_RESISTANT:
        return
    brand_id = owner.brand_id or _customers(owner).values_list("brand_id", flat=True).get()
    if not are_possible(brand_of(brand_id)):
        raise PasskeysNotPossible


def withdraw(version_id: UUID, owner: Owner, *, actor: Actor, now: datetime) -> None:
    """Take back a version that is planned. Raises what `policy.versions.withdraw` raises."""
    authorise(actor, owner.action, owner.customer_id, brand_id=owner.brand_id)
    with protection.refusals_recorded(actor=actor), transaction.atomic():
        with _keeps_help(owner, now=now):
            versions.withdraw(version_id, owner, actor=actor, now=now)
        trust.follow_policy(_customers(owner), now=now)


@contextmanager
def _keeps_help(owner: Owner, *, now: datetime) -> Iterator[None]:
    """Refuse a version by which nobody at a customer could help any more, at the field that does it."""
    try:
        with keeps_help(_customers(owner), now=now):
            yield
    except LastAdministrator as refusal:
        refusal.field = "kinds" if isinstance(refusal, HelperNeedsPasskey) else "required_of"
        raise


def begin_due(*, now: datetime) -> int:
    """Do what follows from planned versions whose time has come; return how many there were. For the worker."""
    begun = versions.begin_due(now=now)
    for owner in begun:
        with transaction.atomic():
            trust.follow_policy(_customers(owner), now=now)
    return len(begun)


def _customers(owner: Owner) -> QuerySet[Customer]:
    if owner.brand_id is not None:
        return Customer.objects.filter(brand_id=owner.brand_id)
    return Customer.objects.filter(id=owner.of_customer)
