"""Rehearsals that are kept: how one is written down and read again, and how two differ."""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from doorward.policy import fields
from doorward.policy.versions import Owner, Wanted
from doorward.rollout.models import KeptRehearsal
from doorward.rollout.rehearsal import Plan, Rehearsal, Told
from doorward.rollout.rules import Foretold, Outcome, Why

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from doorward.audit.actor import Who

LASTS: Final = timedelta(hours=1)
# So many of one person at a time; an older one is forgotten for a new one.
MOST: Final = 5
# And so many in so long: of a large customer each is a second of work.
_WITHIN: Final = timedelta(seconds=10)
_PERSON: Final = struct.Struct(">16sBBBI")
_OUTCOMES: Final = tuple(Outcome)
_WHYS: Final = (None, *Why)
_NEWLY, _FREED, _HELPS, _STOPPED = 1, 2, 4, 8


@dataclass(frozen=True, slots=True)
class Line:
    """One person of a rehearsal. `stopped`: somebody signed in who would be stopped."""

    told: Told
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A rehearsal as it was kept. Of a brand `people` is empty, and `by_customer` has the numbers of each."""

    id: UUID
    plan: Plan
    made_at: datetime
    people: Mapping[UUID, Line]
    by_customer: Mapping[UUID, Mapping[str, int]]
    sessions: int

    def count(self) -> Counter[str]:
        """Return the numbers of all customers together, as `Rehearsal.count` does."""
        return sum(map(Counter, self.by_customer.values()), Counter())


@dataclass(frozen=True, slots=True)
class Difference:
    """Somebody who fares differently: before and after; None: was not there, or is no more."""

    person_id: UUID
    before: Foretold | None
    after: Foretold | None


def seconds_to_wait(who: Who, *, now: datetime) -> int:
    """Return after how many seconds somebody may make another one; 0: now."""
    made = KeptRehearsal.objects.filter(made_by_id=who.id).order_by("-made_at")
    oldest = made.values_list("made_at", flat=True)[MOST - 1 : MOST].first()
    left = timedelta() if oldest is None else oldest + _WITHIN - now
    return max(0, -(-left // timedelta(seconds=1)))


def keep(plan: Plan, found: Rehearsal, who: Who) -> UUID:
    """Write down a rehearsal of somebody's, and forget their oldest ones; return its id."""
    mine = KeptRehearsal.objects.filter(made_by_id=who.id)
    older = mine.order_by("-made_at", "id").values_list("id", flat=True)[MOST - 1 :]
    mine.filter(id__in=list(older)).delete()
    of_brand = plan.owner.brand_id is not None
    return KeptRehearsal.objects.create(
        made_by_id=who.id,
        customer_id=plan.owner.customer_id,
        brand_id=plan.owner.brand_id,
        is_minimum=plan.owner.is_minimum,
        wanted=None if plan.wanted is None else _stored(plan.wanted),
        ticked=_ids(plan.people),
        people=b"" if of_brand else b"".join(_packed(found)),
        by_customer={str(one): dict(counts) for one, counts in found.by_customer().items()},
        sessions=len(found.sessions),
        made_at=found.at,
    ).id


def read(rehearsal_id: UUID, who: Who, *, now: datetime) -> Kept | None:
    """Return a rehearsal of somebody's own; None: there is none, or it is too old."""
    rows = KeptRehearsal.objects.filter(id=rehearsal_id, made_by_id=who.id)
    row = rows.filter(made_at__gt=now - LASTS).first()
    if row is None:
        return None
    ticked = bytes(row.ticked)
    plan = Plan(
        owner=Owner(row.customer_id, row.brand_id, row.is_minimum),
        wanted=None if row.wanted is None else _wanted(row.wanted),
        people=frozenset(UUID(bytes=ticked[at : at + 16]) for at in range(0, len(ticked), 16)),
    )
    counts = {UUID(one): found for one, found in row.by_customer.items()}
    packed, whose = bytes(row.people), row.customer_id
    people = {}
    if whose is not None:
        people = dict(_unpacked(one, whose) for one in _PERSON.iter_unpack(packed))
    return Kept(row.id, plan, row.made_at, people, counts, row.sessions)


def forget(*, now: datetime) -> int:
    """Delete what is too old to be applied; return how many there were."""
    return KeptRehearsal.objects.filter(made_at__lte=now - LASTS).delete()[0]


def take(kept: Kept) -> bool:
    """Take a rehearsal in the caller's transaction; return whether it was there: of two at once one takes it."""
    return KeptRehearsal.objects.filter(id=kept.id).delete()[0] > 0


def _ids(people: Iterable[UUID]) -> bytes:
    return b"".join(one.bytes for one in sorted(people))


def differences(before: Kept, after: Mapping[UUID, Told], *, at: datetime) -> list[Difference]:
    """Return who fares differently. A day that moved no more than the clock did is the same day."""
    moved = abs(at - before.made_at) + timedelta(seconds=1)
    found = []
    for person_id in before.people.keys() | after.keys():
        line, told = before.people.get(person_id), after.get(person_id)
        was = line.told.foretold if line else None
        now_is = told.foretold if told else None
        if not _same(was, now_is, moved):
            found.append(Difference(person_id, was, now_is))
    return found


def differ(shown: Rehearsal, found: Rehearsal) -> bool:
    """Return whether anybody fares differently in the second one than was shown."""
    moved = abs(found.at - shown.at) + timedelta(seconds=1)
    if shown.people.keys() != found.people.keys():
        return True
    return not all(
        _same(told.foretold, found.people[one].foretold, moved)
        for one, told in shown.people.items()
    )


def _same(one: Foretold | None, other: Foretold | None, moved: timedelta) -> bool:
    if one is None or other is None:
        return one is other
    if (one.outcome, one.why) != (other.outcome, other.why):
        return False
    if one.day is None or other.day is None:
        return one.day is other.day
    return abs(one.day - other.day) <= moved


def _packed(found: Rehearsal) -> Iterable[bytes]:
    stopped = frozenset(found.sessions.values())
    for person_id, told in found.people.items():
        foretold = told.foretold
        flags = _NEWLY * told.newly | _FREED * told.freed | _HELPS * told.helps
        flags |= _STOPPED * (person_id in stopped)
        yield _PERSON.pack(
            person_id.bytes,
            _OUTCOMES.index(foretold.outcome),
            _WHYS.index(foretold.why),
            flags,
            int(foretold.day.timestamp()) if foretold.day else 0,
        )


def _unpacked(row: tuple[Any, ...], whose: UUID) -> tuple[UUID, Line]:
    person_id, outcome, why, flags, day = row
    foretold = Foretold(
        _OUTCOMES[outcome], _WHYS[why], datetime.fromtimestamp(day, UTC) if day else None
    )
    newly, freed, helps = (bool(flags & one) for one in (_NEWLY, _FREED, _HELPS))
    told = Told(foretold, whose, newly, freed, helps)
    return UUID(bytes=person_id), Line(told, bool(flags & _STOPPED))


def _stored(wanted: Wanted) -> dict[str, Any]:
    return {
        "values": fields.stored(wanted.values),
        "starts_at": wanted.starts_at.isoformat() if wanted.starts_at else None,
        "reason": wanted.reason,
        "seen": wanted.seen,
        "replaces": str(wanted.replaces) if wanted.replaces else None,
    }


def _wanted(stored: Mapping[str, Any]) -> Wanted:
    starts, replaces = stored["starts_at"], stored["replaces"]
    return Wanted(
        values=fields.read(stored["values"]),
        starts_at=datetime.fromisoformat(starts) if starts else None,
        reason=stored["reason"],
        seen=stored["seen"],
        replaces=UUID(replaces) if replaces else None,
    )
