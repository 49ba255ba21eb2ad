"""The table at which the players of `test_machine.py` sit: one account, three browsers, one clock.

After each step each browser is asked for where the portal sends it, and a model (`model.py`) says where it
must be sent.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

import time_machine
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from doorward.accounts.models import Administrator, PasswordDue, Status
from doorward.audit.models import Event
from doorward.credentials.models import Factor
from doorward.customers.models import Customer
from doorward.kernel.db.hot_queries import HotQuery
from doorward.policy.fields import Kinds, RequiredOf
from doorward.policy.models import PolicyVersion
from tests.kit import browsers, codes, passkeys, people, policies
from tests.kit.softkey import UP, UV, SoftKey
from tests.whole.belongings import App, Key
from tests.whole.company import asks_everybody, day_in, kinds_of
from tests.whole.game import Game
from tests.whole.model import THROUGH, Company, Person
from tests.whole.players import Player, now

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

_numbers = count(1)
_OF_COMPANY = ("policy", "minimum")
_COLUMNS = (
    "id",
    "factors__id",
    "email",
    "require_2fa",
    "status",
    "password_due",
    *(f"customer__{one}" for one in _OF_COMPANY),
)


def _people(**ids: UUID) -> QuerySet[Any, Any]:
    found: QuerySet[Any, Any] = Administrator.objects.everywhere().filter(
        id__in=tuple(ids.values())
    )
    return found.order_by().values(*_COLUMNS)


def _told(told: int, **ids: UUID) -> QuerySet[Any, Any]:
    events = Event.objects.filter(id__gt=told, actor_id__in=tuple(ids.values()))
    return events.order_by("id").values("id", "actor_id", "actor_email")


# They are asked after each step: their SQL is written once.
_PEOPLE, _TOLD = HotQuery(_people), HotQuery(_told)


class Table(RuleBasedStateMachine):
    """Who sits at it, and what must be true after every step."""

    # Over all examples: what happened at all, so that nothing passes by never being tried.
    happened: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.clock = time_machine.travel(datetime(2026, 11, 24, 9, 0, 10, tzinfo=UTC), tick=False)
        self.time = self.clock.start()
        self.number = next(_numbers)
        # Of whom the requirement held after the last step, and whether by passkeys only.
        self.held: dict[str, bool] = {}
        # The last line of history that was looked at.
        self.told = 0

    def teardown(self) -> None:
        self.clock.stop()

    @initialize(
        has=st.sampled_from(["", "app", "passkey", "app passkey", "app passkey"]),
        ticked=st.sampled_from([True, False, False]),
        reads=st.booleans(),
        copied=st.sampled_from([True, False, False]),
        required=st.booleans(),
        days=st.sampled_from([0, 1]),
        passkeys_only=st.booleans(),
    )
    def begin(self, *, has: str, ticked: bool, reads: bool, copied: bool, **asked: Any) -> None:
        """Let the account have these factors; the thief gets its mail, and has the passkey copied, or not."""
        customer = people.make_customer(f"Harbour Bakery {self.number}")
        company = self._company(customer, **asked)
        ines = self._account(customer, company, "ines", tabs={"home"}, require_2fa=ticked)
        boss = self._account(customer, company, "nora", tabs={"home", "administrators", "account"})
        ines.ticked = ticked
        ines.readers[ines.email] = {"owner", "thief"} if reads else {"owner"}
        boss.readers[boss.email] = {"colleague"}
        theo = self._staff()
        self.players = {
            "owner": self._player("owner", ines),
            "thief": self._player("thief", ines),
            "colleague": self._player("colleague", boss),
            "staff": self._player("staff", theo),
        }
        self.person, self.people = ines, (ines, boss, theo)
        self.game = Game(self.players, self.happened)
        self._equip(has)
        for key in self.person.keys if copied else []:
            self.game.copy_passkey(self.players["thief"], key)

    def _staff(self) -> Person:
        """Return one of the provider's people, who has the Customers tab and not the right over colleagues."""
        provider = people.provider()
        # It is the same one in all examples, and what another one saved may be of a later day than this one's.
        PolicyVersion.objects.filter(customer_id=provider.id).delete()
        Customer.objects.filter(id=provider.id).update(minimum="")
        company = Company(provider.id)
        theo = self._account(provider, company, "theo", tabs={"home", "customers"})
        theo.readers[theo.email] = {"staff"}
        return theo

    def _company(
        self, customer: Customer, *, required: bool, days: int, passkeys_only: bool
    ) -> Company:
        """Have a customer ask this from the beginning, and two days of trust."""
        company = Company(customer.id, trust_days=2, passkeys_only=passkeys_only)
        company.ask(now(), required=required, day=day_in(days))
        policies.ask(
            customer.id,
            required_of=RequiredOf.EVERYONE if required else RequiredOf.TICKED,
            from_day=company.day,
            kinds=kinds_of(passkeys_only=passkeys_only),
            trust_days=2,
        )
        return company

    def _account(self, customer: Customer, company: Company, name: str, **rest: Any) -> Person:
        email = f"{name}{self.number}@harbourbakery.example"
        made = people.make_administrator(customer, email=email, **rest)
        return Person(made.id, email, people.PASSWORD, company, {})

    def _player(self, name: str, person: Person) -> Player:
        last = {"owner": 1, "thief": 2, "colleague": 3, "staff": 4}[name]
        address = f"10.{self.number >> 8}.{self.number & 255}.{last}"
        return Player.of(name, person, address=address)

    def _equip(self, has: str) -> None:
        """Return the owner their factors, and the thief a passkey of an account of their own."""
        row = people.again_by_id(self.person.id)
        if "app" in has:
            secret = codes.enable_app(row)
            [factor] = Factor.objects.filter(administrator_id=row.id)
            self.person.factors[factor.id] = App(secret, "owner", last_step=0)
        if "passkey" in has:
            device = passkeys.add(row, SoftKey(flags=UP | UV))
            [added] = self.game.factor_ids(self.person) - set(self.person.factors)
            self.person.factors[added] = Key(
                {"owner": device}, seen=device.sign_count, verified=True
            )
        if has:
            self.players["owner"].codes = codes.saved_codes(row)
            self.person.codes = set(self.players["owner"].codes)
        stranger = people.make_administrator(
            row.customer, email=f"mallory{self.number}@harbourbakery.example"
        )
        passkeys.add(stranger, self.players["thief"].stray)
        self.players["owner"].stray = self.players["thief"].stray

    # --- what must be true after every step -------------------------------------------------------

    @invariant()
    def everybody_is_sent_where_they_must_be(self) -> None:
        for player in self.players.values():
            due = player.due()
            assert player.is_sent_to() == due, (player.name, due)
            if player.session and due == THROUGH:
                player.session.touch(now())
                self._proved_what_is_asked(player)
        self.happened["steps"] += 1

    def _proved_what_is_asked(self, player: Player) -> None:
        """Hold what the portal wrote down of somebody who is through against what the policy asks."""
        person = player.person
        kind, recovered = player.proved_in_its_row()
        spared = bool(player.session and player.session.is_spared(now(), player.trust))
        assert kind or recovered or spared or not person.factors
        if spared and not kind:
            self.happened["through by trust"] += 1
        if not person.required or person.in_grace(now()):
            return
        assert person.taken
        if person.company.passkeys_only:
            assert kind == "passkey" or recovered or spared
            self.happened["through where only passkeys do"] += 1

    @invariant()
    def the_accounts_are_as_the_rules_left_them(self) -> None:
        rows = [row.values() for row in _PEOPLE.rows(**self._ids())]
        factors = {factor for _, factor, *_ in rows if factor}
        assert factors == {one for person in self.people for one in person.factors}
        found = {id: row for id, _, *row in rows}
        for person in self.people:
            *own, policy, minimum = found[person.id]
            written = [*own, *_asked_in(policy), asks_everybody(minimum)]
            assert written == _columns_of(person), (written, _columns_of(person))
            self._is_never_left_without(person)

    @invariant()
    def history_tells_people_apart(self) -> None:
        """Hold that who acted is named by an e-mail of theirs, whatever name they took."""
        for row in _TOLD.rows(told=self.told, **self._ids()):
            [person] = [one for one in self.people if one.id == row["actor_id"]]
            assert row["actor_email"] in person.readers
            self.told = row["id"]

    def _ids(self) -> dict[str, UUID]:
        return {f"id{place}": person.id for place, person in enumerate(self.people)}

    def _is_never_left_without(self, person: Person) -> None:
        """Hold that of whom something is asked, and who has it, has it as long as no more is asked."""
        only, name = person.company.passkeys_only, str(person.id)
        if person.required and name in self.held and self.held[name] >= only:
            assert person.taken
        self.held.pop(name, None)
        if person.required and person.taken:
            self.held[name] = only

    # --- who does it ------------------------------------------------------------------------------

    def player_of(self, name: str, *, first: str) -> Player:
        """Return a player who first came `in`, or did so and gave a `fresh` proof, as far as they can."""
        player = self.players[name]
        if first:
            self.wait_for_a_code(player)
            self.game.come_in(player)
        if first == "fresh":
            self.game.make_fresh(player)
        return player

    def with_the_password(self, name: str) -> Player:
        """Return a player who has given the password and no more: begin again, where this browser is through."""
        player = self.players[name]
        if player.due() == THROUGH:
            self.game.sign_out(player)
        self.wait_for_a_code(player)
        self.game.password(player)
        return player

    def wait_for_a_code(self, player: Player) -> None:
        """Let time pass until the apps show codes that were not used yet."""
        if any(app.fresh_step(now()) is None for app in player.apps):
            self.pass_time(timedelta(seconds=31))

    def age(self) -> None:
        """Let what was verified in the account's sessions be three hours older."""
        browsers.age_proofs(people.again_by_id(self.person.id))
        self.person.age(timedelta(hours=3))
        self.game.happened["proofs aged"] += 1

    def pass_time(self, span: timedelta) -> None:
        """Let time pass, and the worker work if it was its minute."""
        self.time.shift(span)
        if not timedelta(0) < span < timedelta(minutes=1):
            self.game.let_the_worker_work()


def _asked_in(policy: str) -> list[object]:
    """Return what the newest version of a policy asks, as it is written beside the customer."""
    values = json.loads(policy)[-1]["values"] if policy else {}
    asked = [values.get("from"), values.get("kinds", Kinds.ANY), values.get("trust_days", 0)]
    return [asks_everybody(policy), *asked]


def _columns_of(person: Person) -> list[object]:
    """Return what the portal should have written down of a person, and what their company asks."""
    company, status = person.company, Status.ACTIVE if person.active else Status.SUSPENDED
    kinds = kinds_of(passkeys_only=company.passkeys_only)
    day = company.day and company.day.isoformat()
    asked = [company.required, day, kinds, company.trust_days, company.minimum]
    due = PasswordDue.BREACHED if person.password_due else PasswordDue.NO
    return [person.email, person.ticked, status, due, *asked]
