"""What Account shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from doorward.customers.tabs import ADMINISTRATORS
from doorward.policy.effective import GRACE_DAYS, IDLE_MINUTES, SESSION_HOURS
from doorward.web.kit import factor_rules
from doorward.web.kit.refusals import sentence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from doorward.customers.models import Customer
    from doorward.directory.standing import People
    from doorward.kernel.errors import Refusal
    from doorward.sessions.context import AuthContext
    from doorward.web.kit.fields import Field

BOUNDS = {
    "grace_days": GRACE_DAYS,
    "session_hours": SESSION_HOURS,
    "idle_minutes": IDLE_MINUTES,
}


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """The form of the policy, as stored or as typed."""

    require_2fa: bool
    grace_days: str
    kinds: str
    trust_days: str
    session_hours: str
    idle_minutes: str


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """A form that was not accepted: as typed, and what is wrong with each field."""

    typed: PolicyForm
    refused: Mapping[str, Refusal]

    @property
    def errors(self) -> dict[str, list[str]]:
        """What is wrong, in the reader's language."""
        return {name: [sentence(one)] for name, one in self.refused.items()}


@dataclass(frozen=True, slots=True)
class AccountPage:
    """The customer, its people in numbers, what it asks of them, and the form to change that."""

    name: str
    since: date
    provided_by: str
    is_provider: bool
    people: People
    may_change: bool
    held: str
    rules: list[str]
    grace_until: datetime | None
    grace_runs: bool
    concerns_me: bool
    form: PolicyForm
    errors: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def kinds(self) -> Field:
        """The choice of the kinds of factor."""
        return factor_rules.kinds_field(self.form.kinds, self.errors.get("kinds", ()))

    @property
    def trust_days(self) -> Field:
        """The box for trusted browsers."""
        return factor_rules.trust_field(self.form.trust_days, self.errors.get("trust_days", ()))

    def bounds(self, name: str) -> tuple[int, int]:
        """Return the least and the most of a number."""
        return BOUNDS[name]


def account_page(
    customer: Customer,
    people: People,
    auth: AuthContext,
    *,
    now: datetime,
    not_accepted: NotAccepted | None = None,
) -> AccountPage:
    """Make the page from the customer's row, or from what was typed where that was not accepted."""
    held = held_by(customer)
    until = grace_end(customer)
    return AccountPage(
        name=customer.name,
        since=customer.since,
        provided_by=customer.brand.name,
        is_provider=auth.person.is_staff,
        people=people,
        may_change=ADMINISTRATORS in auth.person.tab_keys,
        held=held,
        rules=rules_of(customer, held=bool(held), now=now),
        grace_until=None if held else until,
        grace_runs=until is not None and now < until,
        concerns_me=not auth.factors,
        form=not_accepted.typed if not_accepted else stored(customer),
        errors=not_accepted.errors if not_accepted else {},
    )


def stored(customer: Customer) -> PolicyForm:
    """Return the form as the row has it; with a minimum the box stands ticked."""
    return PolicyForm(
        require_2fa=customer.require_2fa or bool(held_by(customer)),
        grace_days=str(customer.grace_days),
        kinds=customer.kinds,
        trust_days=str(customer.trust_days),
        session_hours=str(customer.session_hours),
        idle_minutes=str(customer.idle_minutes),
    )


def held_by(customer: Customer) -> str:
    """Say who holds the requirement above the customer's own choice; empty: nobody."""
    names = {"brand": customer.brand.name}
    if customer.floor_require_2fa:
        return _("%(brand)s requires two-factor sign-in of everybody here.") % names
    if customer.brand.require_2fa:
        return _("%(brand)s requires two-factor sign-in of all its customers.") % names
    return ""


def grace_end(customer: Customer) -> datetime | None:
    """Return the moment from which the customer's own requirement bites; None: at once, or it began never.

    It stays the same when the requirement is taken back and made again.
    """
    if not customer.grace_days or customer.grace_from is None:
        return None
    return customer.grace_from + timedelta(days=customer.grace_days)


def rules_of(customer: Customer, *, held: bool, now: datetime) -> list[str]:
    """Return the policy in words."""
    until = grace_end(customer)
    if held or (customer.require_2fa and not (until and now < until)):
        required = _("Two-factor sign-in is required of everybody.")
    elif customer.require_2fa:
        required = _("Two-factor sign-in is required of everybody, after a grace period.")
    else:
        required = _("Two-factor sign-in is required of those whose box Required 2FA is ticked.")
    hours = ngettext(
        "Everybody has to sign in again after %(n)s hour.",
        "Everybody has to sign in again after %(n)s hours.",
        customer.session_hours,
    ) % {"n": customer.session_hours}
    minutes = ngettext(
        "Anyone who does nothing for %(n)s minute is signed out.",
        "Anyone who does nothing for %(n)s minutes is signed out.",
        customer.idle_minutes,
    ) % {"n": customer.idle_minutes}
    return [required, *factor_rules.in_words(customer), hours, minutes]
