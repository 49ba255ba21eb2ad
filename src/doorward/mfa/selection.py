"""Which people a list shows, and in which order: as values, and as one query over people and factors."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, Subquery, Value, When

from doorward.administrators.models import Administrator, Session, Status
from doorward.core import names
from doorward.core.policy import Kinds
from doorward.core.steps import FactorKind
from doorward.core.text import fold_email
from doorward.mfa.models import Factor

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.core.policy import Policy

ANY_STATUS = "all"
LONGEST_SEARCH = 200
_MOST_WORDS = 8
_MOST_PARTS = 16


class FactorFilter(StrEnum):
    """What a list can be narrowed to."""

    ALL = ""
    ON = "on"
    OFF = "off"
    REQUIRED = "required"
    REQUIRED_MISSING = "required-missing"
    LOCKED = "locked"


class Sort(StrEnum):
    """What a list can be sorted by."""

    NAME = "name"
    EMAIL = "email"
    LAST_SIGN_IN = "last_sign_in"
    TWO_FACTORS = "2fa"


@dataclass(frozen=True, slots=True)
class Rule:
    """What the customer asks of all its people alike: whether it is held for them, and which kinds."""

    held: bool
    kinds: Kinds

    @classmethod
    def of(cls, policy: Policy) -> Rule:
        """Take from anybody's policy what holds for all at their customer."""
        return cls(held=policy.held, kinds=policy.kinds)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which people a list shows, and in which order. `status` empty: all but the removed."""

    q: str = ""
    status: str = ""
    factor: FactorFilter = FactorFilter.ALL
    sort: Sort = Sort.NAME
    descending: bool = False
    page: int = 1

    @property
    def narrowed(self) -> bool:
        """Whether anything but the order was asked for."""
        return bool(self.q or self.status or self.factor)


def present(customer_id: UUID) -> QuerySet[Administrator]:
    """Give a customer's people but the removed ones."""
    return Administrator.objects.of(customer_id).exclude(status=Status.REMOVED)


def factors_of_row(*, usable: bool, kinds: Kinds = Kinds.ANY) -> QuerySet[Factor]:
    """Give the factors of the person of an outer query; `usable`: not those that wrong codes disabled."""
    rows = Factor.objects.filter(administrator=OuterRef("pk"))
    if usable:
        rows = rows.filter(locked_at__isnull=True)
    return rows.filter(kind=FactorKind.PASSKEY) if kinds is not Kinds.ANY else rows


def matching(customer_id: UUID, wanted: Wanted, rule: Rule) -> QuerySet[Administrator]:
    """Give the people that a list shows, in no order."""
    if wanted.status == ANY_STATUS:
        rows = Administrator.objects.of(customer_id)
    elif wanted.status:
        rows = Administrator.objects.of(customer_id).filter(status=wanted.status)
    else:
        rows = present(customer_id)
    return _search(rows.filter(_factor_condition(wanted.factor, rule)), wanted.q)


def _search(rows: QuerySet[Administrator], text: str) -> QuerySet[Administrator]:
    """Find every word in the name or the e-mail, in any order, letter case and spelling (`core/names.py`)."""
    for word in _words(text):
        rows = rows.filter(_has(word) | Q(email_folded__contains=fold_email(word)))
    return rows


def named(text: str) -> Q:
    """Find who or what has every typed word in its name, in any order, letter case and spelling."""
    return Q(*map(_has, _words(text)))


def _words(text: str) -> list[str]:
    return text.replace("\0", "")[:LONGEST_SEARCH].split()[:_MOST_WORDS]


def _has(word: str) -> Q:
    """Find a word in the column of search keys: all its parts (Anna-Lena); punctuation alone is in no name."""
    # A single letter may be written out as several words, and a database takes so many conditions alone.
    parts = list(dict.fromkeys(names.fold(word).split()))[:_MOST_PARTS]
    return Q(*(Q(name_search__contains=part) for part in parts)) if parts else Q(pk__in=[])


def _factor_condition(wanted: FactorFilter, rule: Rule) -> Q:
    some, usable = Exists(factors_of_row(usable=False)), Exists(factors_of_row(usable=True))
    match wanted:
        case FactorFilter.ON:
            return Q(usable)
        case FactorFilter.OFF:
            return Q(~some)
        case FactorFilter.LOCKED:
            return Q(some) & Q(~usable)
        case FactorFilter.REQUIRED:
            return _required(rule)
        case FactorFilter.REQUIRED_MISSING:
            return _missing(rule)
        case _:
            return Q()


def _required(rule: Rule) -> Q:
    return Q() if rule.held else Q(require_2fa=True)


def _missing(rule: Rule) -> Q:
    return _required(rule) & Q(~Exists(factors_of_row(usable=True, kinds=rule.kinds)))


def ordered(rows: QuerySet[Administrator], wanted: Wanted, rule: Rule) -> QuerySet[Administrator]:
    """Put people into the order asked for; every order is a whole one, so that pages do not overlap."""
    by_name = ("name_sort", "id")
    match wanted.sort:
        case Sort.NAME:
            return rows.order_by(*(f"-{key}" if wanted.descending else key for key in by_name))
        case Sort.EMAIL:
            return rows.order_by("-email_folded" if wanted.descending else "email_folded")
        case Sort.LAST_SIGN_IN:
            rows = rows.annotate(key=Subquery(newest_sign_in()))
        case Sort.TWO_FACTORS:
            rows = rows.annotate(key=_protection(rule))
    key = F("key")
    # Who never signed in stands at the end, whichever way round.
    order = key.desc(nulls_last=True) if wanted.descending else key.asc(nulls_last=True)
    return rows.order_by(order, *by_name)


def newest_sign_in() -> QuerySet[Session, Any]:
    """Give the last sign-in of the person of an outer query."""
    rows = Session.objects.filter(administrator=OuterRef("pk"), signed_in_at__isnull=False)
    return rows.order_by("-signed_in_at").values("signed_in_at")[:1]


def _protection(rule: Rule) -> Case:
    """Rank people: who must and has not, who has none, whose factor is disabled, who is protected."""
    return Case(
        When(_missing(rule), then=Value(0)),
        When(_factor_condition(FactorFilter.OFF, rule), then=Value(1)),
        When(_factor_condition(FactorFilter.LOCKED, rule), then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
