"""Coming back after a loss in `test_helping.py`: by a pass, by waiting, with a device of one's own, by mail alone."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from doorward.accounts import exceptions, mailed_links
from doorward.accounts.models import LinkPurpose
from doorward.credentials.errors import PasskeyNotOffered
from doorward.credentials.passkeys.challenges import Purpose
from doorward.credentials.passkeys.verify import Given
from doorward.credentials.password import change
from doorward.credentials.suspension import can_be_taken_back
from doorward.recovery import due_requests, lost_device, set_up_pass, waiting
from doorward.recovery.models import RecoveryRequest, SetUpPass, State
from doorward.signin import second_step
from doorward.signin import take_back as taking_back
from tests.kit import codes, passkeys, people
from tests.kit.factors import confirm, show
from tests.kit.softkey import SoftKey
from tests.whole.asked import DAY, HOUR
from tests.whole.helping import BARE, CLIENT, NAMES, NEW, Table, look_at_devices, now
from tests.whole.involved import Ask, Device, Member, Sitting

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from doorward.sessions.context import AuthContext
    from doorward.sessions.issuing import Started

ANY = st.sampled_from([*NAMES, "nora", NEW])
LOSER = st.sampled_from(["ann", "cleo", "dora", "dora", "eli", "hugo", "gail", BARE])
WHICH = st.sampled_from([0, 0, 0, 1, 2])
# How far what was begun is gone on with, at once.
FAR = st.integers(0, 4)
OFTEN = st.sampled_from([True, True, True, False])
SELDOM = st.sampled_from([False, False, False, True])


class Returning(Table):
    """All that somebody may do for themselves, and who has their password, or their mail."""

    def ask_of(self, which: int) -> Ask:
        return self.circle.asks[-1 - which % len(self.circle.asks)]

    def has_asks(self) -> bool:
        return bool(self.circle.asks)

    @rule(whom=LOSER, which=WHICH, own=OFTEN, by_link=SELDOM)
    @precondition(has_asks)
    def use_pass(self, whom: str, which: int, *, own: bool, by_link: bool) -> None:
        """Use the words, also another person's, also once more."""
        ask = self.ask_of(which)
        person = ask.person if own else self.members[whom]
        sitting = self.sit(person, by_link=by_link)
        auth, may = self.auth(sitting), self.circle.may_use(person, ask, sitting, now())
        assert auth is not None
        typed = ask.words or "one two three four five six seven eight"
        call = partial(set_up_pass.use, auth=auth, typed=typed)
        got = self.tried("pass used", call, actor=auth.actor(CLIENT), now=now())
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

    @rule(which=WHICH, passkey=st.booleans())
    @precondition(has_asks)
    def set_up_again(self, which: int, *, passkey: bool) -> None:
        """Set a new device up in the session that the pass let in; it takes the place of all others, once."""
        ask = self.ask_of(which)
        sitting, _person = ask.sitting, ask.person
        auth = self.auth(sitting) if sitting else None
        if sitting is None or auth is None or self.step(auth) != "set-up-factor":
            return
        assert not ask.over
        assert not sitting.ended
        if ask.back_at is None:
            assert not self.is_gone_by_time(ask)
        self._has_new_device(ask, sitting, auth, SoftKey() if passkey else None)

    def _has_new_device(
        self, ask: Ask, sitting: Sitting, auth: AuthContext, key: SoftKey | None
    ) -> None:
        person, others = ask.person, [*ask.person.devices]
        if key is not None:
            got = self.tried("set up again with a passkey", passkeys.register, auth, key)
        else:
            row, code = self.row(person), codes.code(show(auth))
            got = self.tried("set up again", confirm, auth, code, row)
        if isinstance(got, Exception):
            assert key is None
            assert self.circle.asked.passkeys_alone(person.home)
            return
        device = look_at_devices(person, key)
        assert device is not None
        # Only another kind, where that is asked for, is added to what was set up just now.
        there = [one for one in others if one.works] if ask.back_at else []
        assert person.devices == [*there, device]
        assert device.works
        sitting.token, sitting.proved = got.token, device.id
        person.since = person.proved_at = ask.back_at = ask.back_at or now()
        person.end_sittings(keep=sitting)

    @rule(whom=LOSER, mailbox=OFTEN, by_link=SELDOM, far=FAR)
    def wait(self, whom: str, far: int, *, mailbox: bool, by_link: bool) -> None:
        """Ask to wait, and go on with it."""
        before = len(self.circle.asks)
        self.ask_to_wait(whom, mailbox=mailbox, by_link=by_link)
        if far > 1 and len(self.circle.asks) > before:
            self.come_back_by_time(whom, self.circle.asked.wait(self.members[whom].home) * HOUR)

    def come_back_by_time(self, whom: str, span: timedelta) -> None:
        self.pass_time(span)
        self.work()
        self.use_pass(whom=whom, which=0, own=True, by_link=False)
        self.set_up_again(which=0, passkey=False)

    def ask_to_wait(self, whom: str, *, mailbox: bool, by_link: bool) -> None:
        person = self.members[whom]
        sitting = self.sit(person, mailbox=mailbox, by_link=by_link)
        auth, may = self.auth(sitting), self.circle.may_wait(person, sitting)
        assert auth is not None
        actor = auth.actor(CLIENT)
        got = self.tried("waits", waiting.ask, auth=auth, actor=actor, now=now())
        if isinstance(got, Exception):
            return
        assert may, whom
        due = now() + self.circle.asked.wait(person.home) * HOUR
        assert got.due_at == due
        self.circle.asks.append(Ask(got.id, person, person, now(), second=False, due=due))

    @rule()
    def work(self) -> None:
        """Let the worker come by: a pass is mailed to who has waited, nothing else begins by itself."""
        due_requests.end_due(now=now())
        exceptions.end_due(now=now())
        ids = [one.id for one in self.circle.asks]
        states = dict(RecoveryRequest.objects.filter(id__in=ids).values_list("id", "state"))
        for ask in self.circle.asks:
            if ask.over or states[ask.id] == State.ENDED:
                ask.over = True
            elif ask.by_mail and not ask.words and states[ask.id] == State.ISSUED:
                self._is_mailed(ask)

    def _is_mailed(self, ask: Ask) -> None:
        assert self.circle.may_be_mailed(ask, self.members.values(), now()), ask
        made = SetUpPass.objects.get(request_id=ask.id)
        self.gave_pass(ask, set_up_pass.words_of(made), by=None)
        self.happened["pass mailed" if ask.waiting else "mailed for the support"] += 1

    @rule(whom=ANY, which=st.integers(0, 1))
    def sign_in(self, whom: str, which: int) -> None:
        """Sign in with a device: one that is suspended or disabled verifies nothing, whatever it was asked for."""
        person = self.members[whom]
        sitting = self.sit(person)
        auth = self.auth(sitting)
        if not person.devices or auth is None or not person.active:
            return
        device = person.devices[which % len(person.devices)]
        verify_it = second_step.verify_code if device.key is None else second_step.verify_passkey
        if self._is_verified("signed in", verify_it, sitting, device, auth):
            assert device.works, whom
            self._proves(person, sitting, device)

    @rule(whom=ANY, which=st.integers(0, 1))
    def take_back(self, whom: str, which: int) -> None:
        person = self.members[whom]
        if not person.devices or not person.active:
            return
        device, sitting = person.devices[which % len(person.devices)], self.sit(person)
        at, auth = device.suspended_at, self.auth(sitting)
        assert auth is not None
        if self._is_verified("taken back", taking_back.take_back, sitting, device, auth):
            assert at is not None
            assert now() < at + DAY
            assert not device.locked
            device.suspended_at = None
            self._proves(person, sitting, device)

    def _is_verified(
        self,
        what: str,
        service: Callable[..., Started],
        sitting: Sitting,
        device: Device,
        auth: AuthContext,
    ) -> bool:
        """Return whether a service took what a device shows; the session is stepped up then."""
        key, actor = device.key, auth.actor(CLIENT)
        if key is None:
            row = people.again_by_id(auth.person.id)
            proof: dict[str, Any] = {"code": codes.next_code(row, name=device.name)}
        else:
            options = self._asked_for(auth)
            if options is None:
                return False
            given = Given(key.get(options, passkeys.ORIGIN), Purpose.SECOND_STEP, passkeys.PARTY)
            proof, what = {"given": given}, f"{what} with a passkey"
        if service is taking_back.take_back:
            proof = {"proof": next(iter(proof.values()))}
        got = self.tried(what, service, auth=auth, actor=actor, now=now(), **proof)
        if isinstance(got, Exception):
            return False
        sitting.token = got.token
        return True

    def _asked_for(self, auth: AuthContext) -> dict[str, Any] | None:
        """Return what a passkey is asked to answer at the second step, or where a lost one is taken back."""
        for one in (auth, can_be_taken_back(auth, now=now())):
            with suppress(PasskeyNotOffered):
                return passkeys.asked(one)
        return None

    def _proves(self, person: Member, sitting: Sitting, device: Device) -> None:
        sitting.proved, person.proved_at = device.id, now()

    @rule(
        whom=st.sampled_from(["ben", "dora", "cleo", "eli"]),
        which=st.integers(0, 1),
        finds_it=st.booleans(),
    )
    def report_lost(self, whom: str, which: int, *, finds_it: bool) -> None:
        """Suspend a device of one's own by the mailed link, with no session at all; `finds_it`: and take it back."""
        person = self.members[whom]
        there = [one for one in person.devices if one.works]
        if not there or not person.active:
            return
        device = there[which % len(there)]
        token = self._mailed(person, LinkPurpose.LOST)
        lost_device.suspend(token=token, chosen=[str(device.id)], client=CLIENT, now=now())
        device.suspended_at = now()
        person.end_sittings()
        self.loses_help(person)
        self.happened["reported lost"] += 1
        if finds_it:
            place = person.devices.index(device)
            self.sign_in(whom, place)
            self.take_back(whom, place)

    @rule(whom=st.sampled_from(["cleo", "dora", "eli", "hugo"]))
    def set_password_by_mail(self, whom: str) -> None:
        """Set a new password, as whoever reads the mail can: it stands for nothing but the mailbox."""
        person = self.members[whom]
        if not person.active:
            return
        token = self._mailed(person, LinkPurpose.RESET)
        started = change.reset(
            token=token,
            password=people.PASSWORD,
            browser_token="",
            client=CLIENT,
            now=now(),
        )
        person.end_sittings()
        person.sessions.append(Sitting(started.token, by_link=True))
        person.mailed_at = person.since = now()
        self.happened["password by mail"] += 1

    def _mailed(self, person: Member, purpose: LinkPurpose) -> str:
        link = mailed_links.make(purpose, administrator_id=person.id, now=now())
        return mailed_links.path(link).split("/")[-2]

    @rule(whom=st.sampled_from([BARE, BARE, *NAMES]))
    def come_with_the_mailbox(self, whom: str) -> None:
        """Come in with password and mailbox alone: enough where nothing is asked, and nothing else."""
        self.sit(self.members[whom], mailbox=True)
