"""Changing the policy that a customer keeps for its own people."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from doorward.audit.record import record
from doorward.customers import protection
from doorward.customers.models import Customer
from doorward.customers.rights import authorise
from doorward.kernel.errors import FieldsRefused
from doorward.permissions.actions import Action
from doorward.policy.effective import check_numbers
from doorward.policy.errors import GraceIsOver
from doorward.policy.events import POLICY_CHANGED

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.audit.actor import Actor
    from doorward.policy.rules import Kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """What is to change of a customer's policy, as it shall be afterwards (None: as it is)."""

    require_2fa: bool | None = None
    grace_days: int | None = None
    kinds: Kinds | None = None
    trust_days: int | None = None
    session_hours: int | None = None
    idle_minutes: int | None = None


def change_policy(customer: Customer, wanted: PolicyChange, *, actor: Actor, now: datetime) -> None:
    """Change what a customer's administrators ask of themselves; the provider's minimum stays above it.

    Pages use the one of `credentials.trusted_browsers.policy_change`, which also ends what it no longer allows.
    Raises `FieldsRefused` for numbers out of bounds, and for days that would open a time of grace again that is over.
    """
    authorise(actor, Action.CHANGE_POLICY, customer.id)
    columns = {name: value for name, value in asdict(wanted).items() if value is not None}
    check_numbers(**{name: value for name, value in columns.items() if type(value) is int})
    with transaction.atomic():
        current = Customer.objects.select_for_update().get(id=customer.id)
        before = {name: getattr(current, name) for name in columns}
        changes = protection.changes_of(before, columns)
        if not changes:
            return
        whose = (customer.id, customer.name)
        protection.settle(changes, what=customer.name, customer=whose, actor=actor)
        _refuse_reopening(current, columns, now=now)
        rows = Customer.objects.filter(id=customer.id)
        rows.update(**columns)
        required = columns.get("require_2fa", current.require_2fa)
        if required:
            # It runs from the day on which two factors were asked for first, however often they are again.
            rows.filter(grace_from__isnull=True).update(grace_from=now)
        record(
            POLICY_CHANGED,
            actor=actor,
            customer=(customer.id, customer.name),
            details={"require_2fa": required, **protection.details_of(changes)},
        )


def _refuse_reopening(current: Customer, columns: dict[str, object], *, now: datetime) -> None:
    """Refuse more days of grace once it has ended. Raises `FieldsRefused`."""
    days = columns.get("grace_days", current.grace_days)
    if current.grace_from is None or not isinstance(days, int) or days <= current.grace_days:
        return
    if now >= current.grace_from + timedelta(days=current.grace_days):
        raise FieldsRefused({"grace_days": GraceIsOver()})
