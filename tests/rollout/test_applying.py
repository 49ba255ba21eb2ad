"""What was rehearsed is applied: that and nothing else, once, by whom it may be, and where it still does the same."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.utils import timezone

from doorward.accounts.events import TWO_FACTOR_REQUIRED
from doorward.accounts.models import Administrator, Status
from doorward.audit.actor import CONSOLE
from doorward.customers.events import ACCESS_REFUSED
from doorward.customers.models import Customer
from doorward.customers.protection import ProtectionRefused
from doorward.kernel.errors import FieldsRefused, MustWait, NotFound
from doorward.permissions.errors import NotAuthorised
from doorward.policy import versions
from doorward.policy.errors import PolicyChanged
from doorward.policy.fields import LOOSEST, RequiredOf, Values
from doorward.policy.models import PolicyVersion
from doorward.policy.versions import Wanted
from doorward.rollout import applying, kept_rehearsals, tick_runs
from doorward.rollout.errors import RehearsalOutdated, TooManyToRehearse
from doorward.rollout.models import KeptRehearsal, TickRun
from doorward.rollout.rehearsal import Plan
from doorward.rollout.rules import Foretold, Outcome
from tests.kit import codes, people, policies
from tests.kit.racing import at_once

if TYPE_CHECKING:
    from doorward.rollout.kept_rehearsals import Kept

pytestmark = pytest.mark.django_db

EVERYONE = Values(required_of=RequiredOf.EVERYONE)


def of_policy(person: Administrator, values: Values = EVERYONE, *, seen: int | None = None) -> Plan:
    owner = versions.policy_of_customer(person.customer_id)
    return Plan(owner=owner, wanted=Wanted(values=values, reason="An audit", seen=seen))


def of_ticks(owner: Administrator, *people_: Administrator) -> Plan:
    of = versions.policy_of_customer(owner.customer_id)
    return Plan(owner=of, people=frozenset(one.id for one in people_))


def made(plan: Plan, person: Administrator, *, now: datetime | None = None) -> Kept:
    now = now or timezone.now()
    actor = people.actor(person)
    return applying.find(applying.make(plan, actor=actor, now=now), actor=actor, now=now)


def applied(
    kept: Kept, person: Administrator, *, now: datetime | None = None
) -> TickRun | PolicyVersion | None:
    return applying.apply(kept, actor=people.actor(person), now=now or timezone.now())


def test_what_is_kept_is_what_was_rehearsed(owner: Administrator, colleague: Administrator) -> None:
    codes.enable_app(owner)
    day = (timezone.now() + timedelta(days=9)).date()
    kept = made(of_policy(owner, Values(required_of=RequiredOf.EVERYONE, from_day=day)), owner)
    assert kept.people[owner.id].told.foretold == Foretold(Outcome.COVERED)
    assert kept.people[owner.id].told.helps
    later = kept.people[colleague.id].told.foretold
    assert later.outcome is Outcome.SET_UP_LATER
    assert later.day is not None
    assert later.day.date() == day
    assert kept.plan.wanted is not None
    assert (kept.plan.wanted.values.from_day, kept.plan.wanted.reason) == (day, "An audit")
    assert dict(kept.count()) == {"covered": 1, "set_up_later": 1, "newly": 2}


def test_a_policy_is_saved_as_it_was_rehearsed(owner: Administrator) -> None:
    kept = made(of_policy(owner), owner)
    assert policies.of(owner.customer_id) != EVERYONE
    applied(kept, owner)
    assert policies.of(owner.customer_id) == EVERYONE
    assert PolicyVersion.objects.get().reason == "An audit"


def test_it_is_applied_once(owner: Administrator) -> None:
    kept = made(of_policy(owner), owner)
    applied(kept, owner)
    with pytest.raises(NotFound):
        applied(kept, owner)
    assert PolicyVersion.objects.count() == 1


def test_ticks_are_set_as_they_were_rehearsed(
    owner: Administrator, colleague: Administrator
) -> None:
    run = applied(made(of_ticks(owner, colleague), owner), owner)
    assert isinstance(run, TickRun)
    assert tick_runs.numbers(run) == tick_runs.Numbers(ticked=1)
    assert people.again(colleague).require_2fa
    assert not people.again(owner).require_2fa
    assert len(people.events(TWO_FACTOR_REQUIRED, subject_id=colleague.id)) == 1


def test_nothing_is_applied_where_somebody_fares_differently(
    owner: Administrator, colleague: Administrator
) -> None:
    kept = made(of_policy(owner), owner)
    codes.enable_app(colleague)
    with pytest.raises(RehearsalOutdated):
        applied(kept, owner)
    assert not PolicyVersion.objects.exists()
    (found,) = applying.changed_since(kept, now=timezone.now())
    assert found == kept_rehearsals.Difference(
        colleague.id, Foretold(Outcome.SET_UP_NEXT), Foretold(Outcome.COVERED)
    )
    applied(made(of_policy(owner), owner), owner)


def test_who_came_or_went_is_a_difference(owner: Administrator, colleague: Administrator) -> None:
    kept = made(of_policy(owner), owner)
    somebody = people.make_administrator(owner.customer, email="new@harbourbakery.example")
    rows = Administrator.objects.of(owner.customer_id)
    rows.filter(id=colleague.id).update(status=Status.REMOVED)
    found = {one.person_id: one for one in applying.changed_since(kept, now=timezone.now())}
    assert set(found) == {somebody.id, colleague.id}
    assert (found[somebody.id].before, found[colleague.id].after) == (None, None)


def test_a_day_that_moves_with_the_clock_is_no_difference(
    owner: Administrator, colleague: Administrator
) -> None:
    del colleague
    now = timezone.now()
    day = (now + timedelta(days=30)).date()
    values = Values(required_of=RequiredOf.EVERYONE, from_day=day, waves=True, newcomer_days=3)
    people.invite(owner.customer)
    kept = made(of_policy(owner, values), owner, now=now)
    later = now + timedelta(minutes=59)
    assert applying.changed_since(kept, now=later) == []
    applied(kept, owner, now=later)


def test_another_version_in_the_meantime_is_not_overwritten(owner: Administrator) -> None:
    kept = made(of_policy(owner, seen=0), owner)
    policies.ask(owner.customer_id, session_hours=8)
    with pytest.raises(PolicyChanged):
        applied(kept, owner)


def test_it_is_its_makers_own_and_lasts_an_hour(
    owner: Administrator, outsider: Administrator
) -> None:
    second = people.make_administrator(
        owner.customer, email="second@harbourbakery.example", tabs={"home", "administrators"}
    )
    now = timezone.now()
    kept = made(of_policy(owner), owner, now=now)
    for somebody in (second, outsider):
        with pytest.raises(NotFound):
            applying.find(kept.id, actor=people.actor(somebody), now=now)
    with pytest.raises(NotFound):
        applying.find(kept.id, actor=people.actor(owner), now=now + kept_rehearsals.LASTS)
    assert kept_rehearsals.forget(now=now + kept_rehearsals.LASTS - timedelta(seconds=1)) == 0
    assert kept_rehearsals.forget(now=now + kept_rehearsals.LASTS) == 1


def test_only_a_few_are_kept(owner: Administrator) -> None:
    now = timezone.now()
    ids = [
        made(of_policy(owner), owner, now=now + timedelta(seconds=3 * number)).id
        for number in range(kept_rehearsals.MOST + 2)
    ]
    left = set(KeptRehearsal.objects.values_list("id", flat=True))
    assert left == set(ids[-kept_rehearsals.MOST :])


def test_who_makes_one_after_the_other_waits(owner: Administrator) -> None:
    """Each is a second of work where a customer is large: nobody keeps a server busy with them."""
    now = timezone.now()
    for _number in range(kept_rehearsals.MOST):
        made(of_policy(owner), owner, now=now)
    with pytest.raises(MustWait) as caught:
        made(of_policy(owner), owner, now=now + timedelta(seconds=4))
    assert caught.value.seconds == 6
    made(of_policy(owner), owner, now=now + timedelta(seconds=10))


def test_who_has_no_right_rehearses_and_applies_nothing(
    owner: Administrator, colleague: Administrator, outsider: Administrator
) -> None:
    kept = made(of_policy(owner), owner)
    minimum = Plan(
        owner=versions.minimum_of_customer(owner.customer_id), wanted=Wanted(values=LOOSEST)
    )
    for somebody in (colleague, outsider):
        for plan in (of_policy(owner), of_ticks(owner, owner), minimum):
            with pytest.raises(NotAuthorised):
                made(plan, somebody)
        with pytest.raises(NotAuthorised):
            applied(kept, somebody)
    rows = Administrator.objects.of(owner.customer_id)
    rows.filter(id=owner.id).update(tabs=" home ")
    with pytest.raises(NotAuthorised):
        applied(kept, owner)
    assert not PolicyVersion.objects.exists()


def test_people_of_another_customer_are_not_ticked(
    owner: Administrator, outsider: Administrator
) -> None:
    for strangers in ([outsider], [owner, outsider], []):
        with pytest.raises(NotFound):
            made(of_ticks(owner, *strangers), owner)
    plan = Plan(owner=versions.policy_of_customer(owner.customer_id), people=frozenset({uuid4()}))
    with pytest.raises(NotFound):
        made(plan, owner)


def test_what_saving_refuses_is_refused_before(owner: Administrator) -> None:
    with pytest.raises(FieldsRefused):
        made(of_policy(owner, Values(required_of=RequiredOf.TABS)), owner)


def test_lowering_what_protects_others_is_refused_and_recorded(owner: Administrator) -> None:
    """Somebody of the provider who has no right over the customer's people cannot lower their minimum."""
    policies.require_by_brand(owner.customer.brand_id)
    boss = people.make_administrator(
        people.provider(), email="boss@northline.example", tabs={"home", "brands"}
    )
    plan = Plan(
        owner=versions.minimum_of_brand(owner.customer.brand_id), wanted=Wanted(values=LOOSEST)
    )
    kept = made(plan, boss)
    with pytest.raises(ProtectionRefused):
        applied(kept, boss)
    assert len(people.events(ACCESS_REFUSED)) == 1


def test_a_brand_is_kept_in_numbers_by_customer(
    owner: Administrator, outsider: Administrator
) -> None:
    boss = people.make_administrator(
        people.provider(), email="boss@northline.example", tabs={"home", "brands"}
    )
    brand = owner.customer.brand_id
    plan = Plan(owner=versions.minimum_of_brand(brand), wanted=Wanted(values=EVERYONE))
    kept = made(plan, boss)
    assert not kept.people
    assert kept.by_customer[owner.customer_id]["set_up_next"] == 1
    assert kept.by_customer[outsider.customer_id]["set_up_next"] == 1
    codes.enable_app(owner)
    with pytest.raises(RehearsalOutdated):
        applied(kept, boss)


def test_too_many_for_a_page(owner: Administrator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "MOST", 0)
    with pytest.raises(TooManyToRehearse):
        made(of_policy(owner), owner)


def test_the_console_keeps_none(owner: Administrator) -> None:
    with pytest.raises(NotFound):
        applying.make(of_policy(owner), actor=CONSOLE, now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_applied(owner: Administrator) -> None:
    kept = made(of_policy(owner), owner)
    results = at_once([partial(applied, kept, owner)] * 4)
    assert sum(isinstance(one, PolicyVersion) for one in results) == 1
    assert PolicyVersion.objects.count() == 1
    assert Customer.objects.get(id=owner.customer_id).policy
