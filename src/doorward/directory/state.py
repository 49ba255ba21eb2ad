"""The state of a person: their status, and how they stand with the second factor.

One rule says it of a line (`state_of`, `shows`), and rows are asked the same (`with_status`, `where`). What a filter
shows follows from four things: status, whether a tick or a tab asks them, the best factor, and what is asked of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Final

from django.db.models import Q

from doorward.accounts.models import ACTIVE_OR_INVITED, ONE_DEVICE, Standing, Status
from doorward.accounts.required_of import asked_rows
from doorward.policy.fields import Kinds

if TYPE_CHECKING:
    from datetime import datetime

    from doorward.policy.rules import Policy
    from doorward.policy.series import Scope

ANY_STATUS: Final = "all"

# Whether somebody is asked by a tick or a tab of their own, and how they stand.
Cells = frozenset[tuple[bool, Standing]]
_ANY_STANDING: Final = frozenset(Standing)
EVERYBODY: Final[Cells] = frozenset((asked, one) for asked in (False, True) for one in Standing)


class State(StrEnum):
    """How a line says that a person stands with the second factor."""

    ON = "on"
    OFF = "off"
    MISSING = "missing"
    LOCKED = "locked"


class FactorFilter(StrEnum):
    """What a list can be narrowed to."""

    ALL = ""
    ON = "on"
    OFF = "off"
    # Off, or disabled: nothing that works.
    BARE = "bare"
    APP = "app"
    PASSKEY = "passkey"
    ONE_DEVICE = "one-device"
    REQUIRED = "required"
    REQUIRED_MISSING = "required-missing"
    LOCKED = "locked"


# What hangs on nothing but how somebody stands.
BY_STANDING: Final = {
    FactorFilter.ON: frozenset(one for one in Standing if one >= Standing.APP),
    FactorFilter.OFF: frozenset({Standing.NONE}),
    FactorFilter.BARE: frozenset({Standing.NONE, Standing.LOCKED}),
    FactorFilter.APP: frozenset({Standing.APP, Standing.APP_BACKED}),
    FactorFilter.PASSKEY: frozenset({Standing.PASSKEY, Standing.PASSKEY_BACKED}),
    FactorFilter.ONE_DEVICE: ONE_DEVICE,
    FactorFilter.LOCKED: frozenset({Standing.LOCKED}),
}


class Attention(StrEnum):
    """What else a list can be narrowed to: whom somebody should ask after."""

    ALL = ""
    NOT_SEEN = "not-seen"
    NO_MAIL = "no-mail"


# Who has not signed in for so long is asked after.
NOT_SEEN_FOR: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Rule:
    """What is asked of the customer's people: of whom besides those who are ticked, and which kinds."""

    scope: Scope
    kinds: Kinds

    @classmethod
    def of(cls, policy: Policy) -> Rule:
        """Take from anybody's policy what holds for all at their customer."""
        return cls(scope=policy.scope, kinds=policy.kinds)


def enough(kinds: Kinds) -> Standing:
    """Return from where on somebody is protected as the policy asks."""
    return Standing.APP if kinds is Kinds.ANY else Standing.PASSKEY


def state_of(standing: Standing, *, required: bool, kinds: Kinds) -> State:
    """Return how a line says that somebody stands."""
    if standing is Standing.LOCKED:
        return State.LOCKED
    if required and standing < enough(kinds):
        return State.MISSING
    return State.OFF if standing is Standing.NONE else State.ON


def shows(wanted: FactorFilter, *, asked: bool, standing: Standing, rule: Rule) -> bool:
    """Return whether a filter shows somebody. `asked`: they are ticked, or may use a tab that is asked for."""
    if wanted in BY_STANDING:
        return standing in BY_STANDING[wanted]
    required = asked or rule.scope.everyone
    match wanted:
        case FactorFilter.REQUIRED:
            return required
        case FactorFilter.REQUIRED_MISSING:
            return required and standing < enough(rule.kinds)
        case _:
            return True


def has_status(wanted: str, status: Status, *, narrowed: bool) -> bool:
    """Return whether a list of this status shows somebody; empty: all but the removed.

    `narrowed`: to something that is counted; then empty means who is counted.
    """
    if wanted == ANY_STATUS:
        return True
    if wanted:
        return status == wanted
    return status in ACTIVE_OR_INVITED if narrowed else status is not Status.REMOVED


# --- the same, asked of rows ----------------------------------------------------------------------


def with_status(wanted: str, *, narrowed: bool) -> Q:
    """Find whom `has_status` names."""
    if wanted == ANY_STATUS:
        return Q()
    if wanted:
        return Q(status=wanted)
    return Q(status__in=ACTIVE_OR_INVITED) if narrowed else ~Q(status=Status.REMOVED)


def whom(wanted: Attention, *, now: datetime) -> Q:
    """Find whom somebody should ask after."""
    match wanted:
        case Attention.NOT_SEEN:
            is_old = Q(last_signed_in_at__isnull=True) | Q(last_signed_in_at__lt=now - NOT_SEEN_FOR)
            return Q(status=Status.ACTIVE) & is_old
        case Attention.NO_MAIL:
            return Q(unreachable=True, status__in=ACTIVE_OR_INVITED)
        case _:
            return Q()


def narrowed_to(wanted: FactorFilter, rule: Rule) -> Cells:
    """Return whom a filter shows: by whether they are asked themselves, and by how they stand."""
    return frozenset(
        (asked, standing)
        for asked, standing in EVERYBODY
        if shows(wanted, asked=asked, standing=standing, rule=rule)
    )


def ranks(rule: Rule) -> tuple[Cells, ...]:
    """Rank people: who must and has not, who has none, whose factor is disabled, who is protected."""
    missing = narrowed_to(FactorFilter.REQUIRED_MISSING, rule)
    off = narrowed_to(FactorFilter.OFF, rule) - missing
    disabled = narrowed_to(FactorFilter.LOCKED, rule) - missing
    return missing, off, disabled, EVERYBODY - missing - off - disabled


def where(cells: Cells, rule: Rule) -> Q:
    """Find people by whether they are asked themselves, and by how they stand: whom `shows` names."""
    if cells == EVERYBODY:
        return Q()
    others, asked = (frozenset(one for of, one in cells if of is each) for each in (False, True))
    if others == asked:
        return _standing(asked)
    # Where no tabs are asked after, the column of the tick alone, which an index has.
    these = asked_rows(rule.scope) if rule.scope.tabs else Q(require_2fa=True)
    rest = ~these if rule.scope.tabs else Q(require_2fa=False)
    parts = [one & _standing(which) for one, which in ((rest, others), (these, asked)) if which]
    return reduce(or_, parts, Q(pk__in=[]) if not parts else Q())


def _standing(which: frozenset[Standing]) -> Q:
    return Q() if which == _ANY_STANDING else Q(standing__in=sorted(which))
