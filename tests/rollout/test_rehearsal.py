"""A rehearsal of real people: who would be asked what, which sessions would be stopped, with nothing written."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator, MailProblem, Status
from doorward.audit.models import Event
from doorward.credentials.models import Factor, RecoverySet, TrustedBrowser
from doorward.credentials.recovery_codes import codes as recovery_codes
from doorward.customers.models import Customer
from doorward.kernel.errors import FieldsRefused
from doorward.policy import series, versions
from doorward.policy.errors import PolicyChanged
from doorward.policy.fields import DEFAULTS, Kinds, RequiredOf, Values
from doorward.policy.models import PolicyVersion
from doorward.policy.versions import Wanted
from doorward.rollout.rehearsal import Helpers, Plan, Rehearsal, rehearse
from doorward.rollout.rules import Foretold, Outcome, Why
from doorward.sessions import issuing
from doorward.sessions.models import Session
from tests.kit import codes, passkeys, people, policies

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from uuid import UUID

pytestmark = pytest.mark.django_db

EVERYONE = Values(required_of=RequiredOf.EVERYONE)


def of_policy(person: Administrator, values: Values, **more: Any) -> Rehearsal:
    owner = versions.policy_of_customer(person.customer_id)
    plan = Plan(owner=owner, wanted=Wanted(values=values, **more))
    return rehearse(plan, now=timezone.now())


def of_ticks(*several: Administrator) -> Rehearsal:
    owner = versions.policy_of_customer(several[0].customer_id)
    plan = Plan(owner=owner, people=frozenset(one.id for one in several))
    return rehearse(plan, now=timezone.now())


def somebody(owner: Administrator, name: str, **columns: Any) -> Administrator:
    return people.make_administrator(
        owner.customer, email=f"{name}@harbourbakery.example", **columns
    )


def in_session(person: Administrator, **verified: Any) -> UUID:
    now = timezone.now()
    columns = {"password_at": now, "signed_in_at": now} | verified
    started = issuing.begin(person, actor=people.actor(person), now=now, **columns)
    Administrator.objects.everywhere().filter(id=person.id).update(last_signed_in_at=now)
    return started.session_id


def test_each_gets_what_the_gate_would_ask(owner: Administrator) -> None:
    codes.enable_app(owner)
    plain, disabled, rescued = (somebody(owner, name) for name in ("plain", "disabled", "rescued"))
    unreachable = somebody(owner, "unreachable", mail_problem=MailProblem.FULL)
    gone = somebody(owner, "gone", status=Status.SUSPENDED)
    invited = people.invite(owner.customer)
    for one in (disabled, rescued):
        codes.enable_app(one)
        if one is rescued:
            recovery_codes.make(one, now=timezone.now())
            RecoverySet.objects.filter(administrator=one).update(saved_at=timezone.now())
        people.disable_apps(one)
    found = of_policy(owner, EVERYONE)
    assert {who: one.foretold for who, one in found.people.items()} == {
        owner.id: Foretold(Outcome.COVERED),
        plain.id: Foretold(Outcome.SET_UP_NEXT),
        disabled.id: Foretold(Outcome.STUCK, Why.ONLY_DISABLED),
        rescued.id: Foretold(Outcome.SET_UP_NEXT),
        unreachable.id: Foretold(Outcome.STUCK, Why.NO_MAIL),
        gone.id: Foretold(Outcome.NOT_CONCERNED),
        invited.id: Foretold(Outcome.SET_UP_NEXT),
    }
    assert Helpers.among(found.people.values()) == Helpers(1, 1)
    assert found.count()["stuck"] == 2


def test_only_who_is_ticked_is_concerned(owner: Administrator, colleague: Administrator) -> None:
    found = of_ticks(colleague)
    assert found.people[colleague.id].foretold == Foretold(Outcome.SET_UP_NEXT)
    assert found.people[colleague.id].newly
    assert found.people[owner.id].foretold == Foretold(Outcome.NOT_CONCERNED)
    assert not found.people[owner.id].newly


def test_who_is_excepted_is_asked_when_that_ends_and_at_once_by_a_tick(
    owner: Administrator, colleague: Administrator
) -> None:
    until = timezone.now() + timedelta(days=9)
    Administrator.objects.of(owner.customer_id).filter(id=colleague.id).update(excepted_until=until)
    foretold = of_policy(owner, EVERYONE).people[colleague.id].foretold
    assert foretold == Foretold(Outcome.SET_UP_LATER, day=until)
    assert of_ticks(colleague).people[colleague.id].foretold == Foretold(Outcome.SET_UP_NEXT)


def test_a_day_of_grace_is_told(owner: Administrator) -> None:
    day = (timezone.now() + timedelta(days=20)).date()
    values = Values(required_of=RequiredOf.EVERYONE, from_day=day)
    foretold = of_policy(owner, values).people[owner.id].foretold
    assert foretold.outcome is Outcome.SET_UP_LATER
    assert foretold.day is not None
    assert foretold.day.date() == day


def test_an_app_is_not_enough_where_passkeys_are_asked(owner: Administrator) -> None:
    codes.enable_app(owner)
    other = somebody(owner, "other")
    passkeys.add(other)
    found = of_policy(
        owner, Values(required_of=RequiredOf.EVERYONE, kinds=Kinds.PHISHING_RESISTANT)
    )
    assert found.people[owner.id].foretold == Foretold(Outcome.OTHER_KIND_NEXT)
    assert found.people[other.id].foretold == Foretold(Outcome.COVERED)


def test_who_came_last_with_a_browser_without_passkeys_is_stuck(owner: Administrator) -> None:
    session = in_session(owner)
    Session.objects.filter(id=session).update(
        browser="Mozilla/5.0 (Windows NT 6.1; rv:52.0) Gecko/20100101 Firefox/52.0"
    )
    row = Session.objects.get(id=session)
    Administrator.objects.of(owner.customer_id).update(last_signed_in_at=row.signed_in_at)
    values = Values(required_of=RequiredOf.EVERYONE, kinds=Kinds.PHISHING_RESISTANT)
    assert of_policy(owner, values).people[owner.id].foretold.why is Why.NO_PASSKEYS


def test_sessions_that_would_be_stopped(owner: Administrator, colleague: Administrator) -> None:
    codes.enable_app(owner)
    factor = Factor.objects.get(administrator=owner)
    verified = in_session(owner, factor_at=timezone.now(), factor_id=factor.id, factor_kind="app")
    plain, ended = in_session(colleague), in_session(colleague)
    Session.objects.filter(id=ended).update(ended_at=timezone.now())
    found = of_policy(owner, EVERYONE)
    assert found.sessions == {plain: colleague.id}
    values = Values(required_of=RequiredOf.EVERYONE, kinds=Kinds.PHISHING_RESISTANT)
    assert of_policy(owner, values).sessions == {plain: colleague.id, verified: owner.id}
    day = (timezone.now() + timedelta(days=20)).date()
    assert not of_policy(owner, Values(required_of=RequiredOf.EVERYONE, from_day=day)).sessions


def test_a_trusted_browser_is_stopped_where_none_is_trusted_any_more(owner: Administrator) -> None:
    policies.ask(owner.customer_id, trust_days=7)
    codes.enable_app(owner)
    now = timezone.now()
    TrustedBrowser.objects.create(
        administrator=owner,
        token_hash=b"x" * 32,
        security_version=people.again(owner).security_version,
        required=False,
        kinds=Kinds.ANY,
        trusted_at=now,
        until=now + timedelta(days=7),
    )
    session = in_session(people.again(owner))
    assert of_policy(owner, Values(trust_days=7, session_hours=8)).sessions == {}
    assert of_policy(owner, DEFAULTS).sessions == {session: owner.id}


def test_nothing_is_written_and_the_version_is_checked(owner: Administrator) -> None:
    before = Event.objects.count(), PolicyVersion.objects.count(), policies.of(owner.customer_id)
    of_policy(owner, EVERYONE)
    with pytest.raises(FieldsRefused):
        of_policy(owner, Values(required_of=RequiredOf.TABS))
    with pytest.raises(PolicyChanged):
        of_policy(owner, EVERYONE, seen=7)
    after = Event.objects.count(), PolicyVersion.objects.count(), policies.of(owner.customer_id)
    assert after == before


def test_nobody_of_another_customer_is_in_it(owner: Administrator, outsider: Administrator) -> None:
    assert outsider.id not in of_policy(owner, EVERYONE).people
    brand = versions.minimum_of_brand(owner.customer.brand_id)
    found = rehearse(Plan(owner=brand, wanted=Wanted(values=EVERYONE)), now=timezone.now())
    assert {owner.id, outsider.id} <= set(found.people)


@pytest.mark.parametrize("more", [0, 40])
def test_as_many_queries_however_many_people(
    owner: Administrator,
    more: int,
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    in_session(owner)
    now = timezone.now()
    Administrator.objects.of(owner.customer_id).bulk_create(
        Administrator(
            customer=owner.customer,
            email=f"p{number}@harbourbakery.example",
            email_folded=f"p{number}@harbourbakery.example",
            status=Status.ACTIVE,
            password="!",
            added_at=now,
            last_signed_in_at=now,
        )
        for number in range(more)
    )
    # 18, and 2 where what is remembered of brands for some seconds has to be read again on a slow machine.
    with django_assert_max_num_queries(20):
        of_policy(owner, Values(required_of=RequiredOf.EVERYONE, kinds=Kinds.PHISHING_RESISTANT))


@pytest.mark.parametrize(
    "values",
    [
        EVERYONE,
        DEFAULTS,
        Values(required_of=RequiredOf.TABS, tabs=frozenset({"home"}), newcomer_days=3),
        Values(session_hours=8),
    ],
)
@pytest.mark.parametrize("days", [0, 3])
def test_what_is_rehearsed_is_what_saving_leaves(
    owner: Administrator, values: Values, days: int
) -> None:
    now = timezone.now()
    policies.require(owner.customer_id, since=now - timedelta(days=9))
    policies.ask(owner.customer_id, since=now - timedelta(days=2), newcomer_days=5)
    of = versions.policy_of_customer(owner.customer_id)
    wanted = Wanted(values=values, starts_at=now + timedelta(days=days) if days else None)
    would = versions.would_be(of, wanted, now=now)
    versions.save(of, wanted, actor=people.actor(owner), now=now)
    text = Customer.objects.values_list("policy", flat=True).get(id=owner.customer_id)
    assert would == series.load(text)
