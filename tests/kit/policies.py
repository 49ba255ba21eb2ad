"""Policies and minimums as tests set them: real versions, saved by the operator."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from doorward.accounts.errors import HelperNeedsPasskey
from doorward.audit.actor import CONSOLE
from doorward.credentials.trusted_browsers import policy_change
from doorward.customers.models import Customer
from doorward.policy import series, versions
from doorward.policy.fields import RequiredOf, Values
from doorward.policy.versions import Owner, Wanted
from tests.kit import passkeys, people

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.policy.models import PolicyVersion


def ask(customer_id: UUID, *, since: datetime | None = None, **values: Any) -> PolicyVersion | None:
    """Save a version of a customer's own policy: what it is at that moment, with these values."""
    return _save(versions.policy_of_customer(customer_id), since, values)


def require(customer_id: UUID, *, since: datetime | None = None, **values: Any) -> None:
    """Have a customer's policy require two factors of everybody."""
    ask(customer_id, since=since, required_of=RequiredOf.EVERYONE, **values)


def lift(customer_id: UUID, *, since: datetime | None = None) -> None:
    """Have a customer's policy require two factors of those who are ticked, and of nobody else."""
    nothing: dict[str, Any] = {"from_day": None, "newcomer_days": 0, "waves": False}
    ask(customer_id, since=since, required_of=RequiredOf.TICKED, **nothing)


def require_by_minimum(customer_id: UUID, *, required: bool = True, **values: Any) -> None:
    """Have the provider require two factors of everybody at a customer, or no longer."""
    of = RequiredOf.EVERYONE if required else RequiredOf.NOBODY
    _save(versions.minimum_of_customer(customer_id), None, {"required_of": of} | values)


def require_by_brand(brand_id: UUID, *, required: bool = True, **values: Any) -> None:
    """Have the provider require two factors of everybody under a brand, or no longer."""
    of = RequiredOf.EVERYONE if required else RequiredOf.NOBODY
    _save(versions.minimum_of_brand(brand_id), None, {"required_of": of} | values)


def of(customer_id: UUID, *, now: datetime | None = None) -> Values:
    """Return the values that a customer chose itself, as they hold now."""
    text = Customer.objects.values_list("policy", flat=True).get(id=customer_id)
    return series.current(series.load(text), now=now or timezone.now())


def _save(owner: Owner, since: datetime | None, values: dict[str, Any]) -> PolicyVersion | None:
    now = since or timezone.now()
    there = series.load(owner.rows().values_list(owner.column, flat=True).get())
    wanted = replace(series.current(there, now=now, default=owner.default), **values)
    try:
        return policy_change.save(owner, Wanted(values=wanted), actor=CONSOLE, now=now)
    except HelperNeedsPasskey:
        add_helper(owner)
        return policy_change.save(owner, Wanted(values=wanted), actor=CONSOLE, now=now)


def add_helper(owner: Owner) -> None:
    """Add somebody with the Administrators tab and a passkey, so that passkeys alone can be asked for."""
    customer = Customer.objects.get(id=owner.of_customer)
    helper = people.make_administrator(
        customer, email="bob@keeps-help.example", name="Bob Klug", tabs={"administrators"}
    )
    passkeys.add(helper)
