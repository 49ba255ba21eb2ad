"""Versions as they are saved, planned, taken back and begun: by whom, at once, late, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from doorward.accounts.customer_closing import change_customer
from doorward.accounts.required_of import policy_of
from doorward.audit.actor import CONSOLE
from doorward.credentials.errors import PasskeysNotPossible
from doorward.credentials.models import TrustedBrowser
from doorward.credentials.trusted_browsers import policy_change, trust
from doorward.customers.models import Brand, Customer, CustomerStatus
from doorward.customers.protection import ProtectionRefused
from doorward.customers.services import CustomerChange
from doorward.kernel.errors import FieldsRefused, NotFound
from doorward.permissions.errors import NotAuthorised
from doorward.policy import series, versions
from doorward.policy.errors import AlreadyInForce, GraceIsOver, PolicyChanged, StartsTooLate
from doorward.policy.events import (
    MINIMUM_BEGAN,
    MINIMUM_CHANGED,
    MINIMUM_PLANNED,
    POLICY_BEGAN,
    POLICY_CHANGED,
    POLICY_PLANNED,
)
from doorward.policy.fields import DEFAULTS, LOOSEST, Kinds, RequiredOf, Values
from doorward.policy.models import PolicyVersion
from doorward.policy.versions import Wanted
from doorward.rollout.rehearsal import Plan, rehearse
from tests.kit import people, policies
from tests.kit.racing import at_once

if TYPE_CHECKING:
    from collections.abc import Callable

    from doorward.accounts.models import Administrator
    from doorward.audit.events import EventType
    from doorward.policy.versions import Owner

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
EVERYONE = Values(required_of=RequiredOf.EVERYONE)
PASSKEYS = replace(EVERYONE, kinds=Kinds.PHISHING_RESISTANT)


def save(
    owner: Administrator, values: Values, *, days: float = 0, now: datetime = NOW
) -> PolicyVersion:
    """Save a version by somebody who may; `days`: planned for so many days later."""
    wanted = Wanted(values=values, starts_at=now + timedelta(days=days) if days else None)
    of = versions.policy_of_customer(owner.customer_id)
    version = policy_change.save(of, wanted, actor=people.actor(owner), now=now)
    assert version is not None
    return version


def held(owner: Administrator, *, days: float = 0) -> Values:
    text = Customer.objects.values_list("policy", flat=True).get(id=owner.customer_id)
    return series.current(series.load(text), now=NOW + timedelta(days=days))


def test_versions_are_numbered_and_kept(owner: Administrator) -> None:
    save(owner, EVERYONE)
    save(owner, PASSKEYS, now=NOW + timedelta(hours=1))
    found = PolicyVersion.objects.order_by("number")
    assert [one.number for one in found] == [1, 2]
    assert [one.saved_by for one in found] == [owner.id, owner.id]
    assert {one.saved_by_name for one in found} == {owner.full_name}
    assert held(owner, days=1) == PASSKEYS


def test_a_planned_one_holds_from_its_time_on(owner: Administrator) -> None:
    save(owner, PASSKEYS, days=3)
    assert held(owner, days=2.9) == DEFAULTS
    assert held(owner, days=3) == PASSKEYS
    policy = policy_of(people.again(owner), now=NOW)
    assert policy.required
    assert policy.kinds is Kinds.ANY
    assert policy.in_grace(NOW + timedelta(days=2.9))


def test_what_is_planned_begins_once(owner: Administrator) -> None:
    save(owner, EVERYONE, days=3)
    assert len(people.events(POLICY_PLANNED)) == 1
    assert policy_change.begin_due(now=NOW + timedelta(days=2)) == 0
    assert policy_change.begin_due(now=NOW + timedelta(days=3)) == 1
    assert policy_change.begin_due(now=NOW + timedelta(days=3)) == 0
    (event,) = people.events(POLICY_BEGAN)
    assert event.customer_id == owner.customer_id
    assert event.details["changed"] == ["policy.required_of"]
    assert event.details["require_2fa"] is True


def test_one_that_was_taken_back_never_begins(owner: Administrator) -> None:
    version, of = save(owner, EVERYONE, days=3), versions.policy_of_customer(owner.customer_id)
    policy_change.withdraw(version.id, of, actor=people.actor(owner), now=NOW)
    assert policy_change.begin_due(now=NOW + timedelta(days=4)) == 0
    assert held(owner, days=4) == DEFAULTS
    with pytest.raises(NotFound):
        policy_change.withdraw(version.id, of, actor=people.actor(owner), now=NOW)


def test_nothing_is_taken_back_from_its_very_moment_on(owner: Administrator) -> None:
    version, of = save(owner, EVERYONE, days=3), versions.policy_of_customer(owner.customer_id)
    with pytest.raises(AlreadyInForce):
        policy_change.withdraw(
            version.id, of, actor=people.actor(owner), now=NOW + timedelta(days=3)
        )
    assert held(owner, days=3) == EVERYONE


def test_a_planned_one_is_changed(owner: Administrator) -> None:
    version, of = save(owner, EVERYONE, days=3), versions.policy_of_customer(owner.customer_id)
    wanted = Wanted(values=PASSKEYS, starts_at=NOW + timedelta(days=5), replaces=version.id, seen=1)
    policy_change.save(of, wanted, actor=people.actor(owner), now=NOW)
    assert held(owner, days=4) == DEFAULTS
    assert held(owner, days=5) == PASSKEYS


def test_nobody_elses_version_is_taken_back(owner: Administrator, outsider: Administrator) -> None:
    version = save(owner, EVERYONE, days=3)
    of = versions.policy_of_customer(outsider.customer_id)
    with pytest.raises(NotFound):
        policy_change.withdraw(version.id, of, actor=people.actor(outsider), now=NOW)


@pytest.mark.parametrize("who", ["colleague", "outsider"])
def test_without_the_right_nothing_is_saved(
    owner: Administrator, who: str, request: pytest.FixtureRequest
) -> None:
    person, of = request.getfixturevalue(who), versions.policy_of_customer(owner.customer_id)
    wanted = Wanted(values=EVERYONE)
    with pytest.raises(NotAuthorised):
        policy_change.save(of, wanted, actor=people.actor(person), now=NOW)
    for minimum in minimums(owner):
        with pytest.raises(NotAuthorised):
            policy_change.save(minimum, wanted, actor=people.actor(person), now=NOW)
        with pytest.raises(NotAuthorised):
            policy_change.save(minimum, wanted, actor=people.actor(owner), now=NOW)
    assert not PolicyVersion.objects.exists()


def minimums(owner: Administrator) -> list[Owner]:
    return [
        versions.minimum_of_customer(owner.customer_id),
        versions.minimum_of_brand(owner.customer.brand_id),
    ]


@pytest.mark.parametrize("which", [0, 1], ids=["customer", "brand"])
def test_a_minimum_is_told_to_whom_it_concerns(owner: Administrator, which: int) -> None:
    of, asked = minimums(owner)[which], replace(LOOSEST, required_of=RequiredOf.EVERYONE)
    policy_change.save(of, Wanted(values=asked), actor=CONSOLE, now=NOW)
    later = Wanted(values=replace(asked, session_hours=4), starts_at=NOW + timedelta(days=1))
    policy_change.save(of, later, actor=CONSOLE, now=NOW)
    assert policy_change.begin_due(now=NOW + timedelta(days=1)) == 1
    for kind in (MINIMUM_CHANGED, MINIMUM_PLANNED, MINIMUM_BEGAN):
        assert owner.customer_id in {event.customer_id for event in people.events(kind)}
    assert not people.events(POLICY_CHANGED)
    policy = policy_of(people.again(owner), now=NOW + timedelta(days=1))
    assert policy.required
    assert policy.session_seconds == 4 * 3600


def test_who_saw_an_older_version_looks_again(owner: Administrator) -> None:
    save(owner, EVERYONE)
    of = versions.policy_of_customer(owner.customer_id)
    with pytest.raises(PolicyChanged):
        policy_change.save(of, Wanted(values=PASSKEYS, seen=0), actor=people.actor(owner), now=NOW)


@pytest.mark.parametrize(
    ("values", "starts", "refusal"),
    [
        (replace(EVERYONE, from_day=(NOW + timedelta(days=9)).date()), None, GraceIsOver),
        (PASSKEYS, NOW + timedelta(days=400), StartsTooLate),
    ],
)
def test_what_is_refused_changes_nothing(
    owner: Administrator, values: Values, starts: datetime | None, refusal: type[Exception]
) -> None:
    save(owner, EVERYONE)
    of, wanted = (
        versions.policy_of_customer(owner.customer_id),
        Wanted(values=values, starts_at=starts),
    )
    with pytest.raises(FieldsRefused) as caught:
        policy_change.save(of, wanted, actor=people.actor(owner), now=NOW + timedelta(days=1))
    assert [type(one) for one in caught.value.fields.values()] == [refusal]
    assert PolicyVersion.objects.count() == 1


def test_taking_back_what_is_stricter_lowers_protection(owner: Administrator) -> None:
    """Whoever may not lower the protection of these people may not take back either what raises it."""
    asked = replace(LOOSEST, required_of=RequiredOf.EVERYONE)
    of = versions.minimum_of_brand(owner.customer.brand_id)
    planned = Wanted(values=asked, starts_at=NOW + timedelta(days=2))
    version = policy_change.save(of, planned, actor=CONSOLE, now=NOW)
    assert version is not None
    staff = people.make_administrator(
        people.provider(), email="b@northline.example", tabs={"home", "brands"}
    )
    with pytest.raises(ProtectionRefused):
        policy_change.withdraw(version.id, of, actor=people.actor(staff), now=NOW)
    assert PolicyVersion.objects.get().withdrawn_at is None


@pytest.mark.parametrize("of", [versions.policy_of_customer, versions.minimum_of_customer])
@pytest.mark.parametrize("days", [0, 3])
def test_passkeys_alone_are_asked_for_by_nobody_where_none_can_be_made(owner, of, days):
    """Whichever way it comes: a page, a file, a plan for later."""
    Brand.objects.update(hosts=["127.0.0.1"])
    people.forget_caches()
    starts_at = NOW + timedelta(days=days) if days else None
    wanted = Wanted(values=PASSKEYS, starts_at=starts_at)
    for attempt in (
        partial(policy_change.save, actor=CONSOLE),
        lambda of, wanted, now: rehearse(Plan(owner=of, wanted=wanted), now=now),
    ):
        with pytest.raises(PasskeysNotPossible):
            attempt(of(owner.customer_id), wanted, now=NOW)
    assert not PolicyVersion.objects.exists()
    policy_change.save(
        of(owner.customer_id), replace(wanted, values=EVERYONE), actor=CONSOLE, now=NOW
    )


@pytest.mark.parametrize(
    ("of_customer", "event"),
    [
        (lambda customer: versions.policy_of_customer(customer.id), POLICY_CHANGED),
        (lambda customer: versions.minimum_of_customer(customer.id), MINIMUM_CHANGED),
        (lambda customer: versions.minimum_of_brand(customer.brand_id), MINIMUM_CHANGED),
    ],
    ids=["policy", "minimum of a customer", "minimum of a brand"],
)
@pytest.mark.django_db(transaction=True)
def test_thirty_at_once_are_saved_one_after_the_other(
    owner: Administrator, of_customer: Callable[[Customer], Owner], event: EventType
) -> None:
    # Each of them changes something: what is so already, saved first, would be neither saved nor refused.
    of, now = of_customer(owner.customer), timezone.now()
    others = [one for one in range(30, 61) if one != of.default.idle_minutes][:30]
    calls = [
        partial(
            policy_change.save,
            of,
            Wanted(values=replace(of.default, idle_minutes=minutes), seen=0),
            actor=CONSOLE,
            now=now,
        )
        for minutes in others
    ]
    answers = at_once(calls)
    saved = [one for one in answers if isinstance(one, PolicyVersion)]
    assert len(saved) == 1
    assert [one for one in answers if not isinstance(one, (PolicyVersion, PolicyChanged))] == []
    (version,) = PolicyVersion.objects.all()
    [text] = of.rows().values_list(of.column, flat=True)
    found = series.current(series.load(text), now=now, default=of.default)
    assert found.idle_minutes == version.values["idle_minutes"]
    # A brand's is told of at each of its customers.
    told = [one.customer_id for one in people.events(event)]
    assert len(told) == len(set(told)) > 0


@pytest.mark.django_db(transaction=True)
def test_taking_back_and_beginning_at_once_is_one_of_the_two(owner: Administrator) -> None:
    version, of = save(owner, EVERYONE, days=3), versions.policy_of_customer(owner.customer_id)
    due = NOW + timedelta(days=3)
    calls: list[Callable[[], object]] = [
        partial(policy_change.begin_due, now=due) for _ in range(5)
    ]
    late = timedelta(microseconds=1)
    calls += [
        partial(policy_change.withdraw, version.id, of, actor=people.actor(owner), now=due - late)
        for _ in range(5)
    ]
    at_once(calls)
    found = PolicyVersion.objects.get()
    assert (found.withdrawn_at is None) != (found.begun_at is None)
    assert len(people.events(POLICY_BEGAN)) == (found.begun_at is not None)


def test_the_row_of_a_brand_is_looked_at_anew(owner: Administrator) -> None:
    before = Brand.objects.values_list("version", flat=True).get(id=owner.customer.brand_id)
    policies.require_by_brand(owner.customer.brand_id)
    after = Brand.objects.values_list("version", flat=True).get(id=owner.customer.brand_id)
    assert after == before + 1


def test_what_took_effect_holds_where_the_clock_is_set_back(owner: Administrator) -> None:
    save(owner, PASSKEYS)
    earlier = policy_of(people.again(owner), now=NOW - timedelta(hours=1))
    assert earlier.kinds is Kinds.PHISHING_RESISTANT
    assert earlier.required


def test_what_began_by_its_time_holds_where_the_clock_is_set_back(owner: Administrator) -> None:
    save(owner, PASSKEYS, days=3)
    policy_change.begin_due(now=NOW + timedelta(days=3))
    policy = policy_of(people.again(owner), now=NOW + timedelta(days=2))
    assert policy.kinds is Kinds.PHISHING_RESISTANT


def test_trust_does_not_come_back_with_the_brand(owner: Administrator) -> None:
    """Trust that another brand's minimum ends is not there again when the customer moves back."""
    policies.ask(owner.customer_id, trust_days=30)
    other = Brand.objects.create(name="Elsewhere", issuer="Elsewhere")
    policies.require_by_brand(other.id, trust_days=0)
    now = timezone.now()
    TrustedBrowser.objects.create(
        administrator=owner,
        token_hash=b"x" * 32,
        security_version=owner.security_version,
        required=True,
        kinds=Kinds.PHISHING_RESISTANT,
        trusted_at=now,
        until=now + timedelta(days=9),
        browser="",
    )
    home = owner.customer.brand_id
    for brand_id in (other.id, home):
        wanted = CustomerChange(
            name=owner.customer.name,
            brand_id=brand_id,
            status=CustomerStatus.ACTIVE,
            confirmed=True,
        )
        change_customer(owner.customer_id, wanted, actor=CONSOLE, now=now)
        trust.forget(now=now)
    assert not TrustedBrowser.objects.exists()


def test_what_is_dated_back_holds_from_now_on(owner: Administrator) -> None:
    save(owner, EVERYONE)
    of, later = versions.policy_of_customer(owner.customer_id), NOW + timedelta(hours=1)
    wanted = Wanted(values=PASSKEYS, starts_at=NOW - timedelta(days=300))
    version = policy_change.save(of, wanted, actor=people.actor(owner), now=later)
    assert version is not None
    assert version.starts_at == later
    assert held(owner, days=1) == PASSKEYS


def test_what_is_saved_after_a_clock_was_ahead_holds_at_once(owner: Administrator) -> None:
    save(owner, EVERYONE, now=NOW + timedelta(hours=5))
    save(owner, PASSKEYS, now=NOW)
    assert held(owner) == PASSKEYS


def test_what_has_taken_effect_is_not_replaced(owner: Administrator) -> None:
    version, of = save(owner, EVERYONE), versions.policy_of_customer(owner.customer_id)
    wanted = Wanted(values=DEFAULTS, replaces=version.id)
    with pytest.raises(AlreadyInForce):
        policy_change.save(of, wanted, actor=people.actor(owner), now=NOW + timedelta(days=1))
    assert held(owner, days=1) == EVERYONE
