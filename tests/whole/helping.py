"""The table of `test_helping.py`: a company whose people lose their devices, and help each other, or do not.

Services on a real database; what must have been so for each deed to be taken, `circle.py` says.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

import time_machine
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from doorward.accounts.models import Administrator, Status
from doorward.audit.actor import Actor, ClientInfo
from doorward.audit.models import Event
from doorward.credentials.models import USABLE, Factor
from doorward.gate.evaluate import evaluate
from doorward.gate.loading import load
from doorward.gate.requirement import Need
from doorward.kernel.errors import Refusal
from doorward.permissions.errors import NotAuthorised
from doorward.recovery.events import HELP_AGREED, PASS_USED
from doorward.recovery.models import SetUpPass
from doorward.sessions import issuing
from doorward.sessions.errors import SessionEnded
from tests.kit import codes, people
from tests.kit.recovering import long_ago
from tests.whole.circle import HOUR, MONTH, Ask, Circle, Member, Sitting

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorward.sessions.context import AuthContext

_numbers = count(1)
WITH_TAB, WITHOUT, BARE = ("ann", "ben", "cleo"), ("dora", "eli"), "fay"
NAMES = (*WITH_TAB, *WITHOUT, BARE)
_OFFICE = frozenset({"home", "account", "administrators"})


def now() -> datetime:
    """Read the clock, which stands still until a rule moves it."""
    return datetime.now(tz=UTC)


class Table(RuleBasedStateMachine):
    """Who sits at it, and what must be true after every step."""

    happened: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.clock = time_machine.travel(datetime(2026, 11, 24, 9, 0, 10, tzinfo=UTC), tick=False)
        self.time = self.clock.start()
        self.number = next(_numbers)
        # Whether somebody who could help has said that their own device is lost: nothing keeps them from it.
        self.lost = False
        self.told = 0

    def teardown(self) -> None:
        self.clock.stop()

    @initialize()
    def begin(self) -> None:
        """Let three have the Administrators tab, two not, and one have no device."""
        self.customer = people.make_customer(f"Harbour Bakery {self.number}")
        self.circle, self.members = Circle(now()), {one: self._member(one) for one in NAMES}
        self.told = Event.objects.order_by("-id").values_list("id", flat=True)[0]

    def _member(self, name: str) -> Member:
        has_tab = name in WITH_TAB
        email = f"{name}{self.number}@harbourbakery.example"
        row = people.make_administrator(
            self.customer, email=email, tabs=_OFFICE if has_tab else {"home"}
        )
        if name != BARE:
            codes.enable_app(row)
        long_ago(row)
        member = Member(name, row.id, has_tab, since=now() - MONTH)
        member.device = self.device_of(member)
        return member

    # --- what must be true after every step -------------------------------------------------------

    @invariant()
    def nobody_is_through_with_less_than_is_asked(self) -> None:
        for member in self.members.values():
            for sitting in member.sessions[-2:]:
                if self.is_through(sitting):
                    self._is_rightly_through(member, sitting)
        self.happened["steps"] += 1

    def _is_rightly_through(self, member: Member, sitting: Sitting) -> None:
        assert member.active, member.name
        assert not sitting.ended, member.name
        if member.device is not None:
            assert member.is_able, member.name
            assert sitting.proved == member.device, member.name
            self.happened["through by a device"] += 1
        else:
            assert not self.circle.is_due(member, now())
            self.happened["through without one"] += 1

    @invariant()
    def somebody_can_help(self) -> None:
        rows = Administrator.objects.of(self.customer.id)
        office = rows.filter(status=Status.ACTIVE, looks_after=True)
        members = [one for one in self.members.values() if one.active and one.has_tab]
        assert set(office.values_list("id", flat=True)) == {one.id for one in members}
        assert members
        # Nobody is kept from saying that their own device is lost, and help suspends what was lost.
        assert self.lost or any(one.is_able or one.suspended_at for one in members)

    @invariant()
    def the_rows_are_as_the_deeds_left_them(self) -> None:
        rows = Factor.objects.filter(administrator__customer=self.customer)
        members = self.members.values()
        there = {one.id: one.device for one in members if one.device is not None}
        assert dict(rows.values_list("administrator_id", "id")) == there
        usable = set(rows.filter(USABLE).values_list("administrator_id", flat=True))
        assert usable == {one.id for one in members if one.is_able}

    @invariant()
    def history_tells_of_one_yes_and_one_use(self) -> None:
        seen = Counter(
            Event.objects.filter(
                customer_id=self.customer.id, type__in=(HELP_AGREED, PASS_USED)
            ).values_list("type", "details__request")
        )
        assert not seen or max(seen.values()) == 1, seen
        used = SetUpPass.objects.filter(
            administrator__customer=self.customer, used_at__isnull=False
        )
        rows = {id for kind, id in seen if kind == PASS_USED}
        assert {str(id) for id in used.values_list("request_id", flat=True)} == rows

    # --- how it is done ---------------------------------------------------------------------------

    def device_of(self, member: Member) -> Any:
        """Return the one device of somebody, as the database has it; None: there is none."""
        rows = Factor.objects.filter(administrator_id=member.id)
        return next(iter(rows.values_list("id", flat=True)), None)

    def row(self, member: Member) -> Administrator:
        return people.again_by_id(member.id)

    def actor(self, member: Member) -> Actor:
        return replace(people.actor(self.row(member)), client=self.client())

    def client(self) -> ClientInfo:
        return ClientInfo(address=f"10.{self.number >> 8}.{self.number & 255}.1", browser="One")

    def step(self, auth: AuthContext) -> str:
        return str(evaluate(auth, Need.THROUGH, now=now()).step)

    def sit(self, member: Member, *, by_link: bool = False, mailbox: bool = False) -> Sitting:
        """Return a new browser of somebody, in which the password was given, or a mailed link in its place."""
        columns: dict[str, Any] = {"password_at": now(), "from_link": by_link}
        if mailbox:
            columns["mailbox_at"] = now()
        started = issuing.begin(
            self.row(member), actor=self.actor(member), now=now(), known_browser=True, **columns
        )
        sitting = Sitting(started.token, by_link, mailbox)
        member.sessions.append(sitting)
        return sitting

    def auth(self, sitting: Sitting) -> AuthContext | None:
        return load(sitting.token, now=now())

    def is_through(self, sitting: Sitting) -> bool:
        return evaluate(self.auth(sitting), Need.THROUGH, now=now()).through

    def tried(self, what: str, call: Callable[..., Any], *given: Any, **more: Any) -> Any:
        """Return what a deed brought, or the refusal."""
        try:
            found = partial(call, *given, **more)()
        except (Refusal, NotAuthorised, SessionEnded) as refused:
            self.happened[f"{what} refused"] += 1
            return refused
        self.happened[what] += 1
        return found

    def gave_pass(self, ask: Ask, words: tuple[str, ...], *, suspends: bool = True) -> None:
        """Note that the words of a request are out: older ones end, and what is suspended is."""
        for one in self.circle.asks:
            if one.person is ask.person and one is not ask and one.used_at is None:
                one.pass_over = True
        ask.words, ask.made_at = " ".join(words), now()
        person = ask.person
        if suspends:
            self.circle.given.append((now(), ask.asker, person))
            person.suspended_at = person.suspended_at or now()
            person.end_sittings()

    def ended(self, ask: Ask, by: Member | None) -> None:
        """Note that a request was refused, or that all that came of it was denied."""
        ask.over, ask.refused_at, ask.refused_by = True, now(), by
        if ask.back_at is not None:
            ask.person.locked = True
        if ask.words:
            ask.person.end_sittings()

    def is_gone_by_time(self, ask: Ask) -> bool:
        """Return whether nothing can come of a pass any more: an hour for the set-up."""
        pass_at = ask.sitting.pass_at if ask.sitting else None
        return pass_at is None or pass_at + HOUR <= now()

    def pass_time(self, span: timedelta) -> None:
        self.time.shift(span)
