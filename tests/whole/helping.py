"""The table of `test_helping.py`: two companies whose people lose devices and help each other, and support.

Services on a real database; what must have been so for each deed to be taken, `circle.py` says.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import time_machine
from django.db import transaction
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from doorward.accounts.models import Administrator, Status
from doorward.audit.actor import Actor, ClientInfo
from doorward.audit.models import Event
from doorward.credentials.models import Factor
from doorward.customers import cached
from doorward.customers.models import Brand, Customer
from doorward.gate.evaluate import evaluate
from doorward.gate.loading import load
from doorward.gate.requirement import Need
from doorward.kernel.db.hot_queries import HotQuery
from doorward.kernel.errors import NotFound, Refusal
from doorward.permissions.errors import NotAuthorised
from doorward.policy.rules import FactorKind
from doorward.recovery.events import HELP_AGREED, PASS_USED
from doorward.sessions import issuing
from doorward.sessions.errors import SessionEnded
from tests.kit import codes, passkeys, people
from tests.kit.recovering import long_ago
from tests.whole.asked import HOUR, MONTH
from tests.whole.circle import Circle
from tests.whole.involved import PROVIDER, Ask, Device, Member, Sitting

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.db.models import QuerySet

    from doorward.sessions.context import AuthContext
    from tests.kit.softkey import SoftKey

BEGIN = datetime(2026, 11, 24, 9, 0, 10, tzinfo=UTC)
CLIENT = ClientInfo(address="10.0.0.1", browser="One")
BAKERY, CLINIC = "bakery", "clinic"
OFFICE = frozenset({"home", "account", "administrators"})
# Who there is, where, with what: an app, a passkey, or both. `liam` is new at the support, `fay` has no device.
WITH_TAB, WITHOUT, BARE = ("ann", "ben", "cleo"), ("dora", "eli"), "fay"
HAVE = {
    BAKERY: {
        "ann": "app",
        "ben": "passkey",
        "cleo": "app passkey",
        "dora": "app",
        "eli": "passkey",
        "fay": "",
    },
    CLINIC: {"gail": "app", "hugo": "passkey"},
    PROVIDER: {"nora": "app", "liam": "app"},
}
KEEPERS, NEW = {*WITH_TAB, "gail"}, "liam"
NAMES = (*HAVE[BAKERY], *HAVE[CLINIC])
_COLUMNS = (
    *("id", "status", "looks_after"),
    *(f"factors__{one}" for one in ("id", "suspended_at", "locked_at")),
)


def _people(**homes: UUID) -> QuerySet[Any, Any]:
    found: QuerySet[Any, Any] = Administrator.objects.everywhere().filter(
        customer_id__in=tuple(homes.values())
    )
    return found.order_by().values(*_COLUMNS)


def _told(told: int, first: UUID, second: UUID) -> QuerySet[Any, Any]:
    events = Event.objects.filter(id__gt=told, type__in=(HELP_AGREED, PASS_USED))
    return events.filter(customer_id__in=(first, second)).values("id", "type", "details")


# They are asked after each step: their SQL is written once.
_PEOPLE, _TOLD = HotQuery(_people), HotQuery(_told)


def now() -> datetime:
    """Read the clock, which stands still until a rule moves it."""
    return datetime.now(tz=UTC)


@dataclass
class World:
    """Two companies under one brand, in the first one three who can help, in the second one alone; and the support."""

    homes: dict[str, UUID]
    brand_id: UUID
    members: dict[str, Member] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)


def make_world() -> World:
    """Return it, in the database."""
    with time_machine.travel(BEGIN, tick=False):
        homes = {PROVIDER: people.provider()}
        brand = Brand.objects.create(name="Harbour", issuer="Harbour")
        for home in (BAKERY, CLINIC):
            homes[home] = people.make_customer(f"Harbour {home}")
            Customer.objects.filter(id=homes[home].id).update(brand=brand)
        made = World({home: customer.id for home, customer in homes.items()}, brand.id)
        for home, them in HAVE.items():
            for name, has in them.items():
                _add(made, name, homes[home], home, has)
        return made


def _add(world: World, name: str, customer: Customer, home: str, has: str) -> None:
    tabs = {"home", "customers"} if home == PROVIDER else {"home"}
    row = people.make_administrator(
        customer, email=f"{name}@harbour.example", tabs=OFFICE if name in KEEPERS else tabs
    )
    member = Member(name, row.id, home, name in KEEPERS or home == PROVIDER, since=now())
    if "app" in has:
        codes.enable_app(row)
    key = passkeys.add(row) if "passkey" in has else None
    if name != NEW:
        long_ago(row)
        member.since -= MONTH
    look_at_devices(member, key)
    world.members[name], world.actors[name] = member, Actor(person=row.who(), client=CLIENT)


def copied(member: Member) -> Member:
    """Return somebody as they were in the beginning, when nothing had happened to them."""
    devices = [replace(one) for one in member.devices]
    return Member(member.name, member.id, member.home, member.has_tab, member.since, devices)


def look_at_devices(member: Member, key: SoftKey | None) -> Device | None:
    """Take in what is new of somebody's devices, and what is gone; return the new one. `key`: of a new passkey."""
    rows = Factor.objects.filter(administrator_id=member.id).order_by("kind")
    found = {id: rest for id, *rest in rows.values_list("id", "name", "kind")}
    known = {one.id: one for one in member.devices}
    made = [
        Device(id, name, key if kind == FactorKind.PASSKEY else None)
        for id, (name, kind) in found.items()
        if id not in known
    ]
    member.devices = [one for id, one in known.items() if id in found] + made
    return made[-1] if made else None


class Table(RuleBasedStateMachine):
    """Who sits at it, and what must be true after every step."""

    happened: ClassVar[Counter[str]] = Counter()

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.clock = time_machine.travel(BEGIN, tick=False)
        self.time = self.clock.start()
        # Where somebody who could help has lost their own devices, or said so: nothing keeps them from it.
        self.lost: set[str] = set()
        # How often history tells of a yes and of a use, for each request, and the last line that was looked at.
        self.seen: Counter[tuple[str, str]] = Counter()
        self.told = 0

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.before)
        cached.forget()
        self.clock.stop()

    @initialize()
    def begin(self) -> None:
        """Let all be as it was in the beginning; what one example does, no other finds."""
        self.before = transaction.savepoint()
        self.homes, self.brand_id, self.actors = (
            self.world.homes,
            self.world.brand_id,
            self.world.actors,
        )
        self.circle = Circle((BAKERY, CLINIC), now())
        self.members = {name: copied(one) for name, one in self.world.members.items()}

    # --- what must be true after every step -------------------------------------------------------

    @invariant()
    def nobody_is_through_with_less_than_is_asked(self) -> None:
        for member in self.members.values():
            for sitting in member.sessions[-2:]:
                if sitting.buried:
                    continue
                if self.is_through(sitting):
                    self._is_rightly_through(member, sitting)
                # Of somebody who is not active nobody knows yet whether it comes back.
                sitting.buried = sitting.ended and member.active
        self.happened["steps"] += 1

    def _is_rightly_through(self, member: Member, sitting: Sitting) -> None:
        assert member.active, member.name
        assert not sitting.ended, member.name
        due = not member.is_support and self.circle.asked.is_due(member, now())
        if not member.devices:
            assert not due
            self.happened["through without one"] += 1
            return
        device = member.device(sitting.proved)
        assert device, member.name
        assert device.works, member.name
        if due and self.circle.asked.passkeys_alone(member.home):
            assert device.key, member.name
            self.happened["through where only passkeys do"] += 1
        self.happened["through by a device"] += 1

    @invariant()
    def the_rows_are_as_the_deeds_left_them(self) -> None:
        """Hold that somebody can help, too: both are told by one look at people and devices."""
        helping, works = set(), {}
        for row in _PEOPLE.rows(**self.homes):
            whose, status, looks_after, device, suspended_at, locked_at = row.values()
            if status == Status.ACTIVE and looks_after:
                helping.add(whose)
            if device is not None:
                works[device] = (whose, suspended_at is None and locked_at is None)
        assert works == {
            device.id: (one.id, device.works)
            for one in self.members.values()
            for device in one.devices
        }
        self._somebody_can_help(helping)

    def _somebody_can_help(self, found: set[UUID]) -> None:
        there = [one for one in self.members.values() if one.active and one.has_tab]
        keepers = {one.id: one for one in there if not one.is_support}
        assert found == set(keepers)
        for home in (BAKERY, CLINIC):
            theirs = [one for one in keepers.values() if one.home == home]
            assert theirs
            # Nobody is kept from saying that their own device is lost, and help suspends what was lost.
            assert home in self.lost or any(map(self._gets_through, theirs)), home

    def _gets_through(self, member: Member) -> bool:
        """Return whether somebody gets through, or is led to set something up."""
        asked = self.circle.asked
        only = self.circle.asked.passkeys_alone(member.home) and asked.is_due(member, now())
        works = [one for one in member.devices if one.works]
        return not member.devices or any(one.key or not only for one in works)

    @invariant()
    def history_tells_of_one_yes_and_one_use(self) -> None:
        for row in _TOLD.rows(told=self.told, first=self.homes[BAKERY], second=self.homes[CLINIC]):
            self.seen[row["type"], row["details"]["request"]] += 1
            self.told = max(self.told, row["id"])
        assert max(self.seen.values(), default=0) <= 1, self.seen
        used = {str(one.id) for one in self.circle.asks if one.used_at is not None}
        assert {request for kind, request in self.seen if kind == PASS_USED} == used

    # --- how it is done ---------------------------------------------------------------------------

    def row(self, member: Member) -> Administrator:
        return people.again_by_id(member.id)

    def actor(self, member: Member) -> Actor:
        return self.actors[member.name]

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
        except (Refusal, NotAuthorised, NotFound, SessionEnded) as refused:
            self.happened[f"{what} refused"] += 1
            return refused
        self.happened[what] += 1
        return found

    def done_to(
        self, what: str, call: Callable[..., Any], actor: Member, person: Member, **more: Any
    ) -> Any:
        """Return what came of what somebody does to somebody of a company; of another one nothing does."""
        by = self.actor(actor)
        if actor.home != person.home:
            found = self.tried(what, call, customer_id=self.homes[actor.home], actor=by, **more)
            assert isinstance(found, Exception), (actor.name, person.name)
            self.happened["refused elsewhere"] += 1
        return self.tried(what, call, customer_id=self.homes[person.home], actor=by, **more)

    def gave_pass(self, ask: Ask, words: tuple[str, ...], *, by: Member | None) -> None:
        """Note that the words of a request are out: older ones end. `by`: who read them out; None: they were mailed."""
        for one in self.circle.asks:
            if one.person is ask.person and one is not ask and one.used_at is None:
                one.pass_over = True
        ask.words, ask.made_at = " ".join(words), now()
        hands = {by, ask.asker} if ask.asker.is_support else {by}
        self.circle.given += [(now(), one, ask.person) for one in hands if one]
        if by:
            ask.person.lose(now())
            self.loses_help(ask.person)

    def ended(self, ask: Ask, by: Member | None) -> None:
        """Note that a request was refused, or that all that came of it was denied."""
        ask.over, ask.refused_at, ask.refused_by = True, now(), by
        if ask.back_at is not None:
            self.shut_out(ask.person)
        if ask.words:
            ask.person.end_sittings()

    def shut_out(self, person: Member) -> None:
        """Note that it was not them who came back: what they have is disabled, and they are out."""
        person.lock()
        person.end_sittings()
        self.loses_help(person)

    def loses_help(self, person: Member) -> None:
        if person.has_tab:
            self.lost.add(person.home)

    def is_gone_by_time(self, ask: Ask) -> bool:
        """Return whether nothing can come of a pass any more: an hour for the set-up."""
        pass_at = ask.sitting.pass_at if ask.sitting else None
        return pass_at is None or pass_at + HOUR <= now()

    def pass_time(self, span: timedelta) -> None:
        self.time.shift(span)
