"""What must have been so for each deed to be taken, of people who help each other after a loss.

Nothing of Doorward decides here. A deed may be refused for more reasons than are told here; one that was taken must
fulfil all of them. Whom it is about stands in `involved.py`, what is asked of whom in `asked.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.whole.asked import DAY, MONTH, WEEK, Asking

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tests.whole.involved import Ask, Member, Silence, Sitting


class Circle:
    """All that happened."""

    def __init__(self, homes: Iterable[str], now: datetime) -> None:
        self.asked = Asking(homes, now)
        self.asks: list[Ask] = []
        # Who gave whom access, and when.
        self.given: list[tuple[datetime, Member, Member]] = []
        self.silenced: list[Silence] = []

    def wants_second(self, person: Member, now: datetime) -> bool:
        strict = bool(self.asked.helpers(person.home, now - WEEK) & {"two", "provider"})
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

    def may_help(
        self, actor: Member, person: Member, now: datetime, *, as_support: bool = False
    ) -> bool:
        """Return whether somebody may have a hand in help; `as_support`: in what the support asked for."""
        if not (actor.helps and actor is not person and person.active and person.devices):
            return False
        if as_support:
            return not self.asked.shuts_support_out(person.home, now - WEEK)
        held = self.asked.helpers(person.home, now - DAY)
        return actor.home == person.home and "provider" not in held

    def may_ask_as_support(self, actor: Member, person: Member, now: datetime) -> bool:
        """Return whether one of the support may ask for somebody of a company, who is in no other's hands."""
        today = [one for one in self.asks if one.person is person and one.at > now - DAY]
        others = [one for one in self.asks if one.person is person and self._pends(one)]
        return (
            actor.is_support
            and not person.is_support
            and self.may_help(actor, person, now, as_support=True)
            and actor.since + DAY <= now
            and len([one for one in today if one.asker.is_support]) < 2
            and all(one.waiting or self._came_to_its_end(one, now) for one in others)
        )

    def may_agree(self, actor: Member, ask: Ask, now: datetime) -> bool:
        earlier = {one.asker for one in self.objections(ask.person, ask.at)}
        askers, since = {ask.asker, *earlier}, ask.at - MONTH
        support = ask.asker.is_support
        return (
            actor.home == ask.person.home
            and self.may_help(actor, ask.person, now, as_support=support)
            and ask.second
            and not ask.over
            and ask.agreed_at is None
            and not ask.words
            and actor not in askers
            and actor.since + DAY <= ask.at
            and not self._came_to_its_end(ask, now)
            and actor not in self._of_one_hand(askers, since)
            and not (support and actor in self.let_in_by_support(since))
        )

    def may_fetch(self, actor: Member, ask: Ask, now: datetime) -> bool:
        support = ask.asker.is_support
        if not self.may_help(actor, ask.person, now, as_support=support) or ask.by_mail:
            return False
        if actor is not ask.reader or actor.is_support:
            return False
        if ask.over or ask.words or self._came_to_its_end(ask, now):
            return False
        if ask.agreed_at is not None:
            return True
        kept = [one for one in self.silenced if one.by is ask.asker and one.counts(ask.at - WEEK)]
        return ask.due is not None and ask.due <= now and not kept

    def may_use(self, person: Member, ask: Ask, sitting: Sitting, now: datetime) -> bool:
        own = person is ask.person and person.active and bool(person.devices)
        known = person.mailed_at is None or person.mailed_at <= ask.at
        by_password = known and not sitting.by_link
        hands = [one for one in (ask.asker, ask.agreed_by) if one not in {None, person}]
        stopped = any(not one.active or one.was_kept_away(ask.at) for one in hands if one)
        works = ask.pass_works(now) and not stopped
        return own and by_password and works and not person.proved_after(ask.at)

    def may_wait(self, person: Member, sitting: Sitting) -> bool:
        pending = [one for one in self.asks if one.person is person and self._pends(one)]
        proved = sitting.mailbox and not sitting.by_link and person.active
        known = proved and person.has_own_password
        return known and self.asked.wait(person.home) > 0 and bool(person.devices) and not pending

    def may_be_mailed(self, ask: Ask, everybody: Iterable[Member], now: datetime) -> bool:
        """Return whether time alone has approved what was waited for."""
        person = ask.person
        waited = ask.due is not None and ask.due <= now and person.active and bool(person.devices)
        if not waited or person.proved_after(ask.at) or not person.has_own_password:
            return False
        if ask.waiting:
            return self.asked.wait(person.home) > 0
        return (
            ask.by_mail
            and self.may_go_by_time(person, everybody, ask.at, now)
            and not self.asked.shuts_support_out(person.home, now - WEEK)
            and not person.was_kept_away(ask.at)
        )

    def may_go_by_time(
        self, person: Member, everybody: Iterable[Member], since: datetime, now: datetime
    ) -> bool:
        """Return whether nobody is left who could agree with the support, and nobody was kept from objecting."""
        there = self.who_could_agree(person, everybody, now)
        kept = [one for one in self.silenced if one.whom.home == person.home]
        kept = [one for one in kept if one.counts(since - WEEK)]
        return not there and not kept and not self.objections(person, since)

    def who_could_agree(
        self, person: Member, everybody: Iterable[Member], now: datetime
    ) -> set[Member]:
        """Return who could say yes to the support; who has no device yet is led to set one up."""
        return {
            one
            for one in everybody
            if one.home == person.home
            and one is not person
            and one.active
            and one.has_tab
            and (one.is_able or not one.devices)
        } - self.let_in_by_support(now - MONTH)

    def let_in_by_support(self, since: datetime) -> set[Member]:
        """Return who got access by the support since then, or from somebody who did."""
        pairs = [(giver, taker) for at, giver, taker in self.given if at > since]
        reached, before = {giver for giver, _ in pairs if giver.is_support}, -1
        while len(reached) > before:
            before = len(reached)
            reached |= {taker for giver, taker in pairs if giver in reached}
        return {one for one in reached if not one.is_support}

    def _pends(self, ask: Ask) -> bool:
        return not ask.over and not ask.words

    def _came_to_its_end(self, ask: Ask, now: datetime) -> bool:
        """Return whether it came to its end without anybody's word."""
        kept, back = ask.person.was_kept_away(ask.at), ask.person.proved_after(ask.at)
        return ask.is_late(now) or kept or back

    def _of_one_hand(self, askers: set[Member], since: datetime) -> set[Member]:
        """Return who got access from who asks, gave it to them, or has it from the same hand, but the support's."""
        people = [(giver, taker) for at, giver, taker in self.given if at > since]
        pairs = [{giver, taker} for giver, taker in people if not giver.is_support]
        reached, before = set(askers), -1
        while len(reached) > before:
            before = len(reached)
            for pair in pairs:
                reached |= pair if reached & pair else set()
        return reached
