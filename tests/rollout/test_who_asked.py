"""What goes on for who asked: time alone does not stop it; whatever else the gate would not let them in for does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator
from doorward.accounts.required_of import policy_of
from doorward.credentials.models import Factor
from doorward.customers.models import Brand, Customer, CustomerStatus
from doorward.policy.fields import Kinds, RequiredOf
from doorward.rollout import tick_runs
from doorward.rollout import who_asked as asking
from doorward.rollout.errors import (
    AskedTooLongAgo,
    AskerHeldBack,
    AskerLostRight,
    AskerSignedOut,
)
from doorward.rollout.models import RunState, TickRun
from doorward.sessions import ending
from doorward.sessions.models import Session
from tests.kit import codes, people, policies
from tests.kit.browsers import acting_in_a_session, acting_with_factor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from django.db.models import QuerySet

    from doorward.audit.actor import Actor
    from doorward.kernel.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let more than one be many, and one a part, one part a round."""
    monkeypatch.setattr(tick_runs, "IN_REQUEST", 1)
    monkeypatch.setattr(tick_runs, "PART", 1)
    monkeypatch.setattr(tick_runs, "PARTS_A_ROUND", 1)


@pytest.fixture
def boss(owner: Administrator) -> Administrator:
    """Return a second one who can help, so that the owner may lose anything."""
    there = people.make_administrator(
        owner.customer, email="boss@harbourbakery.example", tabs={"home", "administrators"}
    )
    codes.enable_app(there)
    return there


def begun(owner: Administrator, by: Actor) -> TickRun:
    several = [
        people.make_administrator(owner.customer, email=f"p{n}@harbourbakery.example")
        for n in range(5)
    ]
    ids = {one.id for one in several}
    return tick_runs.require(ids, customer_id=owner.customer_id, actor=by, now=timezone.now())


def session_of(by: Actor) -> QuerySet[Session]:
    assert by.session_id is not None
    return Session.objects.filter(id=by.session_id)


def state(run: TickRun) -> tuple[str, str]:
    again = TickRun.objects.get(id=run.id)
    return again.state, again.stopped_by


def stopped_by(why: type[Refusal]) -> tuple[str, str]:
    return RunState.STOPPED, why.code


def columns(owner: Administrator, **values: object) -> None:
    Administrator.objects.of(owner.customer_id).filter(id=owner.id).update(**values)


def test_time_alone_stops_nothing(owner, boss):
    """The browser is shut: idle for hours, reauthenticated long ago, past the end of the session."""
    codes.enable_app(owner)
    run = begun(owner, acting_with_factor(owner))
    for hours in (1, 13, 23):
        assert tick_runs.work_due(now=timezone.now() + timedelta(hours=hours)) == 1
    assert state(run) == (RunState.RUNNING, "")


def test_it_holds_for_a_day_and_again_once_somebody_goes_on(owner, boss):
    codes.enable_app(owner)
    by, now = acting_with_factor(owner), timezone.now()
    run = begun(owner, by)
    assert tick_runs.work_due(now=now + asking.HOLDS + timedelta(minutes=1)) == 0
    assert state(run) == stopped_by(AskedTooLongAgo)
    with_session = acting_with_factor(people.again(boss))
    later = now + timedelta(hours=30)
    tick_runs.resume(run.id, customer_id=owner.customer_id, actor=with_session, now=later)
    session_of(with_session).update(
        created_at=later, seen_at=later, password_at=later, factor_at=later
    )
    assert tick_runs.work_due(now=later + timedelta(hours=23)) == 1


def test_what_happened_in_the_session_since_stops_nothing(owner, boss):
    """It is used on: seen again, a factor verified again, a first device set up."""
    by = acting_in_a_session(owner)
    run, now = begun(owner, by), timezone.now()
    codes.enable_app(owner)
    app = Factor.objects.get(administrator=owner)
    later = now + timedelta(hours=2)
    session_of(by).update(seen_at=later, factor_at=later, factor_id=app.id, factor_kind="app")
    assert tick_runs.work_due(now=later) == 1
    assert tick_runs.work_due(now=later + timedelta(hours=5)) == 1
    assert state(run) == (RunState.RUNNING, "")


def signed_out(owner: Administrator, by: Actor, now: datetime) -> None:
    assert by.session_id is not None
    ending.sign_out(by.session_id, actor=by, now=now)


def ended_by_a_colleague(owner: Administrator, by: Actor, now: datetime) -> None:
    del by
    boss = Administrator.objects.of(owner.customer_id).get(email="boss@harbourbakery.example")
    policy = policy_of(people.again(owner), now=now)
    ending.end_all_of(subject=owner.who(), policy=policy, actor=acting_with_factor(boss), now=now)


def forgotten(owner: Administrator, by: Actor, now: datetime) -> None:
    del owner, now
    session_of(by).delete()


def moved_to_another_brand(owner: Administrator, by: Actor, now: datetime) -> None:
    del by, now
    brand = Brand.objects.create(name="Elsewhere", support_email="help@elsewhere.example")
    Customer.objects.filter(id=owner.customer_id).update(brand=brand)


def suspended(owner: Administrator, by: Actor, now: datetime) -> None:
    del by, now
    columns(owner, status="suspended")


def without_the_tab(owner: Administrator, by: Actor, now: datetime) -> None:
    del by, now
    columns(owner, tabs=" home ")


def customer_suspended(owner: Administrator, by: Actor, now: datetime) -> None:
    del by, now
    Customer.objects.filter(id=owner.customer_id).update(status=CustomerStatus.SUSPENDED)


def another_kind_is_asked(owner: Administrator, by: Actor, now: datetime) -> None:
    del by
    policies.ask(
        owner.customer_id,
        since=now,
        required_of=RequiredOf.EVERYONE,
        kinds=Kinds.PHISHING_RESISTANT,
    )


def device_disabled(owner: Administrator, by: Actor, now: datetime) -> None:
    del by, now
    people.disable_apps(owner)


def new_password_due(owner: Administrator, by: Actor, now: datetime) -> None:
    del by, now
    columns(owner, password_due="breached")


CASES: Mapping[Callable[..., None], type[Refusal]] = {
    signed_out: AskerSignedOut,
    ended_by_a_colleague: AskerSignedOut,
    forgotten: AskerSignedOut,
    moved_to_another_brand: AskerSignedOut,
    suspended: AskerLostRight,
    without_the_tab: AskerLostRight,
    customer_suspended: AskerLostRight,
    another_kind_is_asked: AskerHeldBack,
    device_disabled: AskerHeldBack,
    new_password_due: AskerHeldBack,
}


@pytest.mark.parametrize("what", CASES, ids=lambda one: one.__name__)
def test_whatever_else_changes_for_who_asked_stops_it(owner, boss, what):
    codes.enable_app(owner)
    by = acting_with_factor(owner)
    run = begun(owner, by)
    assert tick_runs.work_due(now=timezone.now()) == 1
    what(owner, by, timezone.now())
    assert tick_runs.work_due(now=timezone.now()) == 0
    assert state(run) == stopped_by(CASES[what])


def test_a_requirement_that_comes_meanwhile_stops_who_has_nothing(owner, boss):
    by = acting_in_a_session(owner)
    run, now = begun(owner, by), timezone.now()
    assert tick_runs.work_due(now=now) == 1
    policies.ask(owner.customer_id, since=now, required_of=RequiredOf.EVERYONE)
    assert tick_runs.work_due(now=now) == 0
    assert state(run) == stopped_by(AskerHeldBack)
