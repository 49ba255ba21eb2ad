"""What Account shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from doorward.accounts import exceptions
from doorward.customers.cached import not_for
from doorward.customers.tab_titles import titles_of
from doorward.customers.tabs import ADMINISTRATORS
from doorward.policy import series
from doorward.policy.fields import RequiredOf
from doorward.policy.loading import policies_of
from doorward.policy.versions import policy_of_customer
from doorward.policy.waves import midnight
from doorward.rollout import waiting_waves
from doorward.web.kit import policy_form
from doorward.web.kit.policy_versions import VersionLine, version_lines

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from doorward.customers.models import Customer
    from doorward.directory.counts import People
    from doorward.policy.models import WavePause
    from doorward.sessions.context import AuthContext
    from doorward.web.kit.policy_form import About, PolicyForm


@dataclass(frozen=True, slots=True)
class AccountPage:
    """The customer, its people in numbers, what it asks of them, and the form to change that.

    `held`: who requires two factors of everybody above the customer's own choice, in words; '': nobody.
    `grace_until`: the last day of the set-up, of everybody; None: it has none.
    """

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
    versions: tuple[VersionLine, ...]
    exceptions: tuple[ExceptionLine, ...]
    # Whose people are stuck so that the next wave waits; None: none does.
    pause: WavePause | None


@dataclass(frozen=True, slots=True)
class ExceptionLine:
    """An exception that runs: of whom, why, by whom, until when."""

    person_id: UUID
    name: str
    reason: str
    made_by: str
    made_at: datetime
    ends_at: datetime


def account_page(
    customer: Customer,
    people: People,
    auth: AuthContext,
    form: policy_form.Typed,
    *,
    now: datetime,
) -> AccountPage:
    """Make the page, with the form as it is stored or as it was typed."""
    policies, is_staff = policies_of(customer), auth.person.is_staff
    until = _grace_end(policies.customer, now=now)
    about = about_policy(customer, is_staff=is_staff, now=now)
    may_change = ADMINISTRATORS in auth.person.tab_keys
    return AccountPage(
        name=customer.name,
        since=customer.since,
        provided_by=customer.brand.name,
        is_provider=is_staff,
        people=people,
        may_change=may_change,
        held=held_by(customer, now=now),
        rules=policy_form.in_words(policies.values(now=now)),
        grace_until=until,
        grace_runs=until is not None and now < until,
        concerns_me=not auth.factors,
        form=policy_form.policy_form(form, about),
        versions=version_lines(policy_of_customer(customer.id), now=now) if may_change else (),
        exceptions=_exceptions(customer, now=now) if may_change else (),
        pause=waiting_waves.waiting(policy_of_customer(customer.id), text=customer.policy, now=now)
        if may_change
        else None,
    )


def _exceptions(customer: Customer, *, now: datetime) -> tuple[ExceptionLine, ...]:
    return tuple(
        ExceptionLine(
            person_id=one.administrator_id,
            name=one.administrator.full_name,
            reason=one.reason,
            made_by=one.made_by_name,
            made_at=one.made_at,
            ends_at=one.ends_at,
        )
        for one in exceptions.running(customer.id, now=now)
    )


def about_policy(customer: Customer, *, is_staff: bool, now: datetime) -> About:
    """Return what the form of a customer's policy has to know."""
    return policy_form.About(
        of_staff=is_staff,
        minimum=policies_of(customer).minimums(now=now),
        holder=customer.brand.name,
        left_out=RequiredOf.NOBODY,
        without=not_for(customer.brand_id, customer.id),
    )


def held_by(customer: Customer, *, now: datetime) -> str:
    """Say who holds the requirement above the customer's own choice; empty: nobody."""
    policies, names = policies_of(customer), {"brand": customer.brand.name}
    if series.scope(policies.minimum, now=now).everyone:
        return _("%(brand)s requires two-factor sign-in of everybody here.") % names
    if series.scope(policies.brand, now=now).everyone:
        return _("%(brand)s requires two-factor sign-in of all its customers.") % names
    least = series.scope(policies.minimum, now=now) | series.scope(policies.brand, now=now)
    if tabs := least.tabs - not_for(customer.brand_id, customer.id):
        names["tabs"] = titles_of(tabs)
        text = _(
            "%(brand)s requires two-factor sign-in of everybody here who may use %(tabs)s, whatever you choose."
        )
        return text % names
    return ""


def _grace_end(versions: series.Series, *, now: datetime) -> datetime | None:
    """Return the day on which the last wave of what holds now is over; None: it has no day of its own."""
    holding = series.in_force(versions, now=now)
    if holding is None or holding.values.from_day is None:
        return None
    return midnight(holding.values.from_day)
