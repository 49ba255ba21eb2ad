"""A company whose people lose devices, help each other, object, wait; one colleague's account may be a thief's.

Any of them may be the thief: each deed is tried by whoever it is, for whomever. What must be true after each step
stands in `helping.py`, what must have been so for a deed to be taken in `circle.py`.
"""

from __future__ import annotations

import os
from datetime import date, timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from doorward.accounts import exceptions, mailed_links, services
from doorward.accounts.models import LinkPurpose, MailedLink, Status
from doorward.accounts.services import Change
from doorward.policy.fields import RecoveryBy, RequiredOf
from doorward.recovery import help as helping
from doorward.recovery import lapse, requests, set_up_pass, veto, waiting
from doorward.recovery import lost as lost_device
from doorward.recovery.models import RecoveryRequest, SetUpPass, State
from doorward.signin import second_step
from doorward.signin import take_back as taking_back
from tests.kit import codes, policies
from tests.kit.factors import confirm, show
from tests.kit.recovering import HOW
from tests.whole.circle import DAY, HOUR, MONTH, Ask, Asked, Member, Sitting
from tests.whole.helping import BARE, NAMES, WITH_TAB, Table, now

# FAULTS_ROUNDS: how many; `make faults` does more.
ROUNDS, EXAMPLES, STEPS = int(os.environ.get("FAULTS_ROUNDS", "3")), 9, 70
LEAST_STEPS = 500 * ROUNDS
EXPECTED = frozenset(
    {
        *("helped", "asked for a second yes", "helped refused", "agreed", "agreed refused"),
        *("fetched", "fetched refused", "refused", "objected", "objected refused", "pass used"),
        *("pass used refused", "set up again", "said it was them", "said it was not"),
        *("waits", "waits refused", "pass mailed", "signed in", "signed in refused", "taken back"),
        *("taken back refused", "reported lost", "changed", "changed refused", "excepted"),
        *("excepted refused", "through by a device", "through without one"),
    }
)
ANY = st.sampled_from(NAMES)
BOSS = st.sampled_from([*WITH_TAB, *WITH_TAB, "dora"])
LOSER = st.sampled_from(["ann", "cleo", "dora", "dora", "eli", BARE])
WHICH = st.sampled_from([0, 0, 0, 1, 2])
# How far what was begun is gone on with, at once.
FAR = st.integers(0, 4)
OFTEN = st.sampled_from([True, True, True, False])
HOURS = st.sampled_from([0, 1, 12, 24, 24, 25, 72])


class Company(Table):
    """All that anybody may do."""

    def ask_of(self, which: int) -> Ask:
        return self.circle.asks[-1 - which % len(self.circle.asks)]

    def has_asks(self) -> bool:
        return bool(self.circle.asks)

    @rule(by=BOSS, whom=LOSER, far=FAR, was_them=st.booleans())
    def help(self, by: str, whom: str, far: int, *, was_them: bool) -> None:
        """Help somebody, and go on with it: each is tried, also where it is refused."""
        before = len(self.circle.asks)
        self.ask_for_help(by, whom)
        if len(self.circle.asks) == before:
            return
        if far > 0 and self.ask_of(0).second:
            for other in WITH_TAB:
                self.agree(by=other, which=0)
            self.fetch(by=by, which=0, own=True)
        if far > 1:
            self.use_pass(whom=whom, which=0, own=True, by_link=False)
        if far > 2:
            self.set_up_again(which=0)
        if far > 3:
            self.say_who(by=by, which=0, was_them=was_them)

    def ask_for_help(self, by: str, whom: str) -> None:
        actor, person = self.members[by], self.members[whom]
        may, second = (
            self.circle.may_help(actor, person, now()),
            self.circle.wants_second(person, now()),
        )
        call = partial(helping.help_person, person.id, how=HOW, customer_id=self.customer.id)
        got = self.tried("helped", call, actor=self.actor(actor), now=now())
        if isinstance(got, Exception):
            return
        assert may, (by, whom)
        assert bool(got.words) != second, (by, whom)
        for one in self.circle.asks:
            one.over = one.over or (one.person is person and not one.words)
        due = now() + DAY if second else None
        ask = Ask(got.request.id, person, actor, now(), second, due)
        self.circle.asks.append(ask)
        self.happened["asked for a second yes"] += second
        if got.words:
            self.gave_pass(ask, got.words)

    @rule(by=BOSS, which=WHICH)
    @precondition(has_asks)
    def agree(self, by: str, which: int) -> None:
        actor, ask = self.members[by], self.ask_of(which)
        may = self.circle.may_agree(actor, ask, now())
        call = partial(requests.agree, ask.id, customer_id=self.customer.id)
        if self.tried("agreed", call, actor=self.actor(actor), now=now()) is None:
            assert may, (by, ask)
            ask.agreed_at = now()

    @rule(by=BOSS, which=WHICH, own=OFTEN)
    @precondition(has_asks)
    def fetch(self, by: str, which: int, *, own: bool) -> None:
        ask = self.ask_of(which)
        actor = ask.asker if own else self.members[by]
        may = self.circle.may_fetch(actor, ask, now())
        call = partial(requests.fetch, ask.id, customer_id=self.customer.id)
        got = self.tried("fetched", call, actor=self.actor(actor), now=now())
        if isinstance(got, tuple):
            assert may, (by, ask)
            self.gave_pass(ask, got)

    @rule(by=ANY, which=WHICH)
    @precondition(has_asks)
    def refuse(self, by: str, which: int) -> None:
        actor, ask = self.members[by], self.ask_of(which)
        may = actor.active and actor.has_tab and not ask.over and ask.back_at is None
        call = partial(requests.refuse, ask.id, customer_id=self.customer.id)
        if self.tried("refused", call, actor=self.actor(actor), now=now()) is None:
            assert may, (by, ask)
            self.ended(ask, actor)

    @rule(which=WHICH)
    @precondition(has_asks)
    def object_by_mail(self, which: int) -> None:
        """Object with the link that every address of the person was mailed: once, and by nobody else's."""
        ask = self.ask_of(which)
        link = MailedLink.objects.filter(purpose=LinkPurpose.VETO, about=ask.id).first()
        if link is None:
            return
        token = mailed_links.path(link).split("/")[-2]
        may, client = not ask.over, self.client()
        got = self.tried("objected", veto.veto, token=token, client=client, now=now())
        if isinstance(got, State):
            assert may, ask
            assert (got == State.DENIED) == (ask.back_at is not None)
            self.ended(ask, ask.person)

    @rule(whom=LOSER, which=WHICH, own=OFTEN, by_link=st.sampled_from([False, False, False, True]))
    @precondition(has_asks)
    def use_pass(self, whom: str, which: int, *, own: bool, by_link: bool) -> None:
        """Use the words, also another person's, also once more."""
        ask = self.ask_of(which)
        person = ask.person if own else self.members[whom]
        sitting = self.sit(person, by_link=by_link)
        auth, may = self.auth(sitting), self.circle.may_use(person, ask, sitting, now())
        assert auth is not None
        actor = auth.actor(self.client())
        typed = ask.words or "one two three four five six seven eight"
        call = partial(set_up_pass.use, auth=auth, typed=typed)
        got = self.tried("pass used", call, actor=actor, now=now())
        if isinstance(got, Exception):
            self._tried_in_vain(person, by_link=by_link)
            return
        assert may, (whom, ask)
        sitting.token, sitting.pass_at = got.token, now()
        ask.used_at, ask.sitting = now(), sitting

    def _tried_in_vain(self, person: Member, *, by_link: bool) -> None:
        for one in self.circle.asks:
            if one.person is person and one.pass_works(now()) and not by_link:
                one.tries += 1

    @rule(which=WHICH)
    @precondition(has_asks)
    def set_up_again(self, which: int) -> None:
        ask = self.ask_of(which)
        sitting, person = ask.sitting, ask.person
        auth = self.auth(sitting) if sitting else None
        if sitting is None or auth is None or not self.leads_to_set_up(sitting):
            return
        assert not ask.over
        assert not self.is_gone_by_time(ask)
        assert not sitting.ended
        started = confirm(auth, codes.code(show(auth)), self.row(person))
        sitting.token, ask.back_at = started.token, now()
        self._has_new_device(person, sitting)
        self.happened["set up again"] += 1

    def leads_to_set_up(self, sitting: Sitting) -> bool:
        auth = self.auth(sitting)
        return auth is not None and self.step(auth) == "set-up-factor"

    def _has_new_device(self, person: Member, sitting: Sitting) -> None:
        device = self.device_of(person)
        assert device != person.device
        person.device, person.suspended_at, person.locked = device, None, False
        person.since, person.proved_at = now(), now()
        person.end_sittings(keep=sitting)
        sitting.proved = device

    @rule(by=BOSS, which=WHICH, was_them=st.booleans())
    @precondition(has_asks)
    def say_who(self, by: str, which: int, *, was_them: bool) -> None:
        actor, ask = self.members[by], self.ask_of(which)
        call = partial(requests.say_who, ask.id, was_them=was_them, customer_id=self.customer.id)
        word = "said it was them" if was_them else "said it was not"
        if self.tried(word, call, actor=self.actor(actor), now=now()) is not None:
            return
        assert actor.active
        assert actor.has_tab
        assert actor is not ask.person
        assert ask.used_at is not None
        assert now() < ask.used_at + MONTH
        assert not ask.over
        if not was_them:
            self.ended(ask, actor)
            ask.person.locked = True
            ask.person.end_sittings()

    @rule(whom=LOSER, mailbox=OFTEN, by_link=st.sampled_from([False, False, False, True]), far=FAR)
    def wait(self, whom: str, far: int, *, mailbox: bool, by_link: bool) -> None:
        """Ask to wait, and go on with it."""
        before = len(self.circle.asks)
        self.ask_to_wait(whom, mailbox=mailbox, by_link=by_link)
        if far > 1 and len(self.circle.asks) > before:
            self.pass_time(self.circle.policy.wait * HOUR)
            self.work()
            self.use_pass(whom=whom, which=0, own=True, by_link=by_link)
            self.set_up_again(which=0)

    def ask_to_wait(self, whom: str, *, mailbox: bool, by_link: bool) -> None:
        person = self.members[whom]
        sitting = self.sit(person, mailbox=mailbox, by_link=by_link)
        auth, may = self.auth(sitting), self.circle.may_wait(person, sitting)
        assert auth is not None
        actor = auth.actor(self.client())
        got = self.tried("waits", waiting.ask, auth=auth, actor=actor, now=now())
        if isinstance(got, Exception):
            return
        assert may, whom
        due = now() + timedelta(hours=self.circle.policy.wait)
        self.circle.asks.append(
            Ask(got.id, person, person, now(), second=False, due=due, waiting=True)
        )

    @rule()
    def work(self) -> None:
        """Let the worker come by: a pass is mailed to who has waited, nothing else begins by itself."""
        lapse.end_due(now=now())
        exceptions.end_due(now=now())
        states = dict(RecoveryRequest.objects.values_list("id", "state"))
        for ask in self.circle.asks:
            if ask.over or states[ask.id] == State.ENDED:
                ask.over = True
            elif ask.waiting and not ask.words and states[ask.id] == State.ISSUED:
                self._is_mailed(ask)

    def _is_mailed(self, ask: Ask) -> None:
        assert ask.due is not None
        assert ask.due <= now()
        assert self.circle.policy.wait
        assert ask.person.active
        assert not ask.person.proved_after(ask.at)
        made = SetUpPass.objects.get(request_id=ask.id)
        self.gave_pass(ask, set_up_pass.words_of(made), suspends=False)
        self.happened["pass mailed"] += 1

    @rule(whom=ANY)
    def sign_in(self, whom: str) -> None:
        """Sign in, with the app if there is one: one that is suspended verifies nothing."""
        person = self.members[whom]
        sitting = self.sit(person)
        auth = self.auth(sitting)
        if person.device is None or auth is None or not person.active:
            return
        call = partial(second_step.verify_code, auth=auth, code=codes.next_code(self.row(person)))
        got = self.tried("signed in", call, actor=auth.actor(self.client()), now=now())
        if isinstance(got, Exception):
            return
        assert person.is_able, whom
        sitting.token, sitting.proved, person.proved_at = got.token, person.device, now()

    @rule(whom=ANY)
    def take_back(self, whom: str) -> None:
        person = self.members[whom]
        if person.device is None or not person.active:
            return
        sitting, at = self.sit(person), person.suspended_at
        auth = self.auth(sitting)
        assert auth is not None
        call = partial(taking_back.take_back, auth=auth, proof=codes.next_code(self.row(person)))
        got = self.tried("taken back", call, actor=auth.actor(self.client()), now=now())
        if isinstance(got, Exception):
            return
        assert at is not None
        assert now() < at + DAY
        assert not person.locked
        person.suspended_at, person.proved_at = None, now()
        sitting.token, sitting.proved = got.token, person.device

    @rule(whom=st.sampled_from(["ben", "dora", "eli"]))
    def report_lost(self, whom: str) -> None:
        """Suspend one's own device by the mailed link, with no session at all."""
        person = self.members[whom]
        if not person.is_able or not person.active:
            return
        link = mailed_links.make(LinkPurpose.LOST, administrator_id=person.id, now=now())
        token = mailed_links.path(link).split("/")[-2]
        lost_device.suspend(
            token=token, chosen=[str(person.device)], client=self.client(), now=now()
        )
        person.suspended_at = now()
        person.end_sittings()
        self.lost = self.lost or person.has_tab
        self.happened["reported lost"] += 1

    @rule(
        by=BOSS,
        whom=ANY,
        what=st.sampled_from(["suspend", "restore", "restore", "take", "give", "give"]),
    )
    def change(self, by: str, whom: str, what: str) -> None:
        actor, person = self.members[by], self.members[whom]
        wanted = {
            "suspend": Change(status=Status.SUSPENDED, confirmed=True),
            "restore": Change(status=Status.ACTIVE),
            "take": Change(tabs=frozenset({"home"})),
            "give": Change(tabs=frozenset({"home", "account", "administrators"})),
        }[what]
        call = partial(services.change, person.id, wanted, customer_id=self.customer.id)
        if isinstance(self.tried("changed", call, actor=self.actor(actor), now=now()), Exception):
            return
        assert actor.active
        assert actor.has_tab
        getattr(self, f"_{what}")(actor, person)

    def _suspend(self, actor: Member, person: Member) -> None:
        if person.active:
            assert actor is not person
            person.active = False
            person.out.append(now())
            person.end_sittings()
            self._silences(actor, person)

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
            self.circle.silenced.append((now(), actor))

    @rule(by=BOSS, whom=st.sampled_from([BARE, BARE, "dora"]), days=st.sampled_from([1, 3, 31]))
    def make_exception(self, by: str, whom: str, days: int) -> None:
        actor, person = self.members[by], self.members[whom]
        until = (now() + timedelta(days=days)).date()
        call = partial(exceptions.make, person.id, reason="A new phone.", until=until.isoformat())
        got = self.tried(
            "excepted", call, customer_id=self.customer.id, actor=self.actor(actor), now=now()
        )
        if isinstance(got, Exception):
            return
        assert actor.active
        assert actor.has_tab
        assert actor is not person
        assert self.circle.policy.everyone
        assert got.ends_at <= now() + MONTH
        person.excepted_until = got.ends_at

    @rule(
        by=st.sampled_from(
            [RecoveryBy.COLLEAGUE, RecoveryBy.COLLEAGUE, RecoveryBy.TWO, RecoveryBy.PROVIDER]
        ),
        wait=st.sampled_from([0, 24, 24]),
        everyone=st.booleans(),
        day=st.sampled_from([None, 1, 2, 4]),
        waves=st.booleans(),
    )
    def save_policy(
        self, *, by: RecoveryBy, wait: int, everyone: bool, day: int | None, waves: bool
    ) -> None:
        from_day: date | None = (now() + timedelta(days=day)).date() if day and everyone else None
        of = RequiredOf.EVERYONE if everyone else RequiredOf.TICKED
        waves = waves and from_day is not None
        call = partial(policies.ask, self.customer.id, required_of=of, waves=waves)
        got = self.tried(
            "policy saved", call, recovery_by=by, recovery_wait_hours=wait, from_day=from_day
        )
        if not isinstance(got, Exception):
            self.circle.policies.append(Asked(now(), str(by), wait, everyone, from_day))

    @rule(whom=st.sampled_from([BARE, BARE, *NAMES]))
    def come_with_the_mailbox(self, whom: str) -> None:
        """Come in with password and mailbox alone: enough where nothing is asked, and nothing else."""
        self.sit(self.members[whom], mailbox=True)

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
    for number in range(ROUNDS):
        run_state_machine_as_test(seed(number)(Company), settings=SETTINGS)
    assert Company.happened["steps"] >= LEAST_STEPS
    never = sorted(EXPECTED - set(Company.happened))
    assert len(never) <= (0 if ROUNDS >= 10 else len(EXPECTED) // 10), never
