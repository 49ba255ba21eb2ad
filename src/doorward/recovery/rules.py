"""Who may help whom, who may agree to it, and how long each waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from doorward.policy.fields import RecoveryBy

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

# How long a request of a colleague can be refused before it holds without another one's yes.
VETO_TIME: Final = timedelta(hours=24)
# How long a pass works, and how long an approved one waits to be fetched.
PASS_LIFETIME: Final = timedelta(hours=24)
PASS_TRIES: Final = 5
# From the button to the page that shows it.
SHOWN_WITHIN: Final = timedelta(minutes=5)
# What was taken from somebody, made milder or refused so shortly before still counts against who asks.
LOOK_BACK: Final = timedelta(days=7)
# Who got access by somebody's hands so shortly before does not agree with them.
ONE_HAND: Final = timedelta(days=30)
# How long it can be said that it was not the person who came back.
DENIED_WITHIN: Final = timedelta(days=30)
# How long a request of the support waits for a yes; where nobody is left who could give it, for an objection.
SUPPORT_WAITS: Final = timedelta(hours=72)
# The provider's support and its operator are one hand, whoever of them it was.
PROVIDER: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Decider:
    """Who would agree. `since`: from when on the power over colleagues has been in these hands.

    `began`: when the first of their company came to the portal.
    """

    ids: frozenset[UUID]
    since: datetime
    began: datetime

    def is_new(self, at: datetime) -> bool:
        """Return whether the power came to them within a day before, or after; on the first day, after alone."""
        if at < self.began + VETO_TIME:
            return self.since > at
        return self.since + VETO_TIME > at


def needs_second(recovery_by: RecoveryBy, *, looks_after: bool) -> bool:
    """Return whether a colleague's help needs another one's yes; `looks_after`: it is for who has the tab."""
    return looks_after or recovery_by is RecoveryBy.TWO


def may_agree(decider: Decider, *, parties: frozenset[UUID], asked_at: datetime) -> bool:
    """Return whether somebody may agree to a request: none of its parties, who asked and whom it is for.

    Whoever came to the power shortly before may be who asks, by another account: for as long as a request can be
    refused, nobody new agrees to it. On a portal's first day all are new: there `one_hand` alone stands in the way.
    """
    return parties.isdisjoint(decider.ids) and not decider.is_new(asked_at)


def let_in(given: Iterable[tuple[UUID, UUID]], by: UUID) -> frozenset[UUID]:
    """Return who got their access from somebody, or from whom they let in; `given` as in `one_hand`."""
    pairs, reached, before = list(given), {by}, 0
    while len(reached) > before:
        before = len(reached)
        reached |= {taker for giver, taker in pairs if giver in reached}
    return frozenset(reached - {by})


def hand_of(given: Iterable[tuple[UUID, UUID]], people: frozenset[UUID]) -> frozenset[UUID]:
    """Return these people, and whoever got their access from one of them, gave it to them, or had it from the same.

    `given`: who gave it, and to whom. Also over several steps: a stolen account can invite two who agree with each
    other.
    """
    pairs, reached, before = list(given), people, -1
    while len(reached) > before:
        before = len(reached)
        reached = reached.union(*[pair for pair in pairs if not reached.isdisjoint(pair)])
    return reached


def one_hand(
    given: Iterable[tuple[UUID, UUID]], parties: frozenset[UUID], deciders: frozenset[UUID]
) -> bool:
    """Return whether who asks and who would agree got their access from each other, or both from the same hand."""
    return not hand_of(given, parties).isdisjoint(deciders)
