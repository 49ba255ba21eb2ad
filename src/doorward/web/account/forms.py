"""The policy as it was typed, read into numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doorward.kernel.errors import FieldsRefused
from doorward.policy.change import PolicyChange
from doorward.policy.errors import NumberOutOfRange
from doorward.web.account.pages import BOUNDS, PolicyForm, held_by
from doorward.web.http.posted import field, optional, ticked
from doorward.web.kit import factor_rules

if TYPE_CHECKING:
    from doorward.customers.models import Customer
    from doorward.kernel.errors import Refusal
    from doorward.web.http.requests import Request


def typed_policy(request: Request, customer: Customer) -> PolicyForm:
    """Return the form as typed. What the provider's minimum holds is not in it, and stays as it is."""
    held = bool(held_by(customer))
    grace = optional(request, "grace_days") if held else field(request, "grace_days")
    return PolicyForm(
        require_2fa=customer.require_2fa if held else ticked(request, "require_2fa"),
        grace_days=grace or str(customer.grace_days) if held else grace,
        kinds=field(request, "kinds"),
        trust_days=field(request, "trust_days"),
        session_hours=field(request, "session_hours"),
        idle_minutes=field(request, "idle_minutes"),
    )


def read_policy(form: PolicyForm, customer: Customer) -> PolicyChange:
    """Return what the form asks for, or raise `FieldsRefused` for what is no number, or out of bounds."""
    refused: dict[str, Refusal] = {}
    numbers: dict[str, int] = {}
    for name, bounds in BOUNDS.items():
        number = factor_rules.number(getattr(form, name), bounds)
        if number is None:
            refused[name] = NumberOutOfRange(*bounds)
        else:
            numbers[name] = number
    try:
        kinds, trust_days = factor_rules.read(form.kinds, form.trust_days, customer)
    except FieldsRefused as refusal:
        raise FieldsRefused(refused | refusal.fields) from refusal
    if refused:
        raise FieldsRefused(refused)
    return PolicyChange(require_2fa=form.require_2fa, kinds=kinds, trust_days=trust_days, **numbers)
