"""The rehearsal equals what then happens: a random customer is rehearsed, the plan is applied, and everybody signs in.

Each round draws people in all states, with all kinds of factors, ticks, exceptions, mail that bounces; a policy, a
minimum and one of the brand as they are; and what is rehearsed: a version of one of them, or ticks. Then it is applied,
the clock is moved, everybody comes by the pages, and what they meet is compared with what was foretold.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from doorward.accounts import require_two_factors
from doorward.accounts.models import Administrator, MailProblem, Status
from doorward.audit.actor import CONSOLE
from doorward.credentials.trusted_browsers import policy_change
from doorward.kernel.errors import FieldsRefused
from doorward.policy import versions
from doorward.policy.fields import Kinds, RequiredOf, Values
from doorward.policy.versions import Wanted
from doorward.rollout.rehearsal import Plan, rehearse
from doorward.rollout.rules import Foretold, Outcome, Why
from doorward.signin import mailbox
from doorward.signin.models import MailboxProof
from tests.kit import browsers, codes, passkeys, people

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    import time_machine

    from doorward.policy.versions import Owner
    from tests.kit.softkey import SoftKey

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.one_database]

# FAULTS_REHEARSALS: how many; `make faults` does more.
ROUNDS, PEOPLE = int(os.environ.get("FAULTS_REHEARSALS", "4")), 8
TABS = ["home", "support", "activity", "administrators"]
# What somebody meets.
THROUGH, FREE, LATER, SET_UP, OTHER, STUCK, SHUT = (
    *("through, and held", "through, and free", "set-up, not now", "set-up"),
    *("set-up of another kind", "stuck", "shut"),
)


@dataclass(frozen=True, kw_only=True)
class Somebody:
    """One person, and what they carry."""

    row: Administrator
    has: str
    key: SoftKey | None = None
    recovery: list[str] = field(default_factory=list)

    @property
    def usable(self) -> bool:
        return self.has in {"app", "key", "both"}


class Drawn:
    """A random customer."""

    def __init__(self, dice: random.Random, *, now: datetime) -> None:
        self.dice, self.now = dice, now
        self.customer = people.make_customer()
        boss = people.make_administrator(self.customer, email="boss@h.example", tabs=TABS)
        self.people = [self._given(boss, "both")]
        self.people += [self._somebody(number) for number in range(PEOPLE)]
        # The minimums first: what is asked by them is nobody's own choice.
        for owner in self.owners():
            if dice.random() < 0.5:
                self._save(owner, self.values(owner), days=dice.choice([1, 10, 40]))

    def owners(self) -> list[Owner]:
        return [
            versions.minimum_of_brand(self.customer.brand_id),
            versions.minimum_of_customer(self.customer.id),
            versions.policy_of_customer(self.customer.id),
        ]

    def _save(self, owner: Owner, values: Values, *, days: int) -> None:
        since = self.now - timedelta(days=days)
        policy_change.save(owner, Wanted(values=values), actor=CONSOLE, now=since)

    def _somebody(self, number: int) -> Somebody:
        dice, email = self.dice, f"p{number}@h.example"
        if dice.random() < 0.15:
            row = people.invite(self.customer, email=email)
            self._write(row, mail_problem=self._problem())
            return Somebody(row=people.again(row), has="nothing")
        row = people.make_administrator(
            self.customer,
            email=email,
            tabs={"home", *dice.sample(TABS, dice.randint(0, 3))},
        )
        columns: dict[str, Any] = {
            "status": Status.SUSPENDED if dice.random() < 0.15 else Status.ACTIVE,
            "require_2fa": dice.random() < 0.25,
            "mail_problem": self._problem(),
            "joined_at": self.now - timedelta(days=dice.choice([0, 2, 20, 300])),
        }
        if dice.random() < 0.4 and not columns["require_2fa"]:
            columns["excepted_until"] = self.now + timedelta(days=dice.choice([1, 9, 25]))
        self._write(row, **columns)
        has = dice.choice(["nothing", "nothing", "app", "key", "both", "disabled", "rescued"])
        return self._given(people.again(row), has)

    def _problem(self) -> str:
        return MailProblem.FULL if self.dice.random() < 0.2 else MailProblem.NO

    def _write(self, row: Administrator, **columns: Any) -> None:
        Administrator.objects.of(self.customer.id).filter(id=row.id).update(**columns)

    def _given(self, row: Administrator, has: str) -> Somebody:
        if has in {"app", "both", "disabled", "rescued"}:
            codes.enable_app(row)
        recovery = codes.saved_codes(row) if has == "rescued" else []
        if has in {"disabled", "rescued"}:
            people.disable_apps(row)
        key = passkeys.add(row) if has in {"key", "both"} else None
        return Somebody(row=row, has=has, key=key, recovery=recovery)

    def values(self, owner: Owner) -> Values:
        dice = self.dice
        required = dice.choice([RequiredOf.EVERYONE, RequiredOf.EVERYONE, RequiredOf.TABS])
        if dice.random() < 0.25:
            required = RequiredOf.NOBODY if owner.is_minimum else RequiredOf.TICKED
        return replace(
            owner.default,
            required_of=required,
            tabs=frozenset({dice.choice(TABS)}),
            from_day=self._day(),
            newcomer_days=dice.choice([0, 0, 7]),
            waves=dice.random() < 0.4,
            kinds=dice.choice([Kinds.ANY, Kinds.ANY, Kinds.PHISHING_RESISTANT]),
            trust_days=dice.choice([0, 30]),
        )

    def _day(self) -> date | None:
        days = self.dice.choice([None, None, 6, 30])
        return None if days is None else (self.now + timedelta(days=days)).date()

    def plan(self) -> Plan:
        """Return what is rehearsed."""
        dice, owner = self.dice, self.dice.choice(self.owners())
        if dice.random() < 0.25:
            there = [one.row.id for one in self.people]
            some = frozenset(dice.sample(there, dice.randint(1, len(there))))
            return Plan(owner=versions.policy_of_customer(self.customer.id), people=some)
        starts = self.now + timedelta(days=dice.choice([2, 12])) if dice.random() < 0.3 else None
        return Plan(owner=owner, wanted=Wanted(values=self.values(owner), starts_at=starts))

    def signed_in(self) -> dict[UUID, Client]:
        """Sign in some of them, as they are; return the browsers of who is through, by person."""
        found = {}
        for who in self.people:
            if (
                who.row.status == Status.ACTIVE
                and who.has != "rescued"
                and self.dice.random() < 0.6
            ):
                browser = Client(HTTP_USER_AGENT=people.CHROME)
                if comes(who, browser) == LATER:
                    browser.post("/sign-in/set-up/", {"later": "on"})
                if browser.get("/").status_code == 200:
                    found[who.row.id] = browser
        return found

    def apply(self, plan: Plan) -> None:
        if plan.wanted is None:
            require_two_factors.require_several(
                plan.people, customer_id=self.customer.id, actor=CONSOLE, now=self.now
            )
        else:
            policy_change.save(plan.owner, plan.wanted, actor=CONSOLE, now=self.now)


def is_stopped(browser: Client) -> bool:
    """Return whether an open session may not go on, not even by putting the set-up off."""
    if browser.get("/").status_code == 200:
        return False
    browser.post("/sign-in/set-up/", {"later": "on"})
    return browser.get("/").status_code != 200


def comes(who: Somebody, browser: Client | None = None) -> str:
    """Sign somebody in by the pages, as well as they can; return what they meet."""
    browser = browser or Client(HTTP_USER_AGENT=people.CHROME)
    if who.row.status == Status.INVITED:
        return _accepts(browser, who)
    form = {"email": who.row.email, "password": people.PASSWORD, "next": ""}
    if browser.post("/sign-in/", form).status_code != 303:
        return SHUT
    return _meets(browser, who, verified=False)


def _accepts(browser: Client, who: Somebody) -> str:
    if people.again(who.row).status == Status.INVITED:
        browser.get(people.path_of("invitation", administrator=who.row))
        answer = browser.post("/invitation/", {"password": people.PASSWORD})
        assert answer.status_code == 303
    else:
        browsers.sign_in(browser, who.row)
    met = _meets(browser, who, verified=False)
    # Who got no mail would not have come so far.
    return STUCK if met == SET_UP and who.row.mail_problem else met


def _meets(browser: Client, who: Somebody, *, verified: bool) -> str:
    answer = browser.get("/")
    if answer.status_code == 200:
        return FREE if _is_free(answer, who) else THROUGH
    match answer["Location"].partition("?")[0]:
        case "/sign-in/code/" if not verified:
            return _verifies(browser, who)
        case "/sign-in/mailbox/":
            return _proves_mailbox(browser, who)
        case "/sign-in/set-up/":
            if 'name="later"' in browser.get("/sign-in/set-up/").content.decode():
                return LATER
            return OTHER if who.usable else SET_UP
        case _:
            return STUCK


def _is_free(answer: Any, who: Somebody) -> bool:
    """Return whether two factors could be turned off; of who has none, whether none are asked for."""
    page = answer.content.decode()
    if who.has == "nothing":
        return True
    return "/security/2fa/disable/" in page


def _verifies(browser: Client, who: Somebody) -> str:
    """Go through the second step with what is accepted: a passkey before an app, else a recovery code."""
    if who.key is not None:
        asked = passkeys.options(browser, "/sign-in/code/passkey/")
        credential = who.key.get(asked, passkeys.ORIGIN)
        answer = browser.post("/sign-in/code/", {"credential": credential, "trust": "on"})
    elif who.has == "app":
        answer = browser.post("/sign-in/code/", {"code": codes.next_code(who.row)})
    elif who.recovery:
        answer = browser.post("/sign-in/recovery/", {"code": who.recovery.pop()})
    else:
        return STUCK
    assert answer.status_code in {200, 303}, answer.content.decode()
    return _meets(browser, who, verified=True)


def _proves_mailbox(browser: Client, who: Somebody) -> str:
    browser.get("/sign-in/mailbox/")
    if who.row.mail_problem:
        return STUCK
    mine = MailboxProof.objects.filter(session__administrator=who.row)
    code = mailbox.code_of(mine.latest("created_at"))
    assert browser.post("/sign-in/mailbox/", {"code": code}).status_code == 303
    return _meets(browser, who, verified=True)


def expected(foretold: Foretold, who: Somebody, *, at: datetime) -> set[str]:
    """Return what somebody may meet at a moment by what was foretold."""
    if foretold.day is not None and at < foretold.day:
        # Who has nothing but a disabled device stands outside already.
        return {STUCK, SHUT} if who.has == "disabled" else {LATER, FREE, THROUGH}
    match foretold:
        case Foretold(outcome=Outcome.SET_UP_NEXT | Outcome.SET_UP_LATER):
            return {SET_UP}
        case Foretold(outcome=Outcome.OTHER_KIND_NEXT):
            return {OTHER}
        case Foretold(outcome=Outcome.STUCK):
            assert foretold.why in {Why.NO_MAIL, Why.ONLY_DISABLED}
            return {STUCK}
        case Foretold(outcome=Outcome.COVERED):
            return {THROUGH}
        case _:
            return {STUCK, SHUT} if who.has == "disabled" else {FREE, SHUT}


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_what_is_rehearsed_is_what_happens(seed: int, clock: time_machine.Traveller) -> None:
    dice = random.Random(seed)
    drawn = Drawn(dice, now=timezone.now())
    plan, signed_in = drawn.plan(), drawn.signed_in()
    clock.shift(timedelta(minutes=1))
    drawn.now = timezone.now()
    try:
        rehearsal = rehearse(plan, now=drawn.now)
    except FieldsRefused:
        pytest.skip("the version is refused")
    drawn.apply(plan)
    stopped = {one for one, browser in signed_in.items() if is_stopped(browser)}
    assert stopped == set(rehearsal.sessions.values())
    found = rehearsal.people
    told = {one.row.id: found[one.row.id].foretold for one in drawn.people}
    days = sorted({one.day for one in told.values() if one.day})
    met: dict[str, tuple[str, set[str]]] = {}
    end = drawn.now + timedelta(days=60)
    for at in [drawn.now, *(day + timedelta(seconds=1) for day in days), end]:
        clock.move_to(at)
        policy_change.begin_due(now=at)
        for who in drawn.people:
            foretold = told[who.row.id]
            # On their own day; who is through without one, when everything is over, too.
            own = at - timedelta(seconds=1) == foretold.day
            stays = at == end and foretold.day is None and foretold.through
            if at != drawn.now and not own and not stays:
                continue
            met[f"{who.row.email} {at:%d %H:%M} {foretold}"] = (
                comes(who),
                expected(foretold, who, at=at),
            )
    assert {one: both for one, both in met.items() if both[0] not in both[1]} == {}
    assert len(met) >= len(drawn.people)
