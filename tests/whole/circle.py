"""What is known of people who help each other after a loss, and what must have been so for each deed to be taken.

Nothing of Doorward decides here. A deed may be refused for more reasons than are told here; one that was taken must
fulfil all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

DAY, WEEK, MONTH, HOUR = (timedelta(days=n) for n in (1, 7, 30, 1 / 24))
TRIES = 5


@dataclass(eq=False)
class Member:
    """Somebody of the company. `device`: their app; None: they never had one."""

    name: str
    id: UUID
    has_tab: bool
    # Since when the power over colleagues has been in these hands.
    since: datetime
    device: UUID | None = None
    suspended_at: datetime | None = None
    locked: bool = False
    active: bool = True
    proved_at: datetime | None = None
    tab_lost: list[datetime] = field(default_factory=list)
    out: list[datetime] = field(default_factory=list)
    sessions: list[Sitting] = field(default_factory=list)
    excepted_until: datetime | None = None
    was_due: bool = False

    @property
    def helps(self) -> bool:
        """Whether they may help: in office, and with a device that works."""
        return self.active and self.has_tab and self.is_able

    @property
    def is_able(self) -> bool:
        return self.device is not None and self.suspended_at is None and not self.locked

    def had_tab(self, now: datetime) -> bool:
        return self.has_tab or any(at > now - WEEK for at in self.tab_lost)

    def was_kept_away(self, since: datetime) -> bool:
        """Return whether they could not object for a while."""
        return any(at > since for at in (*self.tab_lost, *self.out))

    def proved_after(self, moment: datetime) -> bool:
        return self.proved_at is not None and self.proved_at > moment

    def end_sittings(self, keep: Sitting | None = None) -> None:
        for one in self.sessions:
            one.ended = one.ended or one is not keep


@dataclass(eq=False)
class Sitting:
    """A browser of somebody. `proved`: by which device."""

    token: str
    by_link: bool = False
    mailbox: bool = False
    proved: UUID | None = None
    pass_at: datetime | None = None
    ended: bool = False


@dataclass(eq=False)
class Ask:
    """Help that was asked for, and what came of it."""

    id: UUID
    person: Member
    asker: Member
    at: datetime
    second: bool
    due: datetime | None
    waiting: bool = False
    agreed_at: datetime | None = None
    words: str = ""
    made_at: datetime | None = None
    tries: int = 0
    used_at: datetime | None = None
    sitting: Sitting | None = None
    back_at: datetime | None = None
    # Refused, denied, lapsed: it comes to nothing any more.
    over: bool = False
    refused_at: datetime | None = None
    refused_by: Member | None = None
    pass_over: bool = False

    def is_late(self, now: datetime) -> bool:
        since = self.agreed_at or self.due
        return not self.words and since is not None and since + DAY <= now

    def pass_works(self, now: datetime) -> bool:
        made = self.made_at
        alive = made is not None and now < made + DAY and self.used_at is None
        return alive and not self.over and not self.pass_over and self.tries < TRIES


@dataclass(frozen=True)
class Asked:
    """What the company asked from a moment on."""

    at: datetime
    by: str = "colleague"
    wait: int = 0
    everyone: bool = False
    day: date | None = None


class Circle:
    """All that happened."""

    def __init__(self, now: datetime) -> None:
        self.policies = [Asked(now - MONTH)]
        self.asks: list[Ask] = []
        # Who gave whom access, and when.
        self.given: list[tuple[datetime, Member, Member]] = []
        # Who kept a colleague with the tab from objecting, and when.
        self.silenced: list[tuple[datetime, Member]] = []

    @property
    def policy(self) -> Asked:
        return self.policies[-1]

    def held_by(self, since: datetime) -> set[str]:
        """Return all who, at any time since then, were to help."""
        rows = self.policies
        ends = [one.at for one in rows[1:]]
        gone = [one for one, end in zip(rows, ends, strict=False) if end > since]
        return {one.by for one in (*gone, rows[-1])}

    def wants_second(self, person: Member, now: datetime) -> bool:
        strict = bool(self.held_by(now - WEEK) & {"two", "provider"})
        return strict or person.had_tab(now) or bool(self.objections(person, now))

    def objections(self, person: Member, now: datetime) -> list[Ask]:
        """Return what another one than who asked has refused within a week; of waiting, also by the same account."""
        return [
            one
            for one in self.asks
            if one.person is person
            and one.refused_at is not None
            and one.refused_at > now - WEEK
            and (one.waiting or one.refused_by is not one.asker)
        ]

    def may_help(self, actor: Member, person: Member, now: datetime) -> bool:
        held = self.held_by(now - DAY)
        able = actor.helps and actor is not person and person.active
        return able and person.device is not None and "provider" not in held

    def may_agree(self, actor: Member, ask: Ask, now: datetime) -> bool:
        earlier = {one.asker for one in self.objections(ask.person, ask.at)}
        askers = {ask.asker, *earlier}
        return (
            self.may_help(actor, ask.person, now)
            and ask.second
            and not ask.over
            and ask.agreed_at is None
            and not ask.words
            and actor not in askers
            and actor.since + DAY <= ask.at
            and not self._is_near(ask, now)
            and actor not in self._of_one_hand(askers, ask.at - MONTH)
        )

    def may_fetch(self, actor: Member, ask: Ask, now: datetime) -> bool:
        if not self.may_help(actor, ask.person, now) or actor is not ask.asker or ask.waiting:
            return False
        if ask.over or ask.words or self._is_near(ask, now):
            return False
        if ask.agreed_at is not None:
            return True
        kept = [at for at, who in self.silenced if who is ask.asker and at > ask.at - WEEK]
        return ask.due is not None and ask.due <= now and not kept

    def may_use(self, person: Member, ask: Ask, sitting: Sitting, now: datetime) -> bool:
        own = person is ask.person and person.active and person.device is not None
        return (
            own and ask.pass_works(now) and not sitting.by_link and not person.proved_after(ask.at)
        )

    def may_wait(self, person: Member, sitting: Sitting) -> bool:
        pending = [one for one in self.asks if one.person is person and self._pends(one)]
        proved = sitting.mailbox and not sitting.by_link and person.active
        return proved and self.policy.wait > 0 and person.device is not None and not pending

    def is_due(self, person: Member, now: datetime) -> bool:
        """Return whether somebody without a device is certainly asked for one: then it is so for ever."""
        policy, until = self.policy, person.excepted_until
        if not policy.everyone or (until is not None and now < until):
            return False
        day = policy.day
        come = day is None or datetime.combine(day, time(), UTC) <= now
        person.was_due = person.was_due or come
        return person.was_due

    def _pends(self, ask: Ask) -> bool:
        return not ask.over and not ask.words

    def _is_near(self, ask: Ask, now: datetime) -> bool:
        """Return whether it came to its end without anybody's word."""
        kept, back = ask.person.was_kept_away(ask.at), ask.person.proved_after(ask.at)
        return ask.is_late(now) or kept or back

    def _of_one_hand(self, askers: set[Member], since: datetime) -> set[Member]:
        pairs = [{giver, taker} for at, giver, taker in self.given if at > since]
        reached, before = set(askers), -1
        while len(reached) > before:
            before = len(reached)
            for pair in pairs:
                reached |= pair if reached & pair else set()
        return reached
