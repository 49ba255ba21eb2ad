"""Which people a list shows, and in which order: as values, and as queries that indexes answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Final

from django.db.models import Q

from doorward.accounts.models import Administrator, Standing, Status
from doorward.directory.standing import enough
from doorward.kernel.text import names
from doorward.kernel.text.cleaning import fold_email
from doorward.policy.rules import is_required

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.directory.standing import Group
    from doorward.policy.rules import Kinds, Policy

# The tick *Required 2FA*, and how somebody stands.
Cells = frozenset[tuple[bool, Standing]]
_ANY_STANDING: Final = frozenset(Standing)
EVERYBODY: Final[Cells] = frozenset((tick, one) for tick in (False, True) for one in Standing)

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


def matching(customer_id: UUID, wanted: Wanted, rule: Rule) -> QuerySet[Administrator]:
    """Return the people that a list shows, in no order."""
    rows = _of_status(Administrator.objects.of(customer_id), wanted.status)
    return _search(rows.filter(_in(narrowed_to(wanted.factor, rule))), wanted.q)


def found(groups: Iterable[Group], wanted: Wanted, rule: Rule) -> int:
    """Count the people that a list shows, as far as that does not hang on what was searched for."""
    cells = narrowed_to(wanted.factor, rule)
    return sum(
        group.people
        for group in groups
        if _has_status(group, wanted.status) and (group.ticked, group.standing) in cells
    )


def _of_status(rows: QuerySet[Administrator], status: str) -> QuerySet[Administrator]:
    if status == ANY_STATUS:
        return rows
    return rows.filter(status=status) if status else rows.exclude(status=Status.REMOVED)


def _has_status(group: Group, status: str) -> bool:
    if status == ANY_STATUS:
        return True
    return group.status == status if status else group.status is not Status.REMOVED


def _search(rows: QuerySet[Administrator], text: str) -> QuerySet[Administrator]:
    """Find every word in the name or the e-mail, in any order, letter case and spelling (`kernel/text/names.py`)."""
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


def narrowed_to(wanted: FactorFilter, rule: Rule) -> Cells:
    """Return whom a filter shows: by the tick *Required 2FA*, and by how they stand."""
    return frozenset(cell for cell in EVERYBODY if _shows(wanted, *cell, rule))


def _shows(wanted: FactorFilter, ticked: bool, standing: Standing, rule: Rule) -> bool:  # noqa: FBT001 - a cell
    match wanted:
        case FactorFilter.ON:
            return standing >= Standing.APP
        case FactorFilter.OFF:
            return standing is Standing.NONE
        case FactorFilter.LOCKED:
            return standing is Standing.LOCKED
        case FactorFilter.REQUIRED:
            return is_required(ticked=ticked, held=rule.held)
        case FactorFilter.REQUIRED_MISSING:
            required = is_required(ticked=ticked, held=rule.held)
            return required and standing < enough(rule.kinds)
        case _:
            return True


def ranks(rule: Rule) -> tuple[Cells, ...]:
    """Rank people: who must and has not, who has none, whose factor is disabled, who is protected."""
    missing = narrowed_to(FactorFilter.REQUIRED_MISSING, rule)
    off = narrowed_to(FactorFilter.OFF, rule) - missing
    disabled = narrowed_to(FactorFilter.LOCKED, rule) - missing
    return missing, off, disabled, EVERYBODY - missing - off - disabled


def _in(cells: Cells) -> Q:
    """Find people by their tick and how they stand."""
    if cells == EVERYBODY:
        return Q()
    by_tick = [frozenset(one for tick, one in cells if tick is ticked) for ticked in (False, True)]
    if by_tick[0] == by_tick[1]:
        return _standing(by_tick[0])
    with_tick = [
        Q(require_2fa=bool(tick)) & _standing(which) for tick, which in enumerate(by_tick) if which
    ]
    return reduce(or_, with_tick, Q(pk__in=[]) if not with_tick else Q())


def _standing(which: frozenset[Standing]) -> Q:
    return Q() if which == _ANY_STANDING else Q(standing__in=sorted(which))


def parts(
    rows: QuerySet[Administrator], wanted: Wanted, rule: Rule
) -> list[QuerySet[Administrator]]:
    """Return a list as one part after the other, each in an order that an index has.

    Every order is a whole one, so that pages do not overlap.
    """
    by_name, last = ("name_sort", "id"), ("last_signed_in_at", "id")
    match wanted.sort:
        case Sort.NAME:
            return [rows.order_by(*_turned(by_name, wanted))]
        case Sort.EMAIL:
            return [rows.order_by(*_turned(("email_folded", "id"), wanted))]
        case Sort.LAST_SIGN_IN:
            # Who never signed in stands at the end, whichever way round.
            some = rows.filter(last_signed_in_at__isnull=False).order_by(*_turned(last, wanted))
            never = rows.filter(last_signed_in_at__isnull=True).order_by(*by_name)
            return [some, never]
        case Sort.TWO_FACTORS:
            turned = ranks(rule)[::-1] if wanted.descending else ranks(rule)
            asked = narrowed_to(wanted.factor, rule)
            shown = [cells & asked for cells in turned if cells & asked]
            return [rows.filter(_in(cells)).order_by(*by_name) for cells in shown]


def _turned(keys: tuple[str, ...], wanted: Wanted) -> tuple[str, ...]:
    return tuple(f"-{key}" for key in keys) if wanted.descending else keys
