"""Somebody must be able to help: who looks after a customer's people, and that no change leaves it without any.

Whoever is active and has the Administrators tab looks after the people of their customer. They can help as long as they
get through with what is asked of them. Every service that could take the last one away does so within `keeps_help`.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db.models import Q

from doorward.accounts.errors import (
    HelperNeedsApp,
    HelperNeedsFactor,
    HelperNeedsPasskey,
    LastAdministrator,
)
from doorward.accounts.models import Administrator, Standing, Status
from doorward.audit.naming import full_name
from doorward.customers.models import Customer, CustomerKind
from doorward.permissions.staff_scope import Reach
from doorward.policy.effective import effective
from doorward.policy.fields import Kinds
from doorward.policy.grace import Member
from doorward.policy.loading import policies_from
from doorward.policy.rules import FactorKind, gets_through
from doorward.policy.series import planned

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.policy.effective import Policies

_ASKED: Final = 3


def who_look_after(rows: QuerySet[Administrator]) -> QuerySet[Administrator]:
    """Return those of these people who look after the others."""
    return rows.filter(status=Status.ACTIVE, looks_after=True)


def whom_to_ask(customer_id: UUID, *, besides: UUID) -> list[str]:
    """Return the names of some who look after a customer's people, the primary one first; `besides`: of who asks."""
    rows = who_look_after(Administrator.objects.of(customer_id)).exclude(id=besides)
    names = rows.order_by("-is_primary", "name_sort").values_list(
        "first_name", "last_name", "email"
    )
    return [full_name(*each) for each in names[:_ASKED]]


def who_get_through(customer_id: UUID, *, now: datetime) -> frozenset[UUID]:
    """Return who looks after a customer's people and gets through with what is asked of them now.

    Or would, once they have set up the kind of device that is asked for: they sign in with the one they have, and are
    led there. Whoever asks for another kind takes nobody away.
    """
    found = _read(Customer.objects.filter(id=customer_id)).get(customer_id, [])
    return frozenset(one.id for one in found if one.gets_through(at=now) or _usable(one.standing))


@contextmanager
def keeps_help(customers: QuerySet[Customer], *, now: datetime) -> Iterator[set[UUID]]:
    """Refuse what is done within, in the caller's transaction, where it leaves a customer with nobody who can help.

    Takes the rows of the customers as locks: of two changes at once the second one sees what the first one did. A
    customer that had nobody before is not kept from any change. Into the set that it gives comes whom the change shuts
    out whatever they have. Raises `LastAdministrator`, `HelperNeedsFactor`, `HelperNeedsPasskey`.
    """
    # In one order, so that no two of these wait for each other.
    list(customers.order_by("id").select_for_update(of=("self",), no_key=True).values_list("id"))
    shut_out: set[UUID] = set()
    before = _read(customers)
    yield shut_out
    after = _read(customers)
    for customer_id, were in before.items():
        are = after.get(customer_id, [])
        if are != were or shut_out:
            _check(were, are, shut_out=shut_out, now=now)


@dataclass(frozen=True, slots=True)
class _Keeper:
    """Somebody who looks after the people of their customer, as far as it decides whether they get through."""

    id: UUID
    customer: str
    policies: Policies
    member: Member
    standing: Standing
    reachable: bool

    def gets_through(self, *, at: datetime) -> bool:
        """Return whether they do at that moment, without the grace and the exceptions that end."""
        policy = effective(self.member, self.policies, now=at)
        return gets_through(
            policy,
            _usable(self.standing),
            has_any=self.standing is not Standing.NONE,
            reachable=self.reachable,
        )


def _usable(standing: Standing) -> frozenset[FactorKind]:
    """Return the better kind of what somebody can use; that they may have the other one too makes no difference."""
    if standing < Standing.APP:
        return frozenset()
    return frozenset({FactorKind.PASSKEY if standing >= Standing.PASSKEY else FactorKind.APP})


def _check(
    before: Collection[_Keeper],
    after: Collection[_Keeper],
    *,
    shut_out: set[UUID],
    now: datetime,
) -> None:
    """Refuse what leaves nobody, or nobody who gets through: now, or at the start of a version that is planned."""
    if not after:
        raise LastAdministrator
    left = [one for one in after if one.id not in shut_out]
    for at in _moments(after, now=now):
        could = any(one.gets_through(at=at) for one in before)
        if could and not any(one.gets_through(at=at) for one in left):
            raise _refusal(after, at=at, shut_out=shut_out)


def _refusal(after: Iterable[_Keeper], *, at: datetime, shut_out: set[UUID]) -> LastAdministrator:
    """Return what says what to do first."""
    policies, customer = next((one.policies, one.customer) for one in after)
    if shut_out:
        return HelperNeedsApp(customer=customer)
    if policies.values(now=at).kinds is Kinds.PHISHING_RESISTANT:
        return HelperNeedsPasskey(customer=customer)
    return HelperNeedsFactor(customer=customer)


def _moments(keepers: Iterable[_Keeper], *, now: datetime) -> list[datetime]:
    policies = next(one.policies for one in keepers)
    series = (policies.customer, policies.minimum, policies.brand)
    return [now, *sorted({one.starts_at for each in series for one in planned(each, now=now)})]


_COLUMNS: Final = (
    *("customer_id", "id", "require_2fa", "tabs", "wave_share", "joined_at", "due_since"),
    *("standing", "mail_problem", "customer__name"),
    *("customer__policy", "customer__minimum", "customer__brand__minimum"),
)


def _read(customers: QuerySet[Customer]) -> Mapping[UUID, list[_Keeper]]:
    """Return who looks after the people of each of these customers, in one query; of one without anybody, nothing.

    At the provider it takes who sees all customers: nobody else looks after those who do.
    """
    rows = who_look_after(Administrator.objects.everywhere().filter(customer__in=customers))
    rows = rows.exclude(~Q(scope=Reach.ALL), customer__kind=CustomerKind.PROVIDER)
    found: dict[UUID, list[_Keeper]] = {}
    for row in rows.values(*_COLUMNS):
        found.setdefault(row["customer_id"], []).append(_keeper(row))
    return found


def _keeper(row: Mapping[str, Any]) -> _Keeper:
    series = ("customer__policy", "customer__minimum", "customer__brand__minimum")
    return _Keeper(
        id=row["id"],
        customer=row["customer__name"],
        policies=policies_from(*(row[name] for name in series)),
        member=Member(
            ticked=row["require_2fa"],
            tabs=frozenset(row["tabs"].split()),
            share=row["wave_share"],
            joined_at=row["joined_at"],
            was_due=row["due_since"] is not None,
        ),
        standing=Standing(row["standing"]),
        # Who has nothing set up proves the mailbox first, where that is asked for.
        reachable=not (settings.DOORWARD.mailbox_proof and row["mail_problem"]),
    )
