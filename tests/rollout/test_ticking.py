"""Ticks for many: done part by part, once, by the right of who asked, and with a word on whoever was left out."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from django.utils import timezone

from doorward.accounts.errors import HelperNeedsFactor, NothingSelected
from doorward.accounts.events import TWO_FACTOR_REQUIRED
from doorward.accounts.models import Administrator, Status
from doorward.audit.actor import Actor, ActorType
from doorward.credentials.models import Factor
from doorward.kernel.errors import NotFound
from doorward.notifications.worker import run_once
from doorward.permissions.errors import NotAuthorised
from doorward.rollout import tick_runs
from doorward.rollout.errors import (
    AlreadyRunning,
    AskerLostRight,
    AskerSignedOut,
    NobodyLeft,
    RemovedMeanwhile,
    RunOver,
)
from doorward.rollout.events import (
    REQUIRING_BEGUN,
    REQUIRING_DONE,
    REQUIRING_GOES_ON,
    REQUIRING_STOPPED,
)
from doorward.rollout.models import RunState, Tick, TickOutcome, TickRun
from doorward.rollout.tick_runs import Numbers
from doorward.sessions import ending
from tests.kit import codes, people
from tests.kit.browsers import acting_in_a_session, acting_with_factor
from tests.kit.racing import at_once

if TYPE_CHECKING:
    from collections.abc import Iterable

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let more than three be many, and two a part, one part a round."""
    monkeypatch.setattr(tick_runs, "IN_REQUEST", 3)
    monkeypatch.setattr(tick_runs, "PART", 2)
    monkeypatch.setattr(tick_runs, "PARTS_A_ROUND", 1)


@pytest.fixture
def crowd(owner: Administrator) -> list[Administrator]:
    """Return five people without the tab; the owner has an app, so that help is never lost."""
    codes.enable_app(owner)
    return [
        people.make_administrator(owner.customer, email=f"p{n}@harbourbakery.example")
        for n in range(5)
    ]


@pytest.fixture
def asker(owner: Administrator, crowd: list[Administrator]) -> Actor:
    """Return the owner, who has an app, as a page would let them in."""
    assert crowd
    return acting_with_factor(owner)


def require(actor: Actor, owner: Administrator, people_: Iterable[Administrator]) -> TickRun:
    ids = {one.id for one in people_}
    return tick_runs.require(ids, customer_id=owner.customer_id, actor=actor, now=timezone.now())


def work() -> int:
    return tick_runs.work_due(now=timezone.now())


def again(run: TickRun) -> TickRun:
    return TickRun.objects.get(id=run.id)


def ticked(owner: Administrator) -> int:
    return Administrator.objects.of(owner.customer_id).filter(require_2fa=True).count()


def test_a_few_are_done_at_once(owner, crowd, asker):
    run = require(asker, owner, crowd[:3])
    assert (run.state, tick_runs.numbers(run)) == (RunState.DONE, Numbers(ticked=3))
    assert len(people.events(TWO_FACTOR_REQUIRED)) == 3
    assert not people.events(REQUIRING_BEGUN)
    assert tick_runs.to_be_told(owner.customer_id, now=timezone.now()) is None
    assert work() == 0


def test_many_are_done_by_the_worker_part_by_part(owner, crowd, asker):
    run = require(asker, owner, crowd)
    assert (run.state, ticked(owner)) == (RunState.RUNNING, 0)
    assert tick_runs.to_be_told(owner.customer_id, now=timezone.now()) == run
    for done in (2, 4, 5):
        assert work()
        assert tick_runs.numbers(run) == Numbers(waiting=5 - done, ticked=done)
        assert ticked(owner) == done
    assert again(run).state == RunState.DONE
    assert work() == 0
    events = people.events(TWO_FACTOR_REQUIRED)
    assert len(events) == 5
    assert {(one.actor_id, one.actor_type) for one in events} == {(owner.id, ActorType.PERSON)}
    assert {one.credential_id for one in events} == {asker.session_id}
    (begun,), (over,) = people.events(REQUIRING_BEGUN), people.events(REQUIRING_DONE)
    assert begun.details == {"people": 5, "done": 0}
    assert over.details == {"people": 5, "done": 5}


def test_the_worker_does_it_in_its_rounds(owner, crowd, asker):
    run = require(asker, owner, crowd)
    for _round in range(3):
        run_once(timezone.now())
    assert (again(run).state, ticked(owner)) == (RunState.DONE, 5)


def test_who_has_it_already_and_who_was_removed_is_said(owner, crowd, asker):
    rows = Administrator.objects.of(owner.customer_id)
    rows.filter(id=crowd[0].id).update(require_2fa=True)
    run = require(asker, owner, crowd)
    rows.filter(id=crowd[1].id).update(status=Status.REMOVED)
    while work():
        pass
    assert tick_runs.numbers(run) == Numbers(ticked=3, already=1, failed=1)
    left = Tick.objects.get(outcome=TickOutcome.FAILED)
    assert (left.administrator_id, left.reason) == (crowd[1].id, RemovedMeanwhile.code)
    assert again(run).failed == 1
    assert tick_runs.to_be_told(owner.customer_id, now=timezone.now()) == run
    later = timezone.now() + tick_runs.TOLD
    assert tick_runs.to_be_told(owner.customer_id, now=later) is None


def test_of_a_few_too_who_was_removed_is_listed_and_the_others_are_done(owner, crowd, asker):
    rows = Administrator.objects.of(owner.customer_id)
    rows.filter(id=crowd[0].id).update(status=Status.REMOVED)
    run = require(asker, owner, crowd[:3])
    assert tick_runs.numbers(run) == Numbers(ticked=2, failed=1)


def test_nobody_of_others_and_nobody_at_all(owner, crowd, asker, outsider):
    for strangers in ([outsider], [*crowd, outsider]):
        with pytest.raises(NotFound):
            require(asker, owner, strangers)
    with pytest.raises(NothingSelected):
        require(asker, owner, [])
    Administrator.objects.of(owner.customer_id).filter(id=crowd[0].id).update(status=Status.REMOVED)
    with pytest.raises(NobodyLeft):
        require(asker, owner, crowd[:1])
    assert not TickRun.objects.exists()
    assert not ticked(owner)


def test_killed_in_the_middle_of_a_part_nothing_is_lost_and_nothing_done_twice(
    owner, crowd, asker, monkeypatch
):
    run = require(asker, owner, crowd)
    work()

    def killed(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        # After the ticks of the second part, before they are written down as done.
        patched.setattr(tick_runs, "_mark", killed)
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            work()
    assert (ticked(owner), tick_runs.numbers(run)) == (2, Numbers(waiting=3, ticked=2))
    while work():
        pass
    assert tick_runs.numbers(run) == Numbers(ticked=5)
    assert len(people.events(TWO_FACTOR_REQUIRED)) == 5


def test_stopped_nobody_more_is_done_until_somebody_goes_on(owner, crowd, asker):
    boss = people.make_administrator(
        owner.customer, email="boss@harbourbakery.example", tabs={"home", "administrators"}
    )
    run, by_boss = require(asker, owner, crowd), acting_in_a_session(boss)
    whose = {"customer_id": owner.customer_id, "now": timezone.now()}
    with pytest.raises(RunOver):
        tick_runs.resume(run.id, actor=by_boss, **whose)
    work()
    tick_runs.stop(run.id, actor=by_boss, **whose)
    assert work() == 0
    assert (ticked(owner), again(run).state) == (2, RunState.STOPPED)
    with pytest.raises(RunOver):
        tick_runs.stop(run.id, actor=by_boss, **whose)
    tick_runs.resume(run.id, actor=by_boss, **whose)
    while work():
        pass
    assert (ticked(owner), again(run).asked_by_id) == (5, boss.id)
    actors = [one.actor_id for one in people.events(TWO_FACTOR_REQUIRED)]
    assert actors.count(boss.id) == 3
    (stopped,), (went_on,) = people.events(REQUIRING_STOPPED), people.events(REQUIRING_GOES_ON)
    assert stopped.actor_id == went_on.actor_id == boss.id
    with pytest.raises(RunOver):
        tick_runs.resume(run.id, actor=by_boss, **whose)


def test_it_goes_on_after_its_asker_only_by_somebody_elses_right(owner, crowd, asker):
    """What a stolen or dismissed account began ends with its session."""
    run = require(asker, owner, crowd)
    work()
    with transaction.atomic():
        ending.end_others(administrator_id=owner.id, keep=None, now=timezone.now())
    assert work() == 0
    stopped = again(run)
    assert (stopped.state, stopped.stopped_by) == (RunState.STOPPED, AskerSignedOut.code)
    assert ticked(owner) == 2
    (event,) = people.events(REQUIRING_STOPPED)
    assert (event.actor_type, event.details["reason"]) == (
        ActorType.PORTAL,
        AskerSignedOut.code,
    )
    tick_runs.resume(
        run.id,
        customer_id=owner.customer_id,
        actor=acting_with_factor(people.again(owner)),
        now=timezone.now(),
    )
    while work():
        pass
    assert ticked(owner) == 5


@pytest.mark.parametrize("lost", [{"tabs": " home "}, {"status": Status.SUSPENDED}])
def test_who_loses_the_right_in_the_middle_requires_of_nobody_more(owner, crowd, asker, lost):
    people.make_administrator(
        owner.customer, email="boss@harbourbakery.example", tabs={"home", "administrators"}
    )
    run = require(asker, owner, crowd)
    work()
    Administrator.objects.of(owner.customer_id).filter(id=owner.id).update(**lost)
    assert work() == 0
    assert again(run).stopped_by == AskerLostRight.code
    assert ticked(owner) == 2


def test_what_leaves_nobody_who_can_help_is_refused_before_the_first(owner, outsider):
    """The only helper has no device: with five others at once, as with a few, nothing at all is done."""
    several = [
        people.make_administrator(owner.customer, email=f"p{n}@harbourbakery.example")
        for n in range(5)
    ]
    Administrator.objects.of(owner.customer_id).filter(id=owner.id).update(mail_problem="full")
    for those in ([owner, *several], [owner, several[0]]):
        with pytest.raises(HelperNeedsFactor):
            require(acting_in_a_session(owner), owner, those)
    assert not TickRun.objects.exists()
    assert not ticked(owner)
    assert outsider.customer_id != owner.customer_id


def test_where_help_would_be_lost_by_then_that_one_is_left_out(owner, crowd, asker):
    """The owner's device goes away while it runs: of them it is not required, of the others it is."""
    run = require(asker, owner, [owner, *crowd])
    Factor.objects.filter(administrator=owner).delete()
    Administrator.objects.of(owner.customer_id).filter(id=owner.id).update(
        standing=0, mail_problem="full"
    )
    while work():
        pass
    assert tick_runs.numbers(run) == Numbers(ticked=5, failed=1)
    left = Tick.objects.get(outcome=TickOutcome.FAILED)
    assert (left.administrator_id, left.reason) == (owner.id, HelperNeedsFactor.code)


def test_who_has_no_right_begins_stops_and_goes_on_with_nothing(owner, crowd, asker, outsider):
    run = require(asker, owner, crowd)
    for somebody in (crowd[0], outsider):
        actor = acting_in_a_session(somebody)
        with pytest.raises(NotAuthorised):
            require(actor, owner, crowd)
        for deed in (tick_runs.stop, tick_runs.resume):
            with pytest.raises(NotAuthorised):
                deed(run.id, customer_id=owner.customer_id, actor=actor, now=timezone.now())
    # Nor under an address of their own.
    other = {"customer_id": outsider.customer_id, "actor": acting_in_a_session(outsider)}
    with pytest.raises(NotFound):
        tick_runs.stop(run.id, now=timezone.now(), **other)
    with pytest.raises(NotFound):
        tick_runs.find(run.id, customer_id=outsider.customer_id)
    assert again(run).state == RunState.RUNNING


def test_it_is_forgotten_a_month_after_it_ended(owner, crowd, asker):
    run = require(asker, owner, crowd)
    now = timezone.now()
    assert tick_runs.forget(now=now + 2 * tick_runs.KEPT) == 0
    tick_runs.stop(run.id, customer_id=owner.customer_id, actor=asker, now=now)
    assert tick_runs.forget(now=now + tick_runs.KEPT - timedelta(seconds=1)) == 0
    assert tick_runs.forget(now=now + tick_runs.KEPT) == 1
    assert not Tick.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
def test_of_two_askers_one_begins_and_of_three_workers_each_person_is_done_once(
    owner, crowd, asker
):
    boss = people.make_administrator(
        owner.customer, email="boss@harbourbakery.example", tabs={"home", "administrators"}
    )
    begun = at_once(
        [partial(require, who, owner, crowd) for who in (asker, acting_in_a_session(boss))]
    )
    (run,) = (one for one in begun if isinstance(one, TickRun))
    (refused,) = (one for one in begun if one is not run)
    assert isinstance(refused, AlreadyRunning)
    assert list(TickRun.objects.all()) == [run]
    for _round in range(4):
        results = at_once([work] * 3)
        assert all(isinstance(one, int) for one in results), results
    assert ticked(owner) == 5
    assert len(people.events(TWO_FACTOR_REQUIRED)) == 5
    assert tick_runs.numbers(run) == Numbers(ticked=5)


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
def test_of_two_that_were_stopped_one_goes_on_at_once(owner, crowd, asker):
    whose = {"customer_id": owner.customer_id, "actor": asker, "now": timezone.now()}
    runs = []
    for _one in range(2):
        runs.append(require(asker, owner, crowd))
        tick_runs.stop(runs[-1].id, **whose)
    went_on = at_once([partial(tick_runs.resume, run.id, **whose) for run in runs])
    assert sorted(map(type, went_on), key=repr) == [type(None), AlreadyRunning]
    assert TickRun.objects.filter(state=RunState.RUNNING).count() == 1


def test_a_second_one_is_refused_while_the_first_runs_and_a_few_are_done_beside_it(
    owner, crowd, asker, outsider
):
    run, now = require(asker, owner, crowd), timezone.now()
    whose = {"customer_id": owner.customer_id, "actor": asker, "now": now}
    with pytest.raises(AlreadyRunning):
        require(asker, owner, crowd)
    assert TickRun.objects.count() == 1
    assert tick_runs.numbers(require(asker, owner, crowd[:1])) == Numbers(ticked=1)
    # Another customer's is another one's.
    strangers = [
        people.make_administrator(outsider.customer, email=f"s{n}@tidewater.example")
        for n in range(4)
    ]
    assert require(acting_in_a_session(outsider), outsider, strangers).state == RunState.RUNNING
    # Stopped, it makes room, and waits while the other one runs.
    tick_runs.stop(run.id, **whose)
    second = require(asker, owner, crowd)
    with pytest.raises(AlreadyRunning):
        tick_runs.resume(run.id, **whose)
    assert again(run).state == RunState.STOPPED
    while work():
        pass
    assert again(second).state == RunState.DONE
    tick_runs.resume(run.id, **whose)
    work()
    assert again(run).state == RunState.RUNNING
