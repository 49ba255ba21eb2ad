"""Help that is asked for in `test_helping.py`: by a colleague, by the support, and by who has no business with it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from doorward.accounts import exceptions, mailed_links
from doorward.accounts.models import LinkPurpose, MailedLink
from doorward.recovery import help as helping
from doorward.recovery import refusing, requests, support, veto
from doorward.recovery.models import RecoveryRequest, State
from tests.kit.recovering import HOW
from tests.whole.asked import DAY, MONTH
from tests.whole.helping import CLIENT, CLINIC, KEEPERS, NEW, WITH_TAB, now
from tests.whole.involved import SUPPORT_WAITS, Ask
from tests.whole.returning import FAR, LOSER, OFTEN, SELDOM, WHICH, Returning

# Also who has no tab, who is of the other company, and who is of the support.
BOSS = st.sampled_from([*WITH_TAB, *WITH_TAB, "dora", "gail"])
STAFF = st.sampled_from(["nora", "nora", "nora", NEW, "ann"])
ANYBODY = st.sampled_from([*WITH_TAB, "dora", "eli", "gail", "nora"])


class AskingForHelp(Returning):
    """All that anybody may do for, or against, somebody else."""

    @rule(by=BOSS, whom=LOSER, far=FAR, was_them=st.booleans(), passkey=st.booleans())
    def help(self, by: str, whom: str, far: int, *, was_them: bool, passkey: bool) -> None:
        """Help somebody, and go on with it: each is tried, also where it is refused."""
        before = len(self.circle.asks)
        self.ask_for_help(by, whom)
        if len(self.circle.asks) == before:
            return
        if far > 0 and self.ask_of(0).second:
            self.agree_all()
            self.fetch(by=by, which=0, own=True)
        self.go_on(far, passkey=passkey)
        if far > 3:
            self.say_who(by=by, which=0, was_them=was_them)

    @rule(by=STAFF, whom=LOSER, far=FAR, passkey=st.booleans(), taken_back=SELDOM)
    def ask_support(self, by: str, whom: str, far: int, *, passkey: bool, taken_back: bool) -> None:
        """Let the support ask, and go on with it: by somebody's yes, or by time where nobody is left to say it."""
        before = len(self.circle.asks)
        self.ask_as_support(by, whom)
        if len(self.circle.asks) == before:
            return
        if taken_back:
            self.refuse(by=by, which=0)
        if far > 0 and self.ask_of(0).due is not None:
            self.come_back_by_time(whom, SUPPORT_WAITS)
        elif far > 0:
            self.agree_all()
            self.fetch(by="nora", which=0, own=True)
            self.go_on(far, passkey=passkey)

    def agree_all(self) -> None:
        """Let everybody who could be the second one try."""
        theirs = [
            one for one in sorted(KEEPERS) if self.members[one].home == self.ask_of(0).person.home
        ]
        for other in theirs:
            self.agree(by=other, which=0)

    def go_on(self, far: int, *, passkey: bool) -> None:
        """Let the person use the pass, and set up a new device by it."""
        if far > 1:
            self.use_pass(whom=self.ask_of(0).person.name, which=0, own=True, by_link=False)
        if far > 2:
            self.set_up_again(which=0, passkey=passkey)

    def ask_for_help(self, by: str, whom: str) -> None:
        actor, person = self.members[by], self.members[whom]
        may = self.circle.may_help(actor, person, now())
        second = self.circle.wants_second(person, now())
        call = partial(helping.help_person, person.id, how=HOW, now=now())
        got = self.done_to("helped", call, actor, person)
        if isinstance(got, Exception):
            return
        assert may, (by, whom)
        assert bool(got.words) != second, (by, whom)
        ask = Ask(got.request.id, person, actor, now(), second, now() + DAY if second else None)
        self._takes_the_place(ask)
        self.happened["asked for a second yes"] += second
        if got.words:
            self.gave_pass(ask, got.words, by=actor)

    def ask_as_support(self, by: str, whom: str) -> None:
        actor, person = self.members[by], self.members[whom]
        may = self.circle.may_ask_as_support(actor, person, now())
        everybody = self.members.values()
        waits = not self.circle.who_could_agree(person, everybody, now())
        call = partial(support.ask, person.id, how=HOW, actor=self.actor(actor), now=now())
        # By the other company's address nobody of this one is found.
        elsewhere = "bakery" if person.home == CLINIC else CLINIC
        refused = self.tried("asked as support", call, customer_id=self.homes[elsewhere])
        assert isinstance(refused, Exception)
        got = self.tried("asked as support", call, customer_id=self.homes[person.home])
        if isinstance(got, Exception):
            return
        assert may, (by, whom)
        assert (got.due_at is not None) == waits
        if waits:
            assert person.has_own_password
            assert self.circle.may_go_by_time(person, everybody, now(), now())
        due = now() + SUPPORT_WAITS if waits else None
        self._takes_the_place(Ask(got.id, person, actor, now(), second=True, due=due))

    def _takes_the_place(self, ask: Ask) -> None:
        for one in self.circle.asks:
            one.over = one.over or (one.person is ask.person and not one.words)
        self.circle.asks.append(ask)

    @rule(by=BOSS, which=WHICH)
    @precondition(lambda self: self.has_asks())
    def agree(self, by: str, which: int) -> None:
        actor, ask = self.members[by], self.ask_of(which)
        may = self.circle.may_agree(actor, ask, now())
        call = partial(requests.agree, ask.id, now=now())
        if self.done_to("agreed", call, actor, ask.person) is None:
            assert may, (by, ask)
            ask.agreed_at, ask.agreed_by = now(), actor
            self.happened["agreed with the support"] += ask.asker.is_support

    @rule(by=ANYBODY, which=WHICH, own=OFTEN)
    @precondition(lambda self: self.has_asks())
    def fetch(self, by: str, which: int, *, own: bool) -> None:
        """Fetch the words; `own`: as who is to read them out, where there is somebody."""
        ask = self.ask_of(which)
        reader = ask.reader if own else None
        actor = self.members[by] if reader is None else reader
        may = self.circle.may_fetch(actor, ask, now())
        call = partial(requests.fetch, ask.id, now=now())
        got = self.done_to("fetched", call, actor, ask.person)
        if isinstance(got, tuple):
            assert may, (by, ask)
            ask.agreed_at = ask.agreed_at or now()
            self.gave_pass(ask, got, by=actor)

    @rule(by=ANYBODY, which=WHICH)
    @precondition(lambda self: self.has_asks())
    def refuse(self, by: str, which: int) -> None:
        """Refuse as a colleague, or take back what the support asked."""
        actor, ask = self.members[by], self.ask_of(which)
        of_support = actor.is_support and ask.asker.is_support
        may = actor.active and actor.has_tab and (of_support or actor.home == ask.person.home)
        may = may and not ask.over and ask.back_at is None
        call = partial(support.take_back if actor.is_support else refusing.refuse, ask.id)
        home = self.homes[ask.person.home]
        if actor.is_support:
            got = self.tried(
                "taken back by support", call, customer_id=home, actor=self.actor(actor), now=now()
            )
        else:
            got = self.done_to("refused", partial(call, now=now()), actor, ask.person)
        if got is None:
            assert may, (by, ask)
            self.ended(ask, actor)

    @rule(which=WHICH)
    @precondition(lambda self: self.has_asks())
    def object_by_mail(self, which: int) -> None:
        """Object with the link that was mailed: once, to that help, or to what took its place."""
        ask = self.ask_of(which)
        link = MailedLink.objects.filter(purpose=LinkPurpose.VETO, about=ask.id).first()
        if link is None:
            return
        token = mailed_links.path(link).split("/")[-2]
        later = [one for one in self.circle.asks if one.person is ask.person and one.at >= ask.at]
        got = self.tried("objected", veto.veto, token=token, client=CLIENT, now=now())
        if isinstance(got, State):
            rows = RecoveryRequest.objects.filter(id__in=[one.id for one in later], state=got)
            ids = set(rows.values_list("id", flat=True))
            [ended] = [one for one in later if one.id in ids and not one.over]
            assert (got == State.DENIED) == (ended.back_at is not None)
            self.ended(ended, ask.person)

    @rule(by=BOSS, which=WHICH, was_them=st.booleans())
    @precondition(lambda self: self.has_asks())
    def say_who(self, by: str, which: int, *, was_them: bool) -> None:
        actor, ask = self.members[by], self.ask_of(which)
        call = partial(requests.say_who, ask.id, was_them=was_them, now=now())
        word = "said it was them" if was_them else "said it was not"
        if self.done_to(word, call, actor, ask.person) is not None:
            return
        assert actor.active
        assert actor.has_tab
        assert actor is not ask.person
        assert actor.home == ask.person.home
        assert ask.used_at is not None
        assert now() < ask.used_at + MONTH
        assert not ask.over
        if not was_them:
            self.ended(ask, actor)
            self.shut_out(ask.person)

    @rule(
        by=st.sampled_from(["nora", "gail", "ann"]), as_whom=st.sampled_from(WITH_TAB), which=WHICH
    )
    @precondition(lambda self: self.has_asks())
    def act_as_somebody(self, by: str, as_whom: str, which: int) -> None:
        """Act in a colleague's name, as the support that manages their portal does: of help nothing is open to it."""
        ask, boss = self.ask_of(which), self.members[as_whom]
        actor = replace(self.actor(self.members[by]), on_behalf_of=self.actor(boss).person)
        whose: dict[str, Any] = {"customer_id": self.homes[boss.home], "actor": actor, "now": now()}
        until = (now() + DAY).date().isoformat()
        for deed in (
            partial(helping.help_person, ask.person.id, how=HOW),
            partial(requests.agree, ask.id),
            partial(requests.fetch, ask.id),
            partial(refusing.refuse, ask.id),
            partial(requests.say_who, ask.id, was_them=True),
            partial(exceptions.make, ask.person.id, reason="A new phone.", until=until),
        ):
            assert isinstance(self.tried("in another's name", deed, **whose), Exception)
