"""Whether somebody has a second factor; and what they have: sessions, factors, recovery codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from doorward.accounts.required_of import required
from doorward.credentials.models import WORKS, Factor, RecoveryCode
from doorward.kernel.db.hot_queries import HotQuery
from doorward.policy.rules import FactorKind
from doorward.sessions import queries, rules

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.accounts.models import Administrator
    from doorward.policy.rules import Policy
    from doorward.sessions.models import Session


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser that a person is signed in with."""

    id: UUID
    browser: str
    address: str
    signed_in_at: datetime
    seen_at: datetime
    # None: its cookie alone is enough.
    bound_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnFactor:
    """A factor as its owner sees it; the last three are a passkey's, and None for an app."""

    id: UUID
    name: str
    kind: FactorKind
    confirmed_at: datetime
    last_used_at: datetime | None
    locked_at: datetime | None
    suspended_at: datetime | None
    taken_over: bool
    backup_eligible: bool | None
    user_verified: bool | None
    discoverable: bool | None


@dataclass(frozen=True, slots=True)
class Own:
    """What somebody has open, the browser seen last first; their factors, the oldest first; how many codes work."""

    sessions: tuple[OpenSession, ...]
    factors: tuple[OwnFactor, ...]
    codes_left: int


def two_factors(person: Administrator, *, now: datetime, factors_go: bool = False) -> bool:
    """Return whether two factors are on or required for somebody; wants `customer.brand` at hand.

    `factors_go`: what they have is removed together with what is decided from this.
    """
    if required(person, now=now):
        return True
    return not factors_go and Factor.objects.filter(administrator_id=person.id).exists()


def own(administrator_id: UUID, *, policy: Policy, now: datetime) -> Own:
    """Return what a person who is signed in has, in one query: the session that asks is one of those."""
    rows = _HOT.rows(administrator_id=administrator_id, **rules.open_rows(policy, now=now))
    sessions, factors = {}, {}
    for row in rows:
        sessions[row["id"]] = OpenSession(*(row[name] for name in _SESSION))
        if row[_FACTOR[0]] is not None:
            factors[row[_FACTOR[0]]] = _factor(*(row[name] for name in _FACTOR))
    left = rows[0]["codes_left"] if rows else 0
    return Own(tuple(sessions.values()), tuple(factors.values()), left)


def _factor(id: UUID, name: str, kind: str, *more: Any) -> OwnFactor:  # noqa: ANN401 - columns
    return OwnFactor(id, name, FactorKind(kind), *more)


_SESSION: Final = ("id", "browser", "address", "signed_in_at", "seen_at", "bound_at")
_FACTOR: Final = tuple(
    f"administrator__factors__{column}"
    for column in (
        *("id", "name", "kind", "confirmed_at", "last_used_at", "locked_at", "suspended_at"),
        "taken_over",
        *("passkey__backup_eligible", "passkey__user_verified", "passkey__discoverable"),
    )
)


def _query(administrator_id: UUID, **moments: datetime) -> QuerySet[Session, Any]:
    codes = RecoveryCode.objects.filter(WORKS)
    mine = codes.filter(set__administrator_id=OuterRef("administrator_id")).order_by()
    left = mine.values("set__administrator_id").annotate(number=Count("id")).values("number")
    rows = queries.open_by(administrator_id, **moments)
    named: QuerySet[Session, Any] = rows.values(
        *_SESSION, *_FACTOR, codes_left=Coalesce(Subquery(left), 0)
    )
    return named.order_by("-seen_at", "administrator__factors__confirmed_at")


_HOT = HotQuery(_query)
