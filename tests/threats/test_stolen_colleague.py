"""A stolen account with the Administrators tab: its rights over colleagues never make it the only one who decides."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from django.utils import timezone

from doorward.accounts.events import (
    ADMINISTRATOR_ADDED,
    ADMINISTRATOR_RESTORED,
    EMAIL_CHANGE_ASKED,
    RIGHTS_CHANGED,
)
from doorward.accounts.models import Administrator, Status
from doorward.audit.actor import CONSOLE
from doorward.audit.models import Event
from doorward.audit.record import record
from doorward.credentials.events import (
    FACTOR_ADDED,
    PASSWORD_RESET,
    TWO_FACTOR_ENABLED,
    TWO_FACTOR_RESET,
)
from doorward.credentials.models import USABLE, Factor
from doorward.customers import services as customers
from doorward.recovery.errors import (
    HelpYourself,
    NotByTime,
    NotYetAllowed,
    PassWrong,
    RequestOver,
    SameHands,
)
from doorward.recovery.models import RecoveryRequest, State
from tests.accounts.changing import change
from tests.kit import codes, people
from tests.kit.recovering import (
    agree,
    come_in,
    fetch,
    help_with,
    long_ago,
    refuse,
    say_who,
    second_helper,
    set_up_again,
)
from tests.threats.test_recovery import object_by_mail

if TYPE_CHECKING:
    import time_machine

    from doorward.audit.events import EventType
    from doorward.customers.models import Customer

pytestmark = pytest.mark.django_db

WEEK, DAY, MOMENT = timedelta(days=7), timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def thief(clock: time_machine.Traveller, owner: Administrator) -> Administrator:
    """Return the stolen account."""
    codes.enable_app(owner)
    long_ago(owner)
    return owner


@pytest.fixture
def victim(thief: Administrator) -> Administrator:
    """Return somebody with the tab, whose password the thief has."""
    return second_helper(thief, "Ada")


@pytest.fixture
def plain(thief: Administrator, colleague: Administrator) -> Administrator:
    codes.enable_app(colleague)
    return colleague


def happened(kind: EventType, by: Administrator, to: Administrator, *, days: int) -> None:
    """Let something have been done to somebody some days ago."""
    with transaction.atomic():
        details = {"added": ["administrators"]} if kind == RIGHTS_CHANGED else {}
        record(kind, actor=people.actor(by), subject=to.who(), details=details)
    newest = Event.objects.filter(type=kind).latest("id")
    then = timezone.now() - timedelta(days=days)
    Event.rewritable.filter(id=newest.id).update(at=then)


def suspend_and_restore(person: Administrator, by: Administrator) -> None:
    change(person, by, status=Status.SUSPENDED, confirmed=True)
    change(people.again(person), by, status=Status.ACTIVE)


# --- asking again -----------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["colleague", "by mail", "denied"])
def test_what_another_one_refused_takes_a_second_yes_for_a_week(thief, plain, clock, how):
    other, helped = second_helper(thief), help_with(plain, thief)
    if how == "denied":
        set_up_again(plain, come_in(plain, helped.words))
        say_who(helped.request, other, was_them=False)
    elif how == "by mail":
        object_by_mail(plain)
    else:
        refuse(helped.request, other)
    clock.shift(WEEK - MOMENT)
    again = help_with(people.again(plain), thief)
    assert not again.words
    refuse(again.request, thief)  # taking one's own back is no objection
    clock.shift(MOMENT)
    assert help_with(people.again(plain), thief).words


def test_who_was_refused_does_not_agree_to_the_next_one(thief, plain):
    other, third = second_helper(thief), second_helper(thief, "Tom")
    refuse(help_with(plain, thief).request, other)
    request = help_with(plain, other).request
    with pytest.raises(NotYetAllowed):
        agree(request, thief)
    agree(request, third)
    assert fetch(request, other)


def test_taking_the_tab_after_a_refusal_does_not_help(thief, victim, clock):
    refuse(help_with(victim, thief).request, second_helper(thief))
    change(victim, thief, tabs=frozenset({"home"}))
    clock.shift(DAY)
    assert not help_with(people.again(victim), thief).words


# --- keeping somebody from objecting ----------------------------------------------------------------


@pytest.mark.parametrize("how", ["suspended", "tab"])
def test_whoever_could_not_object_for_a_while_ends_the_request_by_it(thief, victim, clock, how):
    request = help_with(victim, thief).request
    clock.shift(MOMENT)
    if how == "suspended":
        suspend_and_restore(victim, thief)
    else:
        change(victim, thief, tabs=frozenset({"home"}))
    with pytest.raises(RequestOver):
        agree(request, second_helper(thief))
    # It can be asked for again, with mail that tells of it, and does not stand in the way.
    again = help_with(people.again(victim), thief).request
    assert RecoveryRequest.objects.get(id=request.id).state == State.ENDED
    clock.shift(DAY)
    for one in (request, again):
        with pytest.raises((RequestOver, NotByTime)):
            fetch(one, thief)


def test_an_objection_by_mail_outlives_being_suspended(thief, plain, clock):
    words = help_with(plain, thief).words
    clock.shift(MOMENT)
    suspend_and_restore(plain, thief)
    object_by_mail(plain)
    with pytest.raises(PassWrong):
        come_in(plain, words)


@pytest.mark.parametrize("how", ["suspended", "removed", "tab", "tab, then suspended"])
@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_time_does_not_approve_what_who_asks_kept_others_from_refusing(
    thief, victim, clock, how, when
):
    other, third = second_helper(thief), second_helper(thief, "Tom")
    request = help_with(victim, thief).request if when == "meanwhile" else None
    clock.shift(MOMENT)
    if "tab" in how:
        change(other, thief, tabs=frozenset({"home"}))
    if how != "tab":
        status = Status.REMOVED if how == "removed" else Status.SUSPENDED
        change(people.again(other), thief, status=status, confirmed=True)
    request = request or help_with(victim, thief).request
    clock.shift(DAY)
    with pytest.raises(NotByTime):
        fetch(request, thief)
    agree(request, third)
    assert fetch(request, thief)


def test_suspending_somebody_without_the_tab_keeps_nobody_from_objecting(
    thief, victim, plain, clock
):
    change(plain, thief, status=Status.SUSPENDED, confirmed=True)
    request = help_with(victim, thief).request
    clock.shift(DAY)
    assert fetch(request, thief)


# --- who agrees -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [PASSWORD_RESET, TWO_FACTOR_ENABLED, FACTOR_ADDED, TWO_FACTOR_RESET]
)
def test_whose_account_changed_hands_today_does_not_agree(thief, victim, kind):
    other = second_helper(thief)
    happened(kind, other, other, days=0)
    request = help_with(victim, thief).request
    with pytest.raises(NotYetAllowed):
        agree(request, other)


GIVING = [ADMINISTRATOR_ADDED, RIGHTS_CHANGED, ADMINISTRATOR_RESTORED, EMAIL_CHANGE_ASKED]


@pytest.mark.parametrize("kind", [*GIVING, TWO_FACTOR_RESET])
@pytest.mark.parametrize("who_asks", ["giver", "taker"])
def test_who_got_access_from_the_other_within_a_month_does_not_agree(thief, victim, kind, who_asks):
    made = second_helper(thief, "Mallory")
    happened(kind, thief, made, days=29)
    asks, agrees = (thief, made) if who_asks == "giver" else (made, thief)
    request = help_with(victim, asks).request
    with pytest.raises(SameHands):
        agree(request, agrees)
    agree(request, second_helper(thief, "Otto"))


def test_two_whom_the_same_hand_let_in_do_not_agree_with_each_other(thief, victim):
    first, second, third = (second_helper(thief, name) for name in ("Mallory", "Trudy", "Eve"))
    happened(ADMINISTRATOR_ADDED, thief, first, days=20)
    happened(ADMINISTRATOR_ADDED, first, second, days=19)
    happened(RIGHTS_CHANGED, thief, third, days=18)
    request = help_with(victim, second).request
    for one in (first, third, thief):
        with pytest.raises(SameHands):
            agree(request, one)


def test_after_a_month_they_do(thief, victim):
    made = second_helper(thief, "Otto")
    happened(ADMINISTRATOR_ADDED, thief, made, days=31)
    agree(help_with(victim, thief).request, made)


def test_rights_without_the_tab_make_no_accomplice(thief, victim):
    other = second_helper(thief)
    happened(RIGHTS_CHANGED, thief, other, days=5)
    Event.rewritable.filter(type=RIGHTS_CHANGED).update(details={"added": ["support"]})
    agree(help_with(victim, thief).request, other)


def test_nobody_agrees_to_what_is_past_its_time_though_no_worker_ran(thief, victim, clock):
    other, request = second_helper(thief), help_with(victim, thief).request
    clock.shift(timedelta(hours=48))
    with pytest.raises(RequestOver):
        agree(request, other)
    assert not help_with(victim, thief).words  # and it can be asked for again


# --- the last word ----------------------------------------------------------------------------------


def test_a_second_colleague_still_says_that_it_was_not_them(thief, plain, clock):
    other, helped = second_helper(thief), help_with(plain, thief)
    set_up_again(plain, come_in(plain, helped.words))
    say_who(helped.request, thief, was_them=True)
    with pytest.raises(HelpYourself):
        say_who(helped.request, plain_admin(plain), was_them=False)
    clock.shift(timedelta(days=29))
    say_who(helped.request, other, was_them=False)
    assert RecoveryRequest.objects.get().state == State.DENIED
    assert not Factor.objects.filter(USABLE, administrator=plain).exists()
    with pytest.raises(RequestOver):
        say_who(helped.request, thief, was_them=True)


def test_a_month_later_it_is_over(thief, plain, clock):
    other, helped = second_helper(thief), help_with(plain, thief)
    set_up_again(plain, come_in(plain, helped.words))
    say_who(helped.request, thief, was_them=True)
    clock.shift(timedelta(days=30))
    with pytest.raises(RequestOver):
        say_who(helped.request, other, was_them=False)


def plain_admin(person: Administrator) -> Administrator:
    """Give somebody the tab, as a thief would who wants the last word."""
    rows = Administrator.objects.of(person.customer_id).filter(id=person.id)
    rows.update(tabs=f" {' '.join(sorted(people.ALL_TABS))} ")
    return people.again(person)


def test_who_came_to_the_tab_since_then_does_not_say_that_it_was_them(owner, colleague):
    """An accomplice's new account would close the alarm. It can raise it: that only ends things."""
    for one in (owner, colleague):
        codes.enable_app(one)
    long_ago(owner)
    helped = help_with(colleague, owner)
    set_up_again(colleague, come_in(colleague, helped.words))
    new = people.make_administrator(
        colleague.customer, email="pup@harbourbakery.example", tabs=people.ALL_TABS
    )
    codes.enable_app(new)
    with pytest.raises(NotYetAllowed):
        say_who(helped.request, new, was_them=True)
    assert RecoveryRequest.objects.get().state == State.ISSUED
    say_who(helped.request, new, was_them=False)
    assert RecoveryRequest.objects.get().state == State.DENIED


def test_who_could_have_agreed_says_that_it_was_them(owner, colleague):
    for one in (owner, colleague):
        codes.enable_app(one)
    long_ago(owner)
    helped = help_with(colleague, owner)
    old = second_helper(colleague)
    set_up_again(colleague, come_in(colleague, helped.words))
    say_who(helped.request, old, was_them=True)
    assert RecoveryRequest.objects.get().state == State.CONFIRMED


# --- the first day ----------------------------------------------------------------------------------


@pytest.fixture
def new_company(clock: time_machine.Traveller, customer: Customer) -> list[Administrator]:
    """Return three of a company that came today: made at the console, each with an app since then."""
    now, brand = timezone.now(), customer.brand
    company = customers.add(name="New Mill", actor=CONSOLE, now=now, brand=brand)
    made = [
        people.make_administrator(
            company,
            email=f"{name}@newmill.example",
            name=f"{name.title()} Mill",
            tabs=people.ALL_TABS,
        )
        for name in ("ada", "ben", "cleo")
    ]
    for one in made:
        codes.enable_app(one)
    return made


def test_where_nobody_is_there_for_a_day_nobody_is_too_new(
    new_company: list[Administrator],
) -> None:
    lost, helper, second = new_company
    request = help_with(lost, helper).request
    agree(request, second)
    assert fetch(request, helper)


def test_but_whom_the_asker_let_in_does_not_agree_there_either(
    new_company: list[Administrator],
) -> None:
    lost, helper, second = new_company
    happened(ADMINISTRATOR_ADDED, second, helper, days=0)
    request = help_with(lost, helper).request
    with pytest.raises(SameHands):
        agree(request, second)


def test_nor_does_who_came_to_power_there_after_help_was_asked_for(
    new_company: list[Administrator], clock: time_machine.Traveller
) -> None:
    lost, helper, second = new_company
    request = help_with(lost, helper).request
    clock.shift(timedelta(hours=1))
    happened(PASSWORD_RESET, second, second, days=0)
    with pytest.raises(NotYetAllowed):
        agree(request, second)


def test_and_after_the_first_day_who_is_new_is(
    new_company: list[Administrator], clock: time_machine.Traveller
) -> None:
    lost, helper, second = new_company
    clock.shift(timedelta(hours=25))
    happened(PASSWORD_RESET, second, second, days=0)
    request = help_with(lost, helper).request
    with pytest.raises(NotYetAllowed):
        agree(request, second)
