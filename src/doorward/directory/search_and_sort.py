"""Which people a list shows, and in which order: as values, and as queries that indexes answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Q

from doorward.accounts.models import Administrator
from doorward.directory import state
from doorward.directory.state import Attention, FactorFilter
from doorward.kernel.text import names
from doorward.kernel.text.cleaning import fold_email

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.directory.counts import Group
    from doorward.directory.state import Rule

LONGEST_SEARCH = 200
_MOST_WORDS = 8
_MOST_PARTS = 16
# What mail programs and lists put around names and addresses.
_AROUND = '<>()[],;:"'
_NEVER = datetime.min.replace(tzinfo=UTC)


class Sort(StrEnum):
    """What a list can be sorted by."""

    NAME = "name"
    EMAIL = "email"
    LAST_SIGN_IN = "last_sign_in"
    TWO_FACTORS = "2fa"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which people a list shows, and in which order. `status` empty: all but the removed (`state.has_status`).

    `now`: by which who was not seen for long is known.
    """

    q: str = ""
    status: str = ""
    factor: FactorFilter = FactorFilter.ALL
    attention: Attention = Attention.ALL
    sort: Sort = Sort.NAME
    descending: bool = False
    page: int = 1
    now: datetime = _NEVER

    @property
    def narrowed(self) -> bool:
        """Whether anything but the order was asked for."""
        return bool(self.q or self.status or self.factor or self.attention)

    @property
    def is_of_counted(self) -> bool:
        """Whether it was narrowed to something that numbers are shown of (`ACTIVE_OR_INVITED`)."""
        return bool(self.factor or self.attention)

    @property
    def is_counted(self) -> bool:
        """Whether the numbers of groups say how many there are: nothing was asked for that they do not tell."""
        return not (self.q or self.attention)


def matching(customer_id: UUID, wanted: Wanted, rule: Rule) -> QuerySet[Administrator]:
    """Return the people that a list shows, in no order."""
    return Administrator.objects.of(customer_id).filter(
        state.with_status(wanted.status, narrowed=wanted.is_of_counted),
        state.whom(wanted.attention, now=wanted.now),
        state.where(state.narrowed_to(wanted.factor, rule), rule),
        with_words(wanted.q),
    )


def found(groups: Iterable[Group], wanted: Wanted, rule: Rule) -> int:
    """Count the people that a list shows, as far as that does not hang on what was searched for."""
    cells = state.narrowed_to(wanted.factor, rule)
    return sum(
        group.people
        for group in groups
        if state.has_status(wanted.status, group.status, narrowed=wanted.is_of_counted)
        and (group.asked, group.standing) in cells
    )


def with_words(text: str) -> Q:
    """Find every word in the name or the e-mail, in any order, letter case and spelling (`kernel/text/names.py`)."""
    return Q(*(_has(word) | Q(email_folded__contains=fold_email(word)) for word in _words(text)))


def named(text: str) -> Q:
    """Find who or what has every typed word in its name, in any order, letter case and spelling."""
    return Q(*map(_has, _words(text)))


def _words(text: str) -> list[str]:
    """Return what is searched for, also where a name was copied with what stood around it: `Król, Zoë <zoe@…>`.

    Punctuation between words is none of them (Müller & Söhne), unless nothing else was typed.
    """
    typed = [one.strip(_AROUND) or one for one in text.replace("\0", "")[:LONGEST_SEARCH].split()]
    words = [one for one in typed if names.fold(one)]
    return (words or typed)[:_MOST_WORDS]


def _has(word: str) -> Q:
    """Find a word in the column of search keys: all its parts (Anna-Lena); punctuation alone is in no name."""
    # A single letter may be written out as several words, and a database takes so many conditions alone.
    parts = list(dict.fromkeys(names.fold(word).split()))[:_MOST_PARTS]
    return Q(*(Q(name_search__contains=part) for part in parts)) if parts else Q(pk__in=[])


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
            turned = state.ranks(rule)[::-1] if wanted.descending else state.ranks(rule)
            asked = state.narrowed_to(wanted.factor, rule)
            shown = [cells & asked for cells in turned if cells & asked]
            return [rows.filter(state.where(cells, rule)).order_by(*by_name) for cells in shown]


def _turned(keys: tuple[str, ...], wanted: Wanted) -> tuple[str, ...]:
    return tuple(f"-{key}" for key in keys) if wanted.descending else keys
