"""What is required of a person who is not signed in."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db.models import Q

from doorward.kernel.crypto.sealing import keyed_hash
from doorward.policy.effective import effective
from doorward.policy.grace import Member
from doorward.policy.loading import policies_of
from doorward.policy.waves import share_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from doorward.accounts.models import Administrator
    from doorward.customers.models import Customer
    from doorward.policy.rules import Policy
    from doorward.policy.series import Scope


def required(person: Administrator, *, now: datetime) -> bool:
    """Return whether two factors are required of somebody; wants `customer.brand` at hand."""
    return policy_of(person, now=now).required


def policy_of(person: Administrator, *, now: datetime) -> Policy:
    """Return the policy that holds for somebody; wants `customer.brand` at hand."""
    return effective(member_of(person), policies_of(person.customer), now=now)


def policy_of_newcomer(customer: Customer, tabs: frozenset[str], *, now: datetime) -> Policy:
    """Return the policy that would hold for somebody added now, with these tabs, no tick and in the last wave."""
    member = Member(tabs=tabs, share=99, joined_at=now)
    return effective(member, policies_of(customer), now=now)


def is_due(person: Administrator, *, now: datetime) -> bool:
    """Return whether policy or minimum ask somebody, their tick and an exception apart, and their day has come."""
    member = replace(member_of(person), ticked=False, excepted_until=None)
    policy = effective(member, policies_of(person.customer), now=now)
    return policy.required and not policy.in_grace(now)


def asked_rows(scope: Scope) -> Q:
    """Return who is ticked or covered by tabs as a condition of rows; `Scope.everyone` asks all the rest as well."""
    by_tab = [Q(tabs__contains=f" {tab} ") for tab in sorted(scope.tabs)]
    return reduce(or_, by_tab, Q(require_2fa=True))


def wave_share(person_id: UUID) -> int:
    """Return 0 to 99 for somebody new: kept with them, since the key that it is made with may change."""
    return share_of(keyed_hash("wave", person_id.bytes))


def member_of(person: Administrator) -> Member:
    """Return what of a person decides whether and from when a policy asks them."""
    return Member(
        ticked=person.require_2fa,
        tabs=person.tab_keys,
        share=person.wave_share,
        joined_at=person.joined_at,
        was_due=person.due_since is not None,
        excepted_until=person.excepted_until,
    )
