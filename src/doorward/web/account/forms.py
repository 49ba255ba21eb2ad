"""The policy as it was typed, read into numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from doorward.core.errors import FieldsRefused, NumberOutOfRange
from doorward.web.account.pages import BOUNDS, PolicyForm, held_by
from doorward.web.posted import field, optional, ticked

if TYPE_CHECKING:
    from doorward.core.errors import Refusal
    from doorward.customers.models import Customer
    from doorward.web.requests import Request

_LONGEST: Final = 4


@dataclass(frozen=True, slots=True)
class WantedPolicy:
    """What the form asks for."""

    require_2fa: bool
    grace_days: int
    session_hours: int
    idle_minutes: int


def typed_policy(request: Request, customer: Customer) -> PolicyForm:
    """Give the form as typed. What the provider's floor holds is not in it, and stays as it is."""
    held = bool(held_by(customer))
    grace = optional(request, "grace_days") if held else field(request, "grace_days")
    return PolicyForm(
        require_2fa=customer.require_2fa if held else ticked(request, "require_2fa"),
        grace_days=grace or str(customer.grace_days) if held else grace,
        session_hours=field(request, "session_hours"),
        idle_minutes=field(request, "idle_minutes"),
    )


def read_policy(form: PolicyForm) -> WantedPolicy:
    """Give the numbers, or raise `FieldsRefused` for those that are none or out of bounds."""
    refused: dict[str, Refusal] = {}
    numbers: dict[str, int] = {}
    for name, (least, most) in BOUNDS.items():
        text = getattr(form, name).strip()
        is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST
        if is_number and least <= int(text) <= most:
            numbers[name] = int(text)
        else:
            refused[name] = NumberOutOfRange(least, most)
    if refused:
        raise FieldsRefused(refused)
    return WantedPolicy(require_2fa=form.require_2fa, **numbers)
