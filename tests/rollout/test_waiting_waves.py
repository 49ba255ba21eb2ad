"""Waves wait where too many people of the last one are stuck, until a person goes on or changes the policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.utils import timezone

from doorward.accounts.models import Administrator, Status
from doorward.accounts.required_of import policy_of
from doorward.audit.actor import CONSOLE
from doorward.credentials.trusted_browsers import policy_change
from doorward.notifications.letter import write
from doorward.notifications.models import Delivery
from doorward.notifications.outbox import dispatch
from doorward.permissions.errors import NotAuthorised
from doorward.permissions.staff_scope import Reach
from doorward.policy import versions
from doorward.policy.errors import NothingWaits
from doorward.policy.events import (
    MINIMUM_WAVE_GOES_ON,
    MINIMUM_WAVE_PAUSED,
    WAVE_GOES_ON,
    WAVE_PAUSED,
)
from doorward.policy.fields import RequiredOf
from doorward.policy.models import WavePause
from doorward.rollout import reminders, waiting_waves
from doorward.rollout.models import Reminder
from doorward.rollout.waiting_waves import Wave
from tests.kit import browsers, codes, people, policies
from tests.kit.racing import at_once

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 3, 1, tzinfo=UTC)


def days(count: float) -> datetime:
    return NOW + timedelta(days=count)


@pytest.fixture
def crowd(owner):
    """Return six people of the first wave, and one of the second; the owner, in the first, is ready."""
    codes.enable_app(owner)
    first = [
        people.make_administrator(owner.customer, email=f"p{number}@harbourbakery.example")
        for number in range(6)
    ]
    later = people.make_administrator(owner.customer, email="later@harbourbakery.example")
    rows = Administrator.objects.of(owner.customer_id)
    rows.update(wave_share=1, joined_at=None)
    rows.filter(id=later.id).update(wave_share=10)
    # Waves on the tenth, the twentieth and the thirtieth day.
    policies.require(owner.customer_id, since=NOW, from_day=days(30).date(), waves=True)
    return first, later


def day_of(person, *, at: float) -> datetime | None:
    return policy_of(people.again(person), now=days(at)).grace_until


def go_on(owner, *, at: float) -> None:
    waiting_waves.resume(
        versions.policy_of_customer(owner.customer_id), actor=people.actor(owner), now=days(at)
    )


@pytest.mark.parametrize(
    ("found", "stops"),
    [
        (Wave(6, 6), True),
        (Wave(6, 5), False),
        (Wave(60, 6), False),
        (Wave(59, 6), True),
        (Wave(1000, 100), False),
        (Wave(1000, 101), True),
        (Wave(0, 0), False),
    ],
)
@pytest.mark.one_database
def test_more_than_a_tenth_and_more_than_five(found, stops):
    assert found.stops is stops


def test_two_days_after_a_wave_the_next_one_waits_and_those_with_the_tab_are_told(owner, crowd):
    first, later = crowd
    assert waiting_waves.pause_due(now=days(11.9)) == 0
    assert waiting_waves.pause_due(now=days(12)) == 1
    assert waiting_waves.pause_due(now=days(13)) == 0
    [event] = people.events(WAVE_PAUSED)
    assert (event.details["stuck"], event.details["of_people"]) == (6, 7)
    # Whoever is due stays it; the others' day moves on, as if it went on now.
    assert day_of(first[0], at=15) == days(10)
    assert day_of(later, at=12) == days(20)
    assert day_of(later, at=40) == days(48)
    assert policy_of(people.again(later), now=days(40)).in_grace(days(40))


def test_whoever_goes_on_gives_the_time_that_was_left(owner, crowd):
    _first, later = crowd
    waiting_waves.pause_due(now=days(12))
    go_on(owner, at=15)
    assert day_of(later, at=16) == day_of(later, at=22) == days(23)
    assert waiting_waves.pause_due(now=days(17)) == 0
    with pytest.raises(NothingWaits):
        go_on(owner, at=18)
    assert len(people.events(WAVE_GOES_ON)) == 1


def test_or_changes_the_policy(owner, crowd):
    first, later = crowd
    waiting_waves.pause_due(now=days(12))
    # What asks the same goes on waiting; what asks something else begins anew.
    policies.ask(owner.customer_id, since=days(13), session_hours=8)
    assert day_of(later, at=40) == days(48)
    policies.require(owner.customer_id, since=days(14), from_day=days(25).date(), waves=False)
    assert day_of(later, at=40) == days(25)
    assert not policy_of(people.again(first[0]), now=days(15)).in_grace(days(15))


def test_who_got_ready_is_not_stuck_nor_who_has_an_exception_or_came_later(owner, crowd):
    first, _later = crowd
    rows = Administrator.objects.of(owner.customer_id).filter(id=first[0].id)
    for columns in ({"excepted_until": days(30)}, {"excepted_until": None, "joined_at": days(5)}):
        rows.update(**columns)
        assert waiting_waves.pause_due(now=days(12)) == 0, columns
    rows.update(joined_at=None)
    codes.enable_app(first[0])
    assert waiting_waves.pause_due(now=days(12)) == 0


def test_nobody_is_reminded_of_a_day_that_moves(owner, crowd):
    _first, later = crowd
    waiting_waves.pause_due(now=days(12))
    reminders.remind_due(now=days(19))
    assert not Reminder.objects.filter(administrator=later).exists()


def test_only_who_has_the_tab_goes_on_and_an_outsider_finds_nothing_of_theirs(
    owner, crowd, outsider
):
    waiting_waves.pause_due(now=days(12))
    for other in (crowd[0][0], outsider):
        with pytest.raises(NotAuthorised):
            waiting_waves.resume(
                versions.policy_of_customer(owner.customer_id),
                actor=people.actor(other),
                now=days(13),
            )
    assert WavePause.objects.filter(ended_at=None).exists()


def test_the_page_says_so_and_goes_on(owner, crowd, clock):
    clock.move_to(days(12))
    waiting_waves.pause_due(now=days(12))
    browser = browsers.browser_of(owner)
    page = browser.get("/account/").content.decode()
    assert 'id="wave-waits"' in page
    assert "6 of 7 people" in page
    answer = browser.post("/account/waves/")
    assert (answer.status_code, answer["Location"]) == (303, "/account/")
    assert 'id="wave-waits"' not in browser.get("/account/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_pause_it_once(owner, crowd):
    outcomes = at_once([partial(waiting_waves.pause_due, now=days(12))] * 4)
    assert sum(one for one in outcomes if isinstance(one, int)) == 1, outcomes
    assert len(people.events(WAVE_PAUSED)) == 1
    waiting_waves.resume(
        versions.policy_of_customer(owner.customer_id), actor=CONSOLE, now=days(13)
    )


@pytest.mark.parametrize("of", ["customer", "brand"])
def test_waves_of_a_minimum_wait_too_and_the_provider_goes_on(owner, crowd, of):
    first, later = crowd
    policies.lift(owner.customer_id, since=NOW)
    minimum = (
        versions.minimum_of_customer(owner.customer_id)
        if of == "customer"
        else versions.minimum_of_brand(owner.customer.brand_id)
    )
    wanted = versions.Wanted(
        values=replace(
            minimum.default, required_of=RequiredOf.EVERYONE, from_day=days(30).date(), waves=True
        )
    )
    policy_change.save(minimum, wanted, actor=CONSOLE, now=NOW)
    assert waiting_waves.pause_due(now=days(11.9)) == 0
    assert waiting_waves.pause_due(now=days(12)) == 1
    assert waiting_waves.pause_due(now=days(13)) == 0
    (event,) = people.events(MINIMUM_WAVE_PAUSED)
    assert (event.details["stuck"], event.details["of_people"]) == (6, 7)
    assert day_of(first[0], at=15) == days(10)
    assert day_of(later, at=40) == days(48)
    # It is the provider's: no customer's own people go on with it.
    with pytest.raises(NotAuthorised):
        waiting_waves.resume(minimum, actor=people.actor(owner), now=days(13))
    with pytest.raises(NothingWaits):
        waiting_waves.resume(
            versions.policy_of_customer(owner.customer_id), actor=CONSOLE, now=days(13)
        )
    boss = people.make_administrator(
        people.provider(), email="boss@northline.example", tabs={"home", "customers", "brands"}
    )
    text = minimum.rows().values_list("minimum", flat=True).get()
    assert waiting_waves.waiting(minimum, text=text, now=days(13)) is not None
    waiting_waves.resume(minimum, actor=people.actor(boss), now=days(15))
    assert day_of(later, at=16) == days(23)
    assert len(people.events(MINIMUM_WAVE_GOES_ON)) == 1


def test_the_page_of_a_minimum_says_that_a_wave_waits(owner, crowd):
    now = timezone.now()
    boss = people.make_administrator(
        people.provider(), email="boss@northline.example", tabs={"home", "customers", "brands"}
    )
    codes.enable_app(boss)
    client = browsers.browser_of_with_factor(boss)
    for minimum, page in (
        (
            versions.minimum_of_customer(owner.customer_id),
            f"/customers/{owner.customer_id}/minimum/",
        ),
        (
            versions.minimum_of_brand(owner.customer.brand_id),
            f"/brands/{owner.customer.brand_id}/minimum/",
        ),
    ):
        begun, day = now - timedelta(days=12), (now + timedelta(days=18)).date()
        asking = replace(minimum.default, required_of=RequiredOf.EVERYONE, from_day=day, waves=True)
        policy_change.save(minimum, versions.Wanted(values=asking), actor=CONSOLE, now=begun)
        assert "wave-waits" not in client.get(page).content.decode()
        minimum.pauses().create(
            customer_id=minimum.customer_id, brand_id=minimum.brand_id, is_minimum=True,
            since=begun, wave=2, stuck=6, people=7, paused_at=now,
        )  # fmt: skip
        versions.refresh(minimum, now=now)
        assert "6 of 7 people of the last one" in client.get(page).content.decode()
        assert client.post(f"{page}waves/")["Location"] == page
        assert "wave-waits" not in client.get(page).content.decode()
        assert browsers.browser_of_with_factor(owner).post(f"{page}waves/").status_code == 403


@pytest.mark.parametrize("of", ["customer", "brand"])
def test_who_may_go_on_with_a_minimum_is_mailed_that_it_waits_and_nobody_else(owner, crowd, of):
    provider, customer = people.provider(), owner.customer
    elsewhere = people.make_customer("Tidewater")
    staff = {
        "customers": ({"home", "customers"}, {}),
        "brands": ({"home", "brands"}, {}),
        "brand's": (
            {"home", "customers", "brands"},
            {"scope": Reach.BRANDS, "scope_ids": customer.brand_id.hex},
        ),
        "by-name": (
            {"home", "customers"},
            {"scope": Reach.CUSTOMERS, "scope_ids": customer.id.hex},
        ),
        "others": (
            {"home", "customers", "brands"},
            {"scope": Reach.CUSTOMERS, "scope_ids": elsewhere.id.hex},
        ),
        "no-tab": ({"home", "administrators", "tabs"}, {}),
        "suspended": ({"home", "customers", "brands"}, {"status": Status.SUSPENDED}),
    }
    for name, (tabs, columns) in staff.items():
        people.make_administrator(provider, email=f"{name}@northline.example", tabs=tabs, **columns)
    policies.lift(customer.id, since=NOW)
    whose = customer.id if of == "customer" else customer.brand_id
    minimum = (
        versions.minimum_of_customer(whose)
        if of == "customer"
        else versions.minimum_of_brand(whose)
    )
    asking = replace(
        minimum.default, required_of=RequiredOf.EVERYONE, from_day=days(30).date(), waves=True
    )
    policy_change.save(minimum, versions.Wanted(values=asking), actor=CONSOLE, now=NOW)
    dispatch(now=NOW)
    assert waiting_waves.pause_due(now=days(12)) == 1
    dispatch(now=days(12))
    mails = Delivery.objects.filter(template="minimum_wave_paused")
    told = {one.address.partition("@")[0] for one in mails}
    assert told == (
        {"customers", "brand's", "by-name"} if of == "customer" else {"brands", "brand's"}
    )
    text = str(write(mails[0], now=days(12)).body)
    assert f"/{of}s/{whose}/minimum/" in text
    assert (customer.name if of == "customer" else customer.brand.name) in text
    keeper = Administrator.objects.everywhere().get(id=mails[0].administrator_id)
    waiting_waves.resume(minimum, actor=people.actor(keeper), now=days(13))
