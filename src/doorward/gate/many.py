"""Everybody's facts at once: read in a few queries, however many they are, and made once for all who are alike.

Of 50,000 people most differ in nothing but who they are. What the decision reads of somebody, `loading.facts_of`
makes here as it does for a session.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db.models import F, Q

from doorward.accounts.models import Administrator, Standing, Status
from doorward.credentials.models import WORKS, Factor, RecoveryCode
from doorward.credentials.passkeys.possible import browser_makes_them
from doorward.customers.tabs import ADMINISTRATORS
from doorward.gate.loading import (
    CUSTOMER,
    FACTOR,
    NAMES,
    PERSON,
    factor_of,
    facts_of,
    policies_of_row,
)
from doorward.policy.grace import Timing
from doorward.sessions.models import Session

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from django.db.models import QuerySet

    from doorward.customers.models import Customer
    from doorward.policy.effective import Policies
    from doorward.sessions.context import FactorRow
    from doorward.sessions.facts import Facts, SessionFacts

# Who somebody is, which no decision hangs on (nor on what they see of customers), and the version of all sessions.
_WHO: Final = {
    "administrator__email": "",
    "administrator__first_name": "",
    "administrator__last_name": "",
    "administrator__language": "",
    "administrator__time_zone": "",
    "administrator__security_version": 1,
    "administrator__scope": "all",
    "administrator__scope_ids": "",
}
_OWN: Final = tuple(column for column in PERSON[1:] if column not in _WHO)
_FIXED: Final[Mapping[str, Any]] = {
    **{NAMES[column]: value for column, value in _WHO.items()},
    "id": None,
    "administrator_id": UUID(int=0),
    "unsaved__shown_at": None,
    "unsaved__session_id": None,
}
_JOINED, _SHARE, _DUE = (
    _OWN.index(f"administrator__{name}") for name in ("joined_at", "wave_share", "due_since")
)


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """All who are the same for the decision: their row without who they are, and their factors, by kind and state.

    `mail_problem`: why no mail reaches them. `makes_passkeys`: whether the browser that they were seen with last does.
    """

    row: Mapping[str, Any]
    factors: tuple[FactorRow, ...]
    mail_problem: str
    codes_left: bool
    makes_passkeys: bool

    @property
    def customer_id(self) -> UUID:
        """Whose people they are."""
        found: UUID = self.row["person_customer_id"]
        return found

    @property
    def status(self) -> Status:
        """Their status."""
        return Status(self.row["person_status"])

    @property
    def looks_after(self) -> bool:
        """Whether they have the Administrators tab, and are active."""
        tabs = self.row["person_tabs"].split()
        return self.status is Status.ACTIVE and ADMINISTRATORS in tabs

    def policies(self) -> Policies:
        """Return what their customer and its provider ask."""
        return policies_of_row(self.row)

    def changed(self, **columns: object) -> Alike:
        """Return the same with other values in the person's row."""
        values = {f"person_{name}": value for name, value in columns.items()}
        return replace(self, row={**self.row, **values})

    def facts(
        self, policies: Policies, *, now: datetime, session: SessionFacts | None = None
    ) -> Facts:
        """Return the facts of each of them where these policies are asked."""
        made, _person = facts_of(
            self.row, self.factors, now=now, session=session, policies=policies
        )
        return made


def read(
    customers: QuerySet[Customer], *, besides: Iterable[Policies] = (), browsers: bool = False
) -> Iterator[tuple[UUID, Alike]]:
    """Yield everybody at these customers, by id, but for those who were removed.

    `besides`: what else they are going to be asked, so that all that matters to it tells them apart. `browsers`: which
    browser they were seen with last matters, too. The number of queries does not grow with that of people.
    """
    of_customers = _customers(customers, besides)
    people = Administrator.objects.everywhere().filter(customer__in=customers)
    people = people.exclude(status=Status.REMOVED)
    factors = _factors(people)
    codes, without = _with_codes(people), _without_passkeys(people) if browsers else frozenset()
    known: dict[tuple[Any, ...], Alike] = {}
    columns = [column.removeprefix("administrator__") for column in _OWN]
    rows = people.order_by().values_list("id", "customer_id", "mail_problem", *columns)
    for person_id, customer_id, problem, *own in rows.iterator(chunk_size=5000):
        row, timing = of_customers[customer_id]
        own[_JOINED], own[_SHARE] = timing.joined(own[_JOINED]), timing.share(own[_SHARE])
        own[_DUE] = None if own[_DUE] is None else True
        has = factors.get(person_id, ())
        rest = problem, person_id in codes, person_id not in without
        key = (customer_id, has, *rest, *own)
        found = known.get(key)
        if found is None:
            found = known[key] = Alike(row | _named(own), _numbered(has), *rest)
        yield person_id, found


def _named(own: Iterable[Any]) -> dict[str, Any]:
    return dict(zip((NAMES[column] for column in _OWN), own, strict=True))


def _customers(
    customers: QuerySet[Customer], besides: Iterable[Policies]
) -> dict[UUID, tuple[dict[str, Any], Timing]]:
    """Return what the rows of each customer's people have in common, and which of their moments matter."""
    there = {column: column.removeprefix("administrator__customer__") for column in CUSTOMER[1:]}
    others = [series for one in besides for series in (one.customer, one.minimum, one.brand)]
    found = {}
    for customer_id, *values in customers.values_list("id", *there.values()):
        row = dict(zip((NAMES[column] for column in there), values, strict=True))
        row |= {**_FIXED, "person_customer_id": customer_id}
        own = policies_of_row(row)
        found[customer_id] = (row, Timing.of([own.customer, own.minimum, own.brand, *others]))
    return found


def factors_of(people: QuerySet[Any, Any]) -> dict[UUID, tuple[FactorRow, ...]]:
    """Return the factors of these people as they are, by person: a session was verified with one of them."""
    columns = [column.removeprefix("administrator__factors__") for column in FACTOR]
    found: dict[UUID, tuple[FactorRow, ...]] = {}
    rows = Factor.objects.filter(administrator__in=people).order_by("confirmed_at")
    for row in rows.values("administrator_id", *columns):
        named = {NAMES[f"administrator__factors__{column}"]: row[column] for column in columns}
        person_id = row["administrator_id"]
        found[person_id] = (*found.get(person_id, ()), factor_of(named))
    return found


# Of each factor, what `_STATE` names; of a moment alone whether it has one.
_State = tuple[Any, ...]
_STATE: Final = tuple(
    column for column in FACTOR if column.rpartition("__")[2] not in {"id", "name", "sealed"}
)


def _factors(people: QuerySet[Administrator]) -> dict[UUID, tuple[_State, ...]]:
    """Return each one's factors, by what a decision can depend on."""
    columns = [column.removeprefix("administrator__factors__") for column in _STATE]
    rows = Factor.objects.filter(administrator__in=people).order_by()
    gathered: dict[UUID, tuple[_State, ...]] = {}
    for person_id, *values in rows.values_list("administrator_id", *columns):
        one = (tuple(True if isinstance(value, datetime) else value for value in values),)
        there = gathered.get(person_id)
        gathered[person_id] = one if there is None else tuple(sorted(there + one, key=repr))
    return gathered


def _numbered(states: tuple[_State, ...]) -> tuple[FactorRow, ...]:
    """Return factors with ids of their own: which one a session verified, must be told."""
    names = [NAMES[column] for column in _STATE]
    without = {"row_name": "", "row_sealed": b""}
    return tuple(
        factor_of(dict(zip(names, state, strict=True)) | without | {"row_id": UUID(int=number)})
        for number, state in enumerate(states, 1)
    )


def _with_codes(people: QuerySet[Administrator]) -> frozenset[UUID]:
    """Return who has recovery codes left, of those whom no factor lets in: of others nobody asks."""
    without = people.filter(standing__lt=Standing.APP)
    codes = RecoveryCode.objects.filter(WORKS, set__administrator__in=without)
    return frozenset(codes.values_list("set__administrator_id", flat=True).distinct())


def _without_passkeys(people: QuerySet[Administrator]) -> frozenset[UUID]:
    """Return who was seen last with a browser that knows no passkeys."""
    last = Q(signed_in_at=F("administrator__last_signed_in_at"))
    rows = Session.objects.filter(last, administrator__in=people, signed_in_at__isnull=False)
    found = rows.order_by().values_list("administrator_id", "browser").iterator(chunk_size=5000)
    return frozenset(person_id for person_id, agent in found if not browser_makes_them(agent))
