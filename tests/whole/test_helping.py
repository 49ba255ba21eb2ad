"""Two companies whose people lose devices, help each other, object, wait; one account of theirs may be a thief's.

Any of them may be the thief, of either company or of the provider's support: each deed is tried by whoever it is, for
whomever. What must be true after each step stands in `helping.py`, what must have been so for a deed to be taken in
`circle.py`; what can be done, here, in `asking.py` and `returning.py`.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from doorward.accounts import exceptions, services
from doorward.accounts.models import Status
from doorward.accounts.services import Change
from doorward.audit.actor import CONSOLE
from doorward.credentials.trusted_browsers import policy_change
from doorward.policy import series, versions
from doorward.policy.fields import Kinds, RecoveryBy, RequiredOf, SupportAccess
from doorward.policy.versions import Wanted
from tests.whole.asked import HELPERS, HOUR, MONTH, Asked
from tests.whole.asking import BOSS, AskingForHelp
from tests.whole.helping import BAKERY, BARE, CLINIC, NAMES, OFFICE, make_world, now
from tests.whole.involved import Member, Silence
from tests.whole.returning import SELDOM

# FAULTS_ROUNDS: how many; `make faults` does more.
ROUNDS, EXAMPLES, STEPS = int(os.environ.get("FAULTS_ROUNDS", "3")), 8, 80
# A rule that is played is a step, whatever it goes on with at once. `make test` makes 3,000 of them: 1,600 here, and
# 1,400 in `test_machine.py`.
LEAST_STEPS = 700 + 300 * ROUNDS
# From this one on, three rounds play all of it.
FIRST = 2
EXPECTED = frozenset(
    {
        *("helped", "asked for a second yes", "helped refused", "agreed", "agreed refused"),
        *("fetched", "fetched refused", "refused", "objected", "objected refused", "pass used"),
        *("pass used refused", "set up again", "said it was them", "said it was not"),
        *("waits", "waits refused", "pass mailed", "signed in", "signed in refused", "taken back"),
        *("taken back refused", "reported lost", "changed", "changed refused", "excepted"),
        *("excepted refused", "through by a device", "through without one"),
        *("asked as support", "asked as support refused", "agreed with the support"),
        *("mailed for the support", "taken back by support", "in another's name refused"),
        *("refused elsewhere", "signed in with a passkey", "taken back with a passkey"),
        *("signed in with a passkey refused", "set up again with a passkey"),
        *("through where only passkeys do", "password by mail", "own saved", "own saved refused"),
        *("minimum saved", "brand saved"),
    }
)
HOURS = st.sampled_from([0, 1, 12, 24, 24, 25, 72])
WHOSE = st.sampled_from(["own", "own", "own", "minimum", "brand"])


class Company(AskingForHelp):
    """All that anybody may do."""

    @rule(
        by=BOSS,
        whom=st.sampled_from(NAMES),
        what=st.sampled_from(["suspend", "restore", "restore", "take", "give", "give"]),
    )
    def change(self, by: str, whom: str, what: str) -> None:
        actor, person = self.members[by], self.members[whom]
        wanted = {
            "suspend": Change(status=Status.SUSPENDED, confirmed=True),
            "restore": Change(status=Status.ACTIVE),
            "take": Change(tabs=frozenset({"home"})),
            "give": Change(tabs=OFFICE),
        }[what]
        call = partial(services.change, person.id, wanted, now=now())
        if isinstance(self.done_to("changed", call, actor, person), Exception):
            return
        assert actor.active
        assert actor.has_tab
        assert actor.home == person.home
        getattr(self, f"_{what}")(actor, person)

    def _suspend(self, actor: Member, person: Member) -> None:
        if person.active:
            assert actor is not person
            self._silences(actor, person)
            person.active = False
            person.out.append(now())
            person.end_sittings()

    def _restore(self, actor: Member, person: Member) -> None:
        if not person.active:
            person.active, person.since = True, now()
            self.circle.given.append((now(), actor, person))

    def _take(self, actor: Member, person: Member) -> None:
        if person.has_tab:
            assert actor is not person
            self._silences(actor, person)
            person.has_tab, person.since = False, now()
            person.tab_lost.append(now())

    def _give(self, actor: Member, person: Member) -> None:
        if not person.has_tab:
            person.has_tab, person.since = True, now()
            self.circle.given.append((now(), actor, person))

    def _silences(self, actor: Member, person: Member) -> None:
        if person.had_tab(now()):
            lost_at = None if person.has_tab else person.tab_lost[-1]
            self.circle.silenced.append(Silence(now(), actor, person, lost_at))

    @rule(by=BOSS, whom=st.sampled_from([BARE, BARE, "dora"]), days=st.sampled_from([1, 3, 31]))
    def make_exception(self, by: str, whom: str, days: int) -> None:
        actor, person = self.members[by], self.members[whom]
        until = (now() + timedelta(days=days)).date().isoformat()
        call = partial(exceptions.make, person.id, reason="A new phone.", until=until, now=now())
        got = self.done_to("excepted", call, actor, person)
        if isinstance(got, Exception):
            return
        own, *minimums = self.circle.asked.newest(person.home)
        assert actor.active
        assert actor.has_tab
        assert actor is not person
        assert actor.home == person.home
        assert own.everyone
        assert not any(one.everyone for one in minimums)
        assert got.ends_at <= now() + MONTH
        person.excepted_until = got.ends_at

    @rule(
        whose=WHOSE,
        home=st.sampled_from([BAKERY, BAKERY, CLINIC]),
        by=st.sampled_from(["colleague", *HELPERS]),
        wait=st.sampled_from([0, 24, 24]),
        everyone=st.booleans(),
        day=st.sampled_from([None, 1, 2, 4]),
        waves=st.booleans(),
        passkeys=SELDOM,
        goes_on=st.booleans(),
        support=st.sampled_from(["always", "ask", "ask", "never"]),
    )
    def save_policy(
        self, whose: str, home: str, *, waves: bool, goes_on: bool, **asked: Any
    ) -> None:
        """Save a version of a company's own policy, or of the provider's minimum for it, or for the brand of both.

        `goes_on`: sign in then, and make an exception.
        """
        day: date | None = (now() + timedelta(days=asked["day"] or 0)).date()
        day = day if asked["day"] and asked["everyone"] else None
        new = Asked(at=now(), **asked | {"day": day})
        if whose != "own" and not new.wait:
            # A minimum by which nobody waits would end that way for good: seldom enough by the companies' own.
            new = replace(new, wait=24)
        call = partial(self._save, whose, home, new, waves=waves and day is not None)
        if isinstance(self.tried(f"{whose} saved", call), Exception):
            return
        self.circle.asked.of(whose, home).append(new)
        if goes_on and new.everyone:
            self.make_exception(by="ann", whom=BARE, days=1)
            for whom, which in (("cleo", 0), ("cleo", 1), ("hugo", 0)):
                self.sign_in(whom, which)

    def _save(self, whose: str, home: str, new: Asked, *, waves: bool) -> None:
        owner = {
            "own": versions.policy_of_customer(self.homes[home]),
            "minimum": versions.minimum_of_customer(self.homes[home]),
            "brand": versions.minimum_of_brand(self.brand_id),
        }[whose]
        nobody = RequiredOf.TICKED if whose == "own" else RequiredOf.NOBODY
        there = series.load(owner.rows().values_list(owner.column, flat=True).get())
        values = replace(
            series.current(there, now=now(), default=owner.default),
            required_of=RequiredOf.EVERYONE if new.everyone else nobody,
            from_day=new.day,
            waves=waves,
            kinds=Kinds.PHISHING_RESISTANT if new.passkeys else Kinds.ANY,
            recovery_by=RecoveryBy(new.by),
            recovery_wait_hours=new.wait,
            support_access=SupportAccess(new.support),
        )
        policy_change.save(owner, Wanted(values=values), actor=CONSOLE, now=now())

    @rule(hours=HOURS)
    def let_time_pass(self, hours: int) -> None:
        self.pass_time(hours * HOUR + timedelta(seconds=31))


SETTINGS = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
def test_nobody_is_helped_but_as_the_rules_have_it(db: None) -> None:
    Company.happened.clear()
    Company.world = make_world()
    for number in range(FIRST, FIRST + ROUNDS):
        run_state_machine_as_test(seed(number)(Company), settings=SETTINGS)
    assert Company.happened["steps"] >= LEAST_STEPS
    never = sorted(EXPECTED - set(Company.happened))
    assert len(never) <= (0 if ROUNDS >= 10 else len(EXPECTED) // 10), never
