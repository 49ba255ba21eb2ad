"""Who looks after a customer's people: those of them who have the Administrators tab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from doorward.accounts import undelivered
from doorward.accounts.locking import find
from doorward.accounts.models import Administrator, Standing, Status
from doorward.accounts.required_of import member_of
from doorward.credentials.models import USABLE, Factor
from doorward.directory.people import Factors
from doorward.directory.state import state_of
from doorward.kernel.errors import NotFound
from doorward.policy.effective import effective
from doorward.policy.rules import FactorKind
from doorward.web.kit.tags import factor_tags

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.customers.models import Customer
    from doorward.policy.effective import Policies
    from doorward.web.kit.tags import Tag

SHOWN = 6


@dataclass(frozen=True, slots=True)
class Keeper:
    """Somebody whom the provider can turn to."""

    id: UUID
    name: str
    email: str
    status: Status
    is_primary: bool
    # How they stand with the second factor, as their colleagues see it.
    factors: tuple[Tag, ...]
    # Which mailbox does not take mail, and why; empty: it does, as far as we know.
    mail_refused: str


def keepers(customer: Customer, policies: Policies, *, now: datetime) -> tuple[Keeper, ...]:
    """Return the first few of them, the primary one first, and one more than are shown where there are more."""
    mine = Factor.objects.filter(USABLE, administrator=OuterRef("pk"))
    kinds = {kind.value: Exists(mine.filter(kind=kind)) for kind in FactorKind}
    ordered = _rows(customer).order_by("-is_primary", "name_sort", "id").annotate(**kinds)
    return tuple(
        Keeper(
            id=person.id,
            name=person.full_name,
            email=person.email,
            status=Status(person.status),
            is_primary=person.is_primary,
            factors=_factors(person, policies, now=now),
            mail_refused=undelivered.in_words(person.email, person.mail_problem),
        )
        for person in ordered.filter(looks_after=True)[: SHOWN + 1]
    )


def _factors(person: Administrator, policies: Policies, *, now: datetime) -> tuple[Tag, ...]:
    """Say how somebody stands whose kinds of factors were asked for with their row."""
    policy = effective(member_of(person), policies, now=now)
    state = state_of(Standing(person.standing), required=policy.required, kinds=policy.kinds)
    usable = tuple(kind for kind in FactorKind if getattr(person, kind.value))
    return factor_tags(
        state,
        Factors(usable),
        required=policy.required,
        status=Status(person.status),
        until=policy.grace_until if policy.in_grace(now) else None,
    )


def keeper(customer: Customer, person_id: UUID) -> Administrator:
    """Return one of those who look after a customer. Raises `NotFound`, and `AlreadyRemoved` as `find` does."""
    person = find(person_id, customer_id=customer.id)
    if not person.looks_after:
        raise NotFound
    return person


def has_primary(customer: Customer) -> bool:
    """Return whether the customer has its primary administrator."""
    return _rows(customer).filter(is_primary=True).exists()


def _rows(customer: Customer) -> QuerySet[Administrator]:
    return Administrator.objects.of(customer.id).exclude(status=Status.REMOVED)
