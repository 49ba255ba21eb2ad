"""Owner, colleague, thief and clock play on, in any order, and the rules hold after every step.

The thief knows the password and sometimes reads the mail. After each step each browser is asked for
where the portal sends it, and a model of a few lines (`model.py`) says where it must be sent.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from doorward.administrators.models import Administrator, Status
from doorward.mfa.models import Factor
from tests import support
from tests.whole.game import Game
from tests.whole.model import App, Person
from tests.whole.players import Player

if TYPE_CHECKING:
    from doorward.customers.models import Customer

EXAMPLES, STEPS = 55, 40
# Less often than that, something was hardly tried.
LEAST = 3
_numbers = count(1)

ANYBODY = st.sampled_from(["owner", "owner", "thief", "colleague"])
WHO = st.sampled_from(["owner", "owner", "thief"])
BOSS = st.sampled_from(["colleague", "colleague", "colleague", "thief"])
# Whether they first do all that is asked of them, as far as they can.
COMES_IN = st.sampled_from([True, True, True, False])
OFTEN = st.sampled_from([True, True, True, False])
SECONDS = st.sampled_from([20, 31, 31, 90, 240, 500, 1860, 43200])


class Portal(RuleBasedStateMachine):
    """One account, three browsers, one clock."""

    # Over all examples: what happened at all, so that nothing is proved by never being tried.
    happened: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.clock = time_machine.travel(datetime(2026, 11, 24, 9, 0, 10, tzinfo=UTC), tick=False)
        self.time = self.clock.start()
        self.number = next(_numbers)
        self.protected = False

    def teardown(self) -> None:
        self.clock.stop()

    @initialize(app=st.booleans(), required=st.booleans(), reads=st.booleans())
    def begin(self, *, app: bool, required: bool, reads: bool) -> None:
        customer = support.make_customer(f"Harbour Bakery {self.number}")
        self.person = self._account(customer, "ines", tabs={"home"}, require_2fa=required)
        self.person.required = required
        boss = self._account(customer, "nora", tabs={"home", "administrators"})
        if app:
            secret = support.enable_app(support.again_by_id(self.person.id))
            [factor] = Factor.objects.filter(administrator_id=self.person.id)
            self.person.apps[factor.id] = App(secret, "owner", last_step=0)
        self.players = {
            "owner": self._player("owner", self.person, reads=True),
            "thief": self._player("thief", self.person, reads=reads),
            "colleague": self._player("colleague", boss, reads=True),
        }
        self.game = Game(self.person, self.happened)

    def _account(self, customer: Customer, name: str, **rest: Any) -> Person:
        email = f"{name}{self.number}@harbourbakery.example"
        made = support.make_administrator(customer, email=email, **rest)
        return Person(made.id, email, support.PASSWORD)

    def _player(self, name: str, person: Person, *, reads: bool) -> Player:
        last = {"owner": 1, "thief": 2, "colleague": 3}[name]
        address = f"10.{self.number >> 8}.{self.number & 255}.{last}"
        return Player.of(name, person, reads=reads, address=address)

    # --- what must be true after every step -------------------------------------------------------

    @invariant()
    def everybody_is_sent_where_they_must_be(self) -> None:
        for player in self.players.values():
            due = player.due(self.game.now)
            assert player.is_sent_to() == due, (player.name, due)
            if player.session:
                player.session.touch(self.game.now)
        self.happened["steps"] += 1

    @invariant()
    def the_account_is_as_the_rules_left_it(self) -> None:
        person = self.person
        rows = Administrator.objects.everywhere().filter(id=person.id)
        [(required, status)] = rows.values_list("require_2fa", "status")
        assert (required, status == Status.ACTIVE) == (person.required, person.active)
        assert self.game.factor_ids() == set(person.apps)
        # Whoever must have a factor and has one is never left without.
        assert person.apps or not (self.protected and person.required)
        self.protected = person.required and bool(person.apps)

    # --- the rules --------------------------------------------------------------------------------

    @rule(name=ANYBODY)
    def come_in(self, name: str) -> None:
        self.game.come_in(self.players[name])

    @rule(name=ANYBODY, right=OFTEN)
    def give_password(self, name: str, *, right: bool) -> None:
        self.game.password(self.players[name], right=right)

    @rule(name=WHO, which=st.sampled_from(["right", "replayed", "replayed", "wrong"]))
    def give_code(self, name: str, which: str) -> None:
        self._only_the_password(name)
        self.game.code(self.players[name], which)

    @rule(name=WHO, which=st.sampled_from(["right", "right", "used", "wrong"]))
    def give_recovery_code(self, name: str, which: str) -> None:
        self._only_the_password(name)
        self.game.recovery_code(self.players[name], which)

    @rule(name=WHO, right=OFTEN)
    def give_mailed_code(self, name: str, *, right: bool) -> None:
        self._only_the_password(name)
        self.game.mailed_code(self.players[name], right=right)

    @rule(name=WHO, first=COMES_IN, right=OFTEN)
    def set_up(self, name: str, *, first: bool, right: bool) -> None:
        self.game.set_up(self._player_of(name, first=first), right=right)

    @rule(name=WHO, first=COMES_IN, which=st.sampled_from(["right", "right", "replayed"]))
    def disable(self, name: str, *, first: bool, which: str) -> None:
        self.time.shift(timedelta(seconds=31))  # until the app shows another code
        self.game.disable(self._player_of(name, first=first), which)

    @rule(name=WHO, first=COMES_IN, which=st.integers(0, 9))
    @precondition(lambda self: self.person.apps)
    def remove_factor(self, name: str, *, first: bool, which: int) -> None:
        player = self._player_of(name, first=first)
        apps = list(self.person.apps)
        if apps:
            self.game.remove_factor(player, apps[which % len(apps)])

    @rule(name=WHO, first=COMES_IN)
    def make_new_recovery_codes(self, name: str, *, first: bool) -> None:
        self.game.make_new_codes(self._player_of(name, first=first))

    @rule(name=WHO)
    def save_codes(self, name: str) -> None:
        self.game.save_codes(self.players[name])

    @rule(name=WHO, first=COMES_IN)
    def prove_again(self, name: str, *, first: bool) -> None:
        self.game.prove_again(self._player_of(name, first=first))

    @rule(name=WHO, first=COMES_IN)
    def change_password(self, name: str, *, first: bool) -> None:
        self.game.change_password(self._player_of(name, first=first))

    @rule(name=WHO, again=st.booleans(), asks=st.booleans())
    def reset_password(self, name: str, *, again: bool, asks: bool) -> None:
        player = self.players[name]
        if asks:
            player.post("/password/forgot/", email=self.person.email)
        if player.reads:
            self.game.reset_password(player, again=again)

    @rule(name=WHO, first=COMES_IN)
    def end_other_sessions(self, name: str, *, first: bool) -> None:
        self.game.end_others(self._player_of(name, first=first))

    @rule(name=ANYBODY)
    def sign_out(self, name: str) -> None:
        self.game.sign_out(self.players[name])

    @rule(name=BOSS, first=COMES_IN, required=st.booleans(), active=OFTEN)
    def save_person(self, name: str, *, first: bool, required: bool, active: bool) -> None:
        player = self._player_of(name, first=first)
        self.game.save_person(player, required=required, active=active)

    @rule(name=BOSS, first=COMES_IN)
    def end_sessions_of_person(self, name: str, *, first: bool) -> None:
        self.game.end_sessions_of_person(self._player_of(name, first=first))

    @rule(seconds=SECONDS)
    def let_time_pass(self, seconds: int) -> None:
        self.time.shift(timedelta(seconds=seconds))

    def _player_of(self, name: str, *, first: bool) -> Player:
        if first:
            self.game.come_in(self.players[name])
        return self.players[name]

    def _only_the_password(self, name: str) -> None:
        """Begin anew, where this browser is through already."""
        player = self.players[name]
        if player.due(self.game.now) == "/":
            self.game.sign_out(player)
        self.game.password(player)


@pytest.mark.slow
def test_the_rules_hold_whoever_does_what_in_which_order(
    db: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("ERROR", "doorward")
    Portal.happened.clear()
    run_state_machine_as_test(
        Portal,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Portal.happened["steps"] >= 2000
    rare = {name: times for name, times in Portal.happened.items() if times < LEAST}
    assert not rare
