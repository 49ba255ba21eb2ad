"""People with their second factor, for lists and for one person's page.

Made for 100,000 rows: numbers are sums over groups of people, each order is walked in its index, and details are read
only for the rows of one page.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from doorward.accounts.models import Administrator, Standing, Status
from doorward.audit.naming import full_name
from doorward.credentials.models import Factor
from doorward.credentials.standing import standing_of
from doorward.directory import counts, first_days, search_and_sort
from doorward.directory.state import State, state_of
from doorward.policy.rules import FactorKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.directory.counts import Group
    from doorward.directory.search_and_sort import Wanted
    from doorward.directory.state import Rule
    from doorward.policy.fields import Kinds

PAGE_SIZE = 25
# So many that were searched for are put in order by their ids; of more, the first ones are found soon.
FEW = 500
_ROWS_AT_ONCE = 500


_COLUMNS = (
    *("id", "email", "first_name", "last_name", "status", "tabs", "require_2fa"),
    *("mail_problem", "last_signed_in_at"),
    *(one for one in first_days.COLUMNS if one not in {"tabs", "require_2fa"}),
)


@dataclass(frozen=True, slots=True)
class Factors:
    """A person's factors: the kinds that can be used, and whether one is disabled or suspended.

    `taken_over`: one came from another system, and no right code of it was given here yet.
    """

    usable: tuple[FactorKind, ...] = ()
    locked: bool = False
    taken_over: bool = False

    def state(self, *, required: bool, kinds: Kinds) -> State:
        """Say how the person stands, given whether two factors are required and of which kinds."""
        return state_of(
            standing_of(self.usable, locked=self.locked), required=required, kinds=kinds
        )


_NONE = Factors()


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
    # When the exception that was made for them ends, or ended just now.
    excepted_until: datetime | None = None
    # From when two factors are required of who has none yet, where that is still to come.
    required_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people a customer has, how many of them have a second factor that works, or accepted nothing yet."""

    people: int
    with_two_factors: int
    invited: int = 0
    # Of those with two factors: who has a passkey. The others have an app.
    with_passkey: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list: its lines, how many were found, which page it is (from 1), and all there are.

    `runs`: whether two factors were required of many at this customer.
    """

    rows: tuple[Listed, ...]
    found: int
    page: int
    counts: Counts
    runs: bool

    @property
    def pages(self) -> int:
        """The number of pages, at least one."""
        return max(1, -(-self.found // PAGE_SIZE))

    @property
    def start(self) -> int:
        """How many lines come before this page."""
        return (self.page - 1) * PAGE_SIZE


def count(customer_id: UUID) -> Counts:
    """Count a customer's people (one query)."""
    return _counts(counts.groups(customer_id))


def list_people(customer_id: UUID, wanted: Wanted, *, rule: Rule) -> Listing:
    """Return one page of a customer's people; beyond the last page, the last one."""
    groups, runs = counts.groups_and_runs(customer_id, rule.scope)
    rows = search_and_sort.matching(customer_id, wanted, rule)
    if wanted.is_counted:
        number = search_and_sort.found(groups, wanted, rule)
    else:
        number, rows = _searched(rows)
    page = max(1, min(wanted.page, -(-number // PAGE_SIZE)))
    lines = _slice(rows, wanted, rule, start=(page - 1) * PAGE_SIZE) if number else []
    found = _dated(_details(lines, rule), lines, customer_id, now=wanted.now)
    return Listing(rows=found, found=number, page=page, counts=_counts(groups), runs=runs)


def everybody(customer_id: UUID, wanted: Wanted, *, rule: Rule) -> Iterator[Listed]:
    """Return all that a list shows, by name, page by page: no query is open between two of them."""
    rows = search_and_sort.matching(customer_id, wanted, rule).order_by("name_sort", "id")
    columns, rest = ("name_sort", *_COLUMNS), rows
    while page := list(rest.values(*columns)[:_ROWS_AT_ONCE]):
        yield from _details(page, rule)
        name, last = page[-1]["name_sort"], page[-1]["id"]
        rest = rows.filter(Q(name_sort__gt=name) | Q(name_sort=name, id__gt=last))


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody by name."""

    id: UUID
    name: str
    email: str


def first_named(customer_id: UUID, text: str, *, most: int) -> list[Named]:
    """Return the first so many of a customer's people, by name, who have every typed word in name or e-mail."""
    rows = Administrator.objects.of(customer_id).exclude(status=Status.REMOVED)
    rows = rows.filter(search_and_sort.with_words(text)).order_by("name_sort", "id")
    return [
        Named(id, full_name(first, last, email), email)
        for id, first, last, email in rows.values_list("id", "first_name", "last_name", "email")[
            :most
        ]
    ]


def _counts(groups: Iterable[Group]) -> Counts:
    there = counts.active_or_invited(groups)
    return Counts(
        people=sum(group.people for group in there),
        with_two_factors=sum(group.people for group in there if group.standing >= Standing.APP),
        invited=sum(group.people for group in there if group.status is Status.INVITED),
        with_passkey=sum(group.people for group in there if group.standing >= Standing.PASSKEY),
    )


def _searched(rows: QuerySet[Administrator]) -> tuple[int, QuerySet[Administrator]]:
    """Count who was found by name. Few are looked for once, and then put in order by themselves."""
    ids = list(rows.order_by().values_list("id", flat=True)[: FEW + 1])
    if len(ids) > FEW:
        return rows.order_by().count(), rows
    return len(ids), Administrator.objects.everywhere().filter(id__in=ids)


def _slice(
    rows: QuerySet[Administrator], wanted: Wanted, rule: Rule, *, start: int
) -> list[Mapping[str, Any]]:
    """Return the rows of one page, part by part: how long a part is, is asked where a page begins after it."""
    found: list[Mapping[str, Any]] = []
    for part in search_and_sort.parts(rows, wanted, rule):
        end = start + PAGE_SIZE - len(found)
        found += part.values(*_COLUMNS)[start:end]
        if len(found) == PAGE_SIZE:
            break
        if found:
            start = 0
        elif start:
            start -= part.order_by().count()
    return found


def factors_of(person_ids: Iterable[UUID]) -> dict[UUID, Factors]:
    """Return the factors of these people (one query); who has none is not in it."""
    gathered: dict[UUID, list[tuple[FactorKind, bool, bool]]] = {}
    rows = Factor.objects.filter(administrator_id__in=list(person_ids)).values_list(
        "confirmed_at", "administrator_id", "kind", "taken_over", "locked_at", "suspended_at"
    )
    # In order here: of a page's people there are few, and saying it in the statement costs more.
    for _at, person_id, kind, taken_over, *disabled in sorted(rows, key=itemgetter(0)):
        one = (FactorKind(kind), any(disabled), taken_over)
        gathered.setdefault(person_id, []).append(one)
    return {person_id: _summed(factors) for person_id, factors in gathered.items()}


def _summed(factors: Sequence[tuple[FactorKind, bool, bool]]) -> Factors:
    usable = dict.fromkeys(kind for kind, locked, _ in factors if not locked)
    return Factors(
        usable=tuple(usable),
        locked=any(locked for _, locked, _ in factors),
        taken_over=any(taken_over for *_, taken_over in factors),
    )


def _details(rows: Sequence[Mapping[str, Any]], rule: Rule) -> tuple[Listed, ...]:
    factors = factors_of([row["id"] for row in rows]) if rows else {}
    return tuple(_listed(row, factors.get(row["id"], _NONE), rule) for row in rows)


def _dated(
    listed: tuple[Listed, ...],
    rows: Sequence[Mapping[str, Any]],
    customer_id: UUID,
    *,
    now: datetime,
) -> tuple[Listed, ...]:
    """Return the lines with the days that are still to come; the policy is read where somebody may have one."""
    may = [
        one.state is State.MISSING and not row["require_2fa"]
        for one, row in zip(listed, rows, strict=True)
    ]
    if not any(may):
        return listed
    policies = first_days.policies_at(customer_id)
    return tuple(
        replace(one, required_from=first_days.day_of(row, policies, now=now)) if this else one
        for one, row, this in zip(listed, rows, may, strict=True)
    )


def _listed(row: Mapping[str, Any], factors: Factors, rule: Rule) -> Listed:
    tabs = frozenset(row["tabs"].split())
    required = row["require_2fa"] or rule.scope.covers(tabs)
    return Listed(
        id=row["id"],
        name=full_name(row["first_name"], row["last_name"], row["email"]),
        email=row["email"],
        status=Status(row["status"]),
        tabs=tabs,
        required=required,
        factors=factors,
        state=factors.state(required=required, kinds=rule.kinds),
        last_signed_in=row["last_signed_in_at"],
        mail_problem=row["mail_problem"],
        excepted_until=row["excepted_until"],
    )
