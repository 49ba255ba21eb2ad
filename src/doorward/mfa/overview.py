"""People with their second factor, for lists and for one person's page.

Made for 100,000 rows: the number of queries does not grow, each sort and the default filter go by
an index where there is one, and details are read only for the rows of one page.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, Subquery

from doorward.administrators.models import Administrator, Status, full_name
from doorward.core.policy import Kinds
from doorward.core.steps import FactorKind
from doorward.customers.models import Customer
from doorward.mfa import selection
from doorward.mfa.models import Factor
from doorward.safe.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.mfa.selection import Rule, Wanted

PAGE_SIZE = 25


class State(StrEnum):
    """How a person stands with the second factor."""

    ON = "on"
    OFF = "off"
    MISSING = "missing"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Factors:
    """A person's factors: the kinds that can be used, and whether wrong codes disabled one."""

    usable: tuple[FactorKind, ...] = ()
    locked: bool = False

    def state(self, *, required: bool, kinds: Kinds) -> State:
        """Say how the person stands, given whether two factors are required and of which kinds."""
        if not self.usable:
            return State.LOCKED if self.locked else State.MISSING if required else State.OFF
        allowed = kinds is Kinds.ANY or FactorKind.PASSKEY in self.usable
        return State.MISSING if required and not allowed else State.ON


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the list."""

    id: UUID
    name: str
    email: str
    status: Status
    tabs: frozenset[str]
    required: bool
    factors: Factors
    state: State
    last_signed_in: datetime | None
    # Why no mail reaches them; empty: it does, as far as we know.
    mail_problem: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people a customer has, and how many of them have a second factor that works."""

    people: int
    with_two_factors: int


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list: its lines, how many were found, which page it is (from 1), and all there are."""

    rows: tuple[Listed, ...]
    found: int
    page: int
    counts: Counts

    @property
    def pages(self) -> int:
        """The number of pages, at least one."""
        return max(1, -(-self.found // PAGE_SIZE))

    @property
    def first(self) -> int:
        """The number of the first line shown, from 1; 0 where there is none."""
        return (self.page - 1) * PAGE_SIZE + 1 if self.rows else 0


def count(customer_id: UUID) -> Counts:
    """Count a customer's people (one query)."""
    return _count(customer_id, [])[0]


def list_people(customer_id: UUID, wanted: Wanted, *, rule: Rule) -> Listing:
    """Give one page of a customer's people, in four queries; beyond the last page, the last one."""
    rows = selection.matching(customer_id, wanted, rule)
    counts, found = _count(customer_id, [rows] if wanted.narrowed else [])
    last_page = max(1, -(-found // PAGE_SIZE))
    page = max(1, min(wanted.page, last_page))
    start = (page - 1) * PAGE_SIZE
    ordered = selection.ordered(rows, wanted, rule).values_list("id", flat=True)
    ids = list(ordered[start : start + PAGE_SIZE]) if found else []
    return Listing(rows=_details(customer_id, ids, rule), found=found, page=page, counts=counts)


def factors_of(person_ids: Iterable[UUID]) -> dict[UUID, Factors]:
    """Give the factors of these people (one query); who has none is not in it."""
    gathered: dict[UUID, list[tuple[FactorKind, bool]]] = {}
    rows = Factor.objects.filter(administrator_id__in=list(person_ids)).order_by("confirmed_at")
    for person_id, kind, locked_at in rows.values_list("administrator_id", "kind", "locked_at"):
        gathered.setdefault(person_id, []).append((FactorKind(kind), locked_at is not None))
    return {person_id: _summed(factors) for person_id, factors in gathered.items()}


def _count(customer_id: UUID, more: list[QuerySet[Administrator]]) -> tuple[Counts, int]:
    """Count people, the protected ones, and what was found (without a filter: all), in one query."""
    (row,) = _numbers(customer_id, more) if more else _ALL.rows(customer_id)
    found = [int(number or 0) for number in row]
    return Counts(people=found[0], with_two_factors=found[1]), found[2] if more else found[0]


def _numbers(
    customer_id: UUID, more: Sequence[QuerySet[Administrator]] = ()
) -> QuerySet[Customer, tuple[int | None, ...]]:
    people = selection.present(customer_id)
    protected = people.filter(Exists(selection.factors_of_row(usable=True)))
    numbers = [Subquery(_number(rows)) for rows in (people, protected, *more)]
    return Customer.objects.filter(id=customer_id).values_list(*numbers)


_ALL = Prepared(_numbers)


def _number(rows: QuerySet[Administrator]) -> QuerySet[Administrator, Any]:
    return rows.order_by().values("customer").annotate(number=Count("id")).values("number")


def _summed(factors: Sequence[tuple[FactorKind, bool]]) -> Factors:
    usable = dict.fromkeys(kind for kind, locked in factors if not locked)
    return Factors(usable=tuple(usable), locked=any(locked for _, locked in factors))


def _details(customer_id: UUID, ids: Sequence[UUID], rule: Rule) -> tuple[Listed, ...]:
    if not ids:
        return ()
    rows = Administrator.objects.of(customer_id).filter(id__in=ids)
    columns = (
        *("id", "email", "first_name", "last_name", "status", "tabs", "require_2fa"),
        "mail_problem",
    )
    found = {
        row["id"]: row for row in rows.values(*columns, newest=Subquery(selection.newest_sign_in()))
    }
    factors = factors_of(ids)
    return tuple(_listed(found[id], factors.get(id, Factors()), rule) for id in ids if id in found)


def _listed(row: Mapping[str, Any], factors: Factors, rule: Rule) -> Listed:
    required = rule.held or row["require_2fa"]
    return Listed(
        id=row["id"],
        name=full_name(row["first_name"], row["last_name"], row["email"]),
        email=row["email"],
        status=Status(row["status"]),
        tabs=frozenset(row["tabs"].split()),
        required=required,
        factors=factors,
        state=factors.state(required=required, kinds=rule.kinds),
        last_signed_in=row["newest"],
        mail_problem=row["mail_problem"],
    )
